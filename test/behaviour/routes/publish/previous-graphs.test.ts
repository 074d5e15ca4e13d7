import {
  Collection,
  Entity,
  ManyToMany,
  ManyToOne,
  MikroORM,
  OneToMany,
  PrimaryKey,
  Property,
} from '@mikro-orm/libsql';
import { ClassSerializerInterceptor, Controller, Delete, UseInterceptors } from '@nestjs/common';
import { Exclude } from 'class-transformer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { belongsTo, PublishOnDestroy, Resourceful, type View } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';

@Entity()
class User {
  @PrimaryKey({ type: 'integer' }) id!: number;
  @Property({ type: 'string' }) username!: string;
  @OneToMany(() => Article, (article) => article.author) articles = new Collection<Article>(this);
  @ManyToMany(() => User, (user) => user.followed) followers = new Collection<User>(this);
  @ManyToMany(() => User, (user) => user.followers, { owner: true }) followed = new Collection<User>(this);
}

@Entity()
class Article {
  @PrimaryKey({ type: 'integer' }) id!: number;
  @Property({ type: 'string' }) slug!: string;
  @Property({ type: 'integer' }) boardId = 7;
  @ManyToOne(() => User) author!: User;
  @OneToMany(() => Comment, (comment) => comment.article) comments = new Collection<Comment>(this);
}

@Entity()
class Comment {
  @PrimaryKey({ type: 'integer' }) id!: number;
  @ManyToOne(() => Article) article!: Article;
  @ManyToOne(() => User) author!: User;
}

async function mikroOrm(): Promise<MikroORM> {
  const orm = await MikroORM.init({ dbName: ':memory:', entities: [User, Article, Comment], debug: false });
  onTestFinished(() => orm.close());
  await orm.schema.createSchema();
  const em = orm.em.fork();
  const users = [1, 2, 3].map((id) => em.create(User, { id, username: `user ${id}` }));
  for (const user of users) user.followed.add(users.filter((other) => other !== user));
  for (let id = 1; id <= 9; id++) {
    const article = em.create(Article, { id, slug: `slug-${id}`, boardId: 7, author: users[id % 3] });
    for (const [index, author] of users.entries()) em.create(Comment, { id: id * 10 + index, article, author });
  }
  await em.flush();
  return orm;
}

type Serializer = 'as it is' | 'through ClassSerializerInterceptor';
const serializers: Serializer[] = ['as it is', 'through ClassSerializerInterceptor'];

const view: View = ({ slug, author }: Article) => ({ slug, by: author.username });

/** Destroys an article that `previous` reads, and returns who hears what. */
async function destroy(previous: () => unknown, serializer: Serializer = 'as it is') {
  const seen: unknown[] = [];
  @Controller('articles')
  @Resourceful('article', { slices: ['boardId'], relations: { author: belongsTo('user', 'articles') } })
  class ArticlesController {
    @Delete(':slug')
    @PublishOnDestroy({
      previous,
      view,
      id: (_answer, context) => {
        seen.push(context.previous);
        return context.previous.id as number;
      },
    })
    remove() {}
  }
  if (serializer !== 'as it is') UseInterceptors(ClassSerializerInterceptor)(ArticlesController);
  @Controller('users')
  @Resourceful('user')
  class UsersController {}
  const log = new Logs();
  const app = await start({ controllers: [ArticlesController, UsersController], main: log.open });
  const [watcher, author] = [await app.connect(), await app.connect()];
  await app.channel('article').watch(watcher.id, { boardId: 7 });
  await app.channel('user').watch(author.id);
  await app.request('DELETE', '/articles/slug-1');
  await app.settle();
  const lines = log.naming('ArticlesController.remove()');
  return { articles: watcher.heard('article'), users: author.heard('user'), lines, seen };
}

const gone = { verb: 'destroyed', id: 1, previous: { slug: 'slug-1', by: 'user 2' } };
const lost = { id: 2, verb: 'removedFrom', attribute: 'articles', removedId: 1 };
const silent = { warnings: [], errors: [] };

class CircularUser {
  id = 2;
  username = 'user 2';
  @Exclude() password = 'secret';
  articles: unknown[] = [];
}

class CircularArticle {
  id = 1;
  slug = 'slug-1';
  boardId = 7;
  size = 5n;
  author = new CircularUser();

  constructor() {
    this.author.articles = [this, { id: 3, author: this.author }];
  }
}

const plainGraph = () => {
  const author = { id: 2, username: 'user 2', articles: [] as object[] };
  const article = { id: 1, slug: 'slug-1', boardId: 7, author };
  author.articles.push(article, { id: 3, author });
  return article;
};

