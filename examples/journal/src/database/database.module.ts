import { EntityManager, MikroORM } from '@mikro-orm/libsql';
import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { Article } from '../articles/article.entity.js';
import { Comment } from '../comments/comment.entity.js';
import { Person } from '../profiles/person.entity.js';

/** Provides an embedded database that is empty when the application starts, and gone when it ends. */
@Module({
  providers: [
    {
      provide: MikroORM,
      useFactory: async () => {
        const orm = await MikroORM.init({ dbName: ':memory:', entities: [Person, Article, Comment] });
        await orm.schema.createSchema();
        return orm;
      },
    },
    { provide: EntityManager, inject: [MikroORM], useFactory: ({ em }: MikroORM) => em },
  ],
  exports: [MikroORM, EntityManager],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly orm: MikroORM) {}

  async onApplicationShutdown(): Promise<void> {
    await this.orm.close();
  }
}
