import { type MiddlewareConsumer, Module, type NestModule, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { SocketsModule } from 'nestjs-sockets';
import { ArticlesController } from './articles/articles.controller.js';
import { ArticlesService } from './articles/articles.service.js';
import { CommentsController } from './comments/comments.controller.js';
import { CommentsService } from './comments/comments.service.js';
import { DatabaseModule } from './database/database.module.js';
import { RequestContextMiddleware } from './database/request-context.middleware.js';
import { Seeder } from './database/seeder.js';
import { ProfilesController } from './profiles/profiles.controller.js';
import { ProfilesService } from './profiles/profiles.service.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SignInMiddleware } from './sessions/sign-in.middleware.js';
import { identityOf } from './sessions/token.js';

@Module({
  imports: [
    // Whoever has no token is an anonymous reader: `null` is nobody in particular.
    SocketsModule.forRoot({ authenticate: ({ auth }) => identityOf(auth.token) ?? null }),
    DatabaseModule,
  ],
  controllers: [ArticlesController, CommentsController, ProfilesController, SessionsController],
  providers: [
    ArticlesService,
    CommentsService,
    ProfilesService,
    Seeder,
    { provide: APP_PIPE, useValue: new ValidationPipe({ whitelist: true, transform: true }) },
  ],
})
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(RequestContextMiddleware, SignInMiddleware).forRoutes('{*all}');
  }
}