/** Everybody knows everybody, so that there is no end of ways from one to another. */
const denseGraph = () => {
  const users = Array.from({ length: 60 }, (_, id) => ({ id, username: `user ${id}`, friends: [] as object[] }));
  for (const user of users) user.friends.push(...users);
  return { id: 1, slug: 'slug-1', boardId: 7, author: users[2] };
};

/** As long as memory lasts. */
const endlessGraph = () => {
  const first: { next?: object } = {};
  let last = first;
  for (let index = 0; index < 100_000; index++) last = last.next = { index } as { next?: object };
  last.next = first;
  return { id: 1, slug: 'slug-1', boardId: 7, author: { id: 2, username: 'user 2' }, first };
};

/** Like a document of Mongoose: it keeps its fields elsewhere, and leads to its connection. */
const documentLike = () => {
  const connection: { documents: unknown[] } = { documents: [] };
  const document = {
    connection,
    get id() {
      return 1;
    },
    toJSON: () => ({ id: 1, slug: 'slug-1', boardId: 7, author: { id: 2, username: 'user 2' } }),
  };
  connection.documents.push(document);
  return document;
};

describe('the record as it was, where its relations lead back to it', () => {
  const paths = ['author.articles.comments.author', 'comments.article.author.followers.followed'];

  it.each(serializers)('is an entity of MikroORM, %s', async (serializer) => {
    const em = (await mikroOrm()).em.fork();
    const find = () => em.findOneOrFail(Article, { slug: 'slug-1' }, { populate: paths as never });
    const { articles, users, lines, seen } = await destroy(find, serializer);
    expect(articles).toEqual([gone]);
    expect(users).toEqual([lost]);
    expect(seen).toEqual([expect.objectContaining({ id: 1, slug: 'slug-1', boardId: 7 })]);
    expect(lines).toEqual(silent);
  });

  it('is one of which only the foreign key is loaded', async () => {
    const em = (await mikroOrm()).em.fork();
    const { articles, users } = await destroy(() => em.findOneOrFail(Article, { slug: 'slug-1' }));
    expect(articles).toEqual([{ verb: 'destroyed', id: 1, previous: { slug: 'slug-1' } }]);
    expect(users).toEqual([lost]);
  });

  it('is one that is not loaded at all, but known by its key', async () => {
    const em = (await mikroOrm()).em.fork();
    const { seen, lines } = await destroy(() => em.getReference(Article, 1));
    expect(seen).toEqual([{ id: 1 }]);
    expect(lines.errors).toEqual([expect.stringContaining('the message goes without it')]);
  });

  describe.each(serializers)('%s', (serializer) => {
    it.each([
      ['an instance with circular relations, as of TypeORM, and a BigInt', () => new CircularArticle()],
      ['a plain object that leads back to itself', plainGraph],
      ['one of many that all know each other', denseGraph],
      ['a document with toJSON that leads to its connection', documentLike],
    ] as [string, () => unknown][])('is %s', async (_what, previous) => {
      const { articles, users, lines } = await destroy(previous, serializer);
      expect(articles).toEqual([gone]);
      expect(users).toEqual([lost]);
      expect(lines).toEqual(silent);
    });

    it.each([
      ['has a getter that throws', () => Object.defineProperty(plainGraph(), 'mood', { enumerable: true, get: fail })],
      ['has no end', endlessGraph],
    ] as [string, () => object][])(
      'is one that %s, of which the log says once what is left out',
      async (_, previous) => {
        const { articles, users, lines } = await destroy(previous, serializer);
        expect(articles).toEqual([gone]);
        expect(users).toEqual([lost]);
        expect(lines.warnings).toEqual([expect.stringMatching(/"previous" gave.*(mood|first).*Return a plain object/)]);
      },
    );
  });

  it('hides what its class hides, as the route does', async () => {
    const previous = () => new CircularUser();
    @Controller('users')
    @Resourceful('user')
    @UseInterceptors(ClassSerializerInterceptor)
    class UsersController {
      @Delete(':id')
      @PublishOnDestroy({ view: (user: object) => user, previous: () => Object.assign(previous(), { self: previous }) })
      remove() {}

      @Delete('circular/:id')
      @PublishOnDestroy({ view: (user: object) => user, previous: circularUser })
      removeCircular() {}
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);
    for (const path of ['2', 'circular/2']) await app.request('DELETE', `/users/${path}`);
    await app.settle();
    expect(watcher.heard('user')).toHaveLength(2);
    expect(JSON.stringify(watcher.received)).not.toContain('secret');
  });
});

function circularUser(): CircularUser {
  const user = new CircularUser();
  user.articles = [{ id: 1, author: user }];
  return user;
}

function fail(): never {
  throw new Error('not now');
}
