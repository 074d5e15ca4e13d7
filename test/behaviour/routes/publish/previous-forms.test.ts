import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Delete,
  Injectable,
  Patch,
  Scope,
  SerializeOptions,
  UseInterceptors,
  type ClassSerializerInterceptorOptions,
} from '@nestjs/common';
import { APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { RouteSchema } from '@nestjs/platform-fastify';
import { Exclude, Expose, Transform } from 'class-transformer';
import { Decimal } from 'decimal.js';
import { DateTime } from 'luxon';
import mongoose from 'mongoose';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  hasMany,
  manyToMany,
  PublishOnDestroy,
  PublishOnReplace,
  PublishOnUpdate,
  Resourceful,
  type PublishContext,
} from '../../../../src/index.js';
import { start, type ApplicationOptions, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { StandardSchemaSerializerInterceptor as SchemaSerializer } from '../../../support/platform-differences.js';
import { express, fastify } from '../../../support/platforms.js';

interface Update {
  data: Record<string, unknown>;
  previous?: Record<string, unknown>;
}

async function watch(app: TestApplication, ...resources: string[]): Promise<TestClient> {
  const watcher = await app.connect();
  for (const resource of resources) await app.channel(resource).watch(watcher.id);
  return watcher;
}

/** What a watcher hears of a change of this record, which the handler makes to the very object that was `previous`. */
async function heardOfChange(
  record: object,
  changes: object,
  options: ApplicationOptions = {},
  ...decorators: ClassDecorator[]
): Promise<Update> {
  @Controller('things')
  @Resourceful('thing')
  class ThingsController {
    @Patch(':id')
    @PublishOnUpdate({ previous: () => record })
    update() {
      return Object.assign(record, changes);
    }
  }
  for (const decorate of decorators) decorate(ThingsController);
  const app = await start({ ...options, controllers: [ThingsController] });
  const watcher = await watch(app, 'thing');
  expect((await app.request('PATCH', '/things/1', {})).status).toBe(200);
  await app.settle();
  return watcher.heard('thing')[0] as Update;
}

describe('the record as it was, which the handler goes on to change', () => {
  it('is told as it was read: a plain object, an instance, or one with private fields and getters', async () => {
    class Entity {
      readonly id = 1;
      title = 'old';
    }
    class Guarded {
      #title = 'old';
      readonly id = 1;

      set title(title: string) {
        this.#title = title;
      }

      toJSON() {
        return { id: this.id, title: this.#title };
      }
    }
    for (const record of [{ id: 1, title: 'old' }, new Entity(), new Guarded()]) {
      const { data, previous } = await heardOfChange(record, { title: 'new' });
      expect(data).toEqual({ id: 1, title: 'new' });
      expect(previous).toEqual({ id: 1, title: 'old' });
    }
  });

  it('has the values that JSON makes of decimals, dates, BigInts, maps, sets, and circles that toJSON unties', async () => {
    const parent = {
      id: 2,
      child: undefined as unknown,
      toJSON() {
        return { id: this.id };
      },
    };
    const money = {
      toJSON: () => '12.50',
      get amount(): never {
        throw new Error('nobody may read this');
      },
    };
    const record = {
      id: 1,
      price: new Decimal('0.10'),
      at: DateTime.fromISO('2026-01-02T03:04:05.000Z', { zone: 'utc' }),
      on: new Date(0),
      seats: { toJSON: () => '9007199254740993' },
      meta: new Map([['a', 1]]),
      tags: new Set(['a']),
      money,
      parent,
    };
    parent.child = record;
    const { data, previous } = await heardOfChange(record, { price: new Decimal('0.20') });
    expect(data.price).toBe('0.2');
    expect(previous).toEqual({ ...data, price: '0.1' });
    expect(previous).toMatchObject({ at: '2026-01-02T03:04:05.000Z', money: '12.50', parent: { id: 2 } });
  });

  it('says where it was and what it referred to, even if JSON shows neither', async () => {
    class Card {
      #board = 7;
      readonly id = 1;

      get board(): number {
        return this.#board;
      }

      set board(board: number) {
        this.#board = board;
      }

      toJSON() {
        return { id: this.id };
      }
    }
    const card = new Card();
    @Controller('boards')
    @Resourceful('board')
    class BoardsController {}
    @Controller('cards')
    @Resourceful('card', { slices: ['board'], relations: { board: belongsTo('board', 'cards') } })
    class CardsController {
      @Patch(':id')
      @PublishOnUpdate({ previous: () => card })
      update(@Body() { board }: { board: number }) {
        card.board = board;
        return { id: 1, board };
      }
    }
    const app = await start({ controllers: [BoardsController, CardsController] });
    const watcher = await watch(app, 'board');
    await app.channel('card').watch(watcher.id, { board: 7 });

    await app.request('PATCH', '/cards/1', { board: 8 });
    await app.settle();

    expect(watcher.heard('board')).toMatchObject([
      { verb: 'removedFrom', id: 7 },
      { verb: 'addedTo', id: 8 },
    ]);
    expect(watcher.heard('card')).toEqual([{ verb: 'left', id: 1 }]);
  });

  it('gives its list to a replacement, and its fields to movedFrom, as they were', async () => {
    const user = { id: 1, pets: [{ id: 1 }, { id: 2 }], former: 5 };
    @Controller('users')
    @Resourceful('user', { relations: { pets: hasMany('pet', 'owner') } })
    class UsersController {
      @Patch(':id/pets')
      @PublishOnReplace('pets', {
        previous: () => user,
        movedFrom: (_id: unknown, _attribute: string, _context: PublishContext, previous: typeof user) =>
          previous.former,
      })
      replace(@Body() { pets }: { pets: number[] }) {
        user.former = 6;
        user.pets = pets.map((id) => ({ id }));
        return user.pets;
      }
    }
    @Controller('pets')
    @Resourceful('pet')
    class PetsController {}
    const app = await start({ controllers: [UsersController, PetsController] });
    const watcher = await watch(app, 'user');

    await app.request('PATCH', '/users/1/pets', { pets: [2, 3] });
    await app.settle();

    expect(watcher.heard('user')).toMatchObject([
      { verb: 'addedTo', id: 1, addedId: 3 },
      { verb: 'removedFrom', id: 5, removedId: 3 },
      { verb: 'removedFrom', id: 1, removedId: 1 },
    ]);
  });

  it('is told as far as JSON has a form for it; who it referred to hears of the change', async () => {
    const card: Record<string, unknown> = { id: 1, board: 7 };
    card.self = card;
    @Controller('boards')
    @Resourceful('board')
    class BoardsController {}
    @Controller('cards')
    @Resourceful('card', { relations: { board: belongsTo('board', 'cards') } })
    class CardsController {
      @Patch(':id')
      @PublishOnUpdate({ previous: () => card })
      circular() {
        card.board = 8;
        return { id: 1, board: 8 };
      }
    }
    const log = new Logs();
    const app = await start({ controllers: [BoardsController, CardsController], main: log.open });
    const watcher = await watch(app, 'board', 'card');

    await app.request('PATCH', '/cards/1');
    await app.settle();

    const previous = { id: 1, board: 7 };
    expect(watcher.heard('card')).toEqual([{ verb: 'updated', id: 1, data: { id: 1, board: 8 }, previous }]);
    expect(watcher.heard('board')).toMatchObject([{ verb: 'removedFrom', id: 7 }, { verb: 'addedTo' }]);
    expect(log.naming('CardsController.circular()').errors).toEqual([]);
  });
});

describe('the record as it was, as a Mongoose document', () => {
  const Author = mongoose.model('Author', new mongoose.Schema({ name: String, password: String }));
  const schema = new mongoose.Schema({
    title: String,
    author: { type: mongoose.Schema.Types.ObjectId, ref: 'Author' },
    editors: [{ type: mongoose.Schema.Types.ObjectId, ref: 'Author' }],
    meta: { type: Map, of: String },
  });
  const Article = mongoose.model('Article', schema);
  const [ada, grace] = [new Author({ name: 'ada', password: 'secret' }), new Author({ name: 'grace' })];
  const relations = { author: belongsTo('author', 'articles'), editors: manyToMany('author', 'edited') };

  type Doc = InstanceType<typeof Article>;
  const newArticle = () => new Article({ title: 'old', author: ada, editors: [ada], meta: { a: 'b' } });

  /** What is heard of an article whose handler changes the document, of which `previous` gives some form. */
  async function articleHeard(article: Doc, previous: (article: Doc) => unknown, author: unknown = grace._id) {
    @Controller('authors')
    @Resourceful('author', { id: '_id' })
    class AuthorsController {}
    @Controller('articles')
    @Resourceful('article', { id: '_id', relations })
    class ArticlesController {
      @Patch(':id')
      @PublishOnUpdate({ previous: () => previous(article) })
      update() {
        return article.set({ title: 'new', author, editors: [ada._id, grace._id] });
      }
    }
    const app = await start({ controllers: [AuthorsController, ArticlesController] });
    const watcher = await watch(app, 'author', 'article');
    const answer = await app.request('PATCH', `/articles/${article.id}`, {});
    await app.settle();
    return { answer, updates: watcher.heard('article') as Update[], authors: watcher.heard('author') };
  }

  it.each<[string, (article: Doc) => unknown]>([
    ['the very document', (article) => article],
    ['another instance', (article) => new Article(article.toObject({ depopulate: true }))],
    ['lean, with ObjectIds', (article) => article.toObject({ depopulate: true, flattenMaps: true })],
  ])('%s: is told as JSON shows it, and names the authors that lose and gain it', async (_, previous) => {
    const article = newArticle();
    const { updates, authors } = await articleHeard(article, previous);
    expect(updates).toHaveLength(1);
    expect(updates[0].data).toMatchObject({ title: 'new', author: grace.id });
    expect(updates[0].previous).toMatchObject({ _id: article.id, title: 'old', meta: { a: 'b' } });
    expect(authors).toMatchObject([
      { verb: 'removedFrom', id: ada.id, attribute: 'articles', removedId: article.id },
      { verb: 'addedTo', id: grace.id, attribute: 'articles', addedId: article.id },
      { verb: 'addedTo', id: grace.id, attribute: 'edited', addedId: article.id },
    ]);
  });

  it('populated: names the authors, too, and shows no field of one that the response does not show', async () => {
    const { updates, authors } = await articleHeard(newArticle(), (article) => article, grace);
    expect(updates[0].previous).toMatchObject({ title: 'old', author: { _id: ada.id, name: 'ada' } });
    expect(JSON.stringify(updates)).not.toContain('secret');
    expect(authors.slice(0, 2)).toMatchObject([
      { verb: 'removedFrom', id: ada.id },
      { verb: 'addedTo', id: grace.id },
    ]);
  });

  it('populated where the response is not, or the other way round: has the form of the response', async () => {
    const populated = await articleHeard(newArticle(), (article) => article, grace._id);
    expect(populated.updates[0].previous).toMatchObject({ author: ada.id, editors: [ada.id] });
    const plain = await articleHeard(newArticle(), (article) => article.toObject({ depopulate: true }), grace);
    expect(plain.updates[0].previous).toMatchObject({ author: { _id: ada.id } });
    expect(JSON.stringify([populated.updates, plain.updates])).not.toContain('secret');
  });

  it('from code: publishes documents, ids and what they refer to', async () => {
    @Controller('authors')
    @Resourceful('author', { id: '_id' })
    class AuthorsController {}
    @Controller('articles')
    @Resourceful('article', { id: '_id', relations })
    class ArticlesController {}
    const app = await start({ controllers: [AuthorsController, ArticlesController] });
    const watcher = await watch(app, 'author', 'article');
    const article = new Article({ title: 'one', author: ada._id });
    const articles = app.channel<Doc>('article');

    await articles.publishCreate(article);
    await articles.publishUpdate(article._id as unknown as string, { author: grace._id }, { previous: article });
    await articles.publishDestroy(article, { previous: { author: grace._id } });
    await app.settle();

    const id = article.id;
    expect(watcher.heard('article')).toMatchObject([
      { verb: 'created', id, data: { _id: id, author: ada.id } },
      { verb: 'updated', id, previous: { title: 'one' } },
      { verb: 'destroyed', id },
    ]);
    expect(watcher.heard('author')).toMatchObject([
      { verb: 'addedTo', id: ada.id },
      { verb: 'removedFrom', id: ada.id },
      { verb: 'addedTo', id: grace.id },
      { verb: 'removedFrom', id: grace.id },
    ]);
  });
});

describe('the record as it was is serialized only if responses of the route are', () => {
  class Account {
    readonly id = 1;
    title = 'old';
    @Exclude() hash = 'hash of old';
    @Transform(({ value }: { value: string }) => `${value}…`) iban = 'old iban';
  }
  const changes = { title: 'new', hash: 'hash of new', iban: 'new iban' };
  const serialized = { id: 1, title: 'old', iban: 'old iban…' };

  it('not at all where no interceptor of the route serializes', async () => {
    const { data, previous } = await heardOfChange(new Account(), changes);
    expect(data).toEqual({ id: 1, ...changes });
    expect(previous).toEqual({ id: 1, title: 'old', hash: 'hash of old', iban: 'old iban' });
  });

  class OwnSerializer extends ClassSerializerInterceptor {}

  @Injectable({ scope: Scope.REQUEST })
  class RequestScopedSerializer extends ClassSerializerInterceptor {}

  it.each<[string, ApplicationOptions, ...ClassDecorator[]]>([
    ['of the class', {}, UseInterceptors(ClassSerializerInterceptor)],
    ['of the class, an instance', {}, UseInterceptors(new ClassSerializerInterceptor(new Reflector()))],
    ['of the class, one of its own', {}, UseInterceptors(OwnSerializer)],
    ['of the class, one for each request', {}, UseInterceptors(RequestScopedSerializer)],
    ['of the module', { providers: [{ provide: APP_INTERCEPTOR, useClass: ClassSerializerInterceptor }] }],
    [
      'of the module, one for each request',
      { providers: [{ provide: APP_INTERCEPTOR, useClass: RequestScopedSerializer }] },
    ],
    ['of main.ts', { main: (app) => app.useGlobalInterceptors(new ClassSerializerInterceptor(app.get(Reflector))) }],
  ])('by the interceptor %s', async (_, options, ...decorators) => {
    const { data, previous } = await heardOfChange(new Account(), changes, options, ...decorators);
    expect(data).toEqual({ id: 1, title: 'new', iban: 'new iban…' });
    expect(previous).toEqual(serialized);
  });

  it('with the options of the interceptor, and those of the route', async () => {
    class Person {
      readonly id = 1;
      @Expose({ groups: ['staff'] }) title = 'old';
      _internal = 'old';
    }
    const options: ClassSerializerInterceptorOptions = { excludePrefixes: ['_'] };
    const { data, previous } = await heardOfChange(
      new Person(),
      { title: 'new', _internal: 'new' },
      { main: (app) => app.useGlobalInterceptors(new ClassSerializerInterceptor(app.get(Reflector), options)) },
      SerializeOptions({ groups: ['staff'] }),
    );
    expect(data).toEqual({ id: 1, title: 'new' });
    expect(previous).toEqual({ id: 1, title: 'old' });
  });

  it('by a schema, where the interceptor for schemas is bound, which came with Nest 12', async () => {
    if (!SchemaSerializer) return;
    const validate = ({ id, title }: Account) => ({ value: { id, title: `${title}!` } });
    const schema = { '~standard': { version: 1, vendor: 'test', validate } };
    const decorators = [UseInterceptors(SchemaSerializer), SerializeOptions({ schema } as object)];
    const { previous } = await heardOfChange(new Account(), changes, {}, ...decorators);
    expect(previous).toEqual({ id: 1, title: 'old!' });
  });

  it('below Nest, by the json replacer of Express', async () => {
    const main: ApplicationOptions['main'] = (app) =>
      (app as NestExpressApplication).set('json replacer', (key: string, value: unknown) =>
        key === 'hash' ? undefined : value,
      );
    const record = { id: 1, title: 'old', hash: 'x' };
    const { data, previous } = await heardOfChange(record, { title: 'new' }, { main, platform: express });
    expect(data).toEqual({ id: 1, title: 'new' });
    expect(previous).toEqual({ id: 1, title: 'old' });
  });

  it('below Nest, by the response schema of Fastify, in the part of the response that is the record', async () => {
    const record = { id: 1, price: 1.75 };
    const price = { type: 'object', properties: { id: { type: 'integer' }, price: { type: 'integer' } } };
    @Controller('things')
    @Resourceful('thing')
    class ThingsController {
      @Patch(':id')
      @RouteSchema({ response: { 200: { type: 'object', properties: { thing: price } } } })
      @PublishOnUpdate({ select: 'thing', previous: () => record })
      update() {
        record.price = 2.75;
        return { thing: record };
      }
    }
    const app = await start({ platform: fastify, controllers: [ThingsController] });
    const watcher = await watch(app, 'thing');

    await app.request('PATCH', '/things/1');
    await app.settle();

    expect(watcher.heard('thing')).toMatchObject([{ data: { id: 1, price: 2 }, previous: { id: 1, price: 1 } }]);
  });

  it('and where its serializer fails on it, it is logged and not told', async () => {
    class Picky {
      readonly id = 1;
      title = 'old';
      @Transform(({ obj }: { obj: Picky }) => {
        if (obj.title === 'old') throw new Error('not this one');
        return 'fine';
      })
      mood = '';
    }
    const log = new Logs();
    const { data, previous } = await heardOfChange(
      new Picky(),
      { title: 'new' },
      { main: log.open },
      UseInterceptors(ClassSerializerInterceptor),
    );
    expect(data).toEqual({ id: 1, title: 'new', mood: 'fine' });
    expect(previous).toBeUndefined();
    expect(log.naming('ThingsController.update()').errors).toEqual([expect.stringContaining('not this one')]);
  });
});

describe('the record as it was, of a record that is gone', () => {
  it('shows in the view of the decorator what its serializer shows, though the handler emptied the object', async () => {
    const user = { id: 1, name: 'ada', toJSON: () => ({ id: 1, name: 'ada' }) };
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Delete(':id')
      @PublishOnDestroy({ previous: () => user, view: ({ name }: typeof user) => ({ name }) })
      remove() {
        user.toJSON = () => ({ id: 0, name: 'gone' });
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app, 'user');

    await app.request('DELETE', '/users/1');
    await app.settle();

    expect(watcher.heard('user')).toMatchObject([{ verb: 'destroyed', previous: { name: 'ada' } }]);
  });
});
