import type { Observable } from 'rxjs';
import { expectTypeOf } from 'vitest';
import {
  type BodyOf,
  type ClientResponse,
  connect,
  type EventOf,
  type Json,
  type Live,
  type ParamsOf,
  type PathsOf,
  type RepeatedResponse,
  type ResourceMessage,
  type SocketsClient,
  type TypedLive,
} from '../../../src/front-ends/client/index.js';

class Author {
  id = 1;
  readonly books: Book[] = [];
}

class Book {
  id = 1;
  author = new Author();
}

class Card {
  id = 1;
  title = '';
  due: Date | null = null;
  note?: string;
  isDue(): boolean {
    return false;
  }
}

interface CardJson {
  id: number;
  title: string;
  due: string | null;
  note?: string;
}

declare class CardsController {
  find(boardId: number, done?: boolean): Promise<Card[]>;
  page(): Promise<{ items: Card[]; total: number }>;
  findOne(id: string): Observable<Card>;
  create(boardId: number, card: Partial<Card>): Promise<Card>;
  update(boardId: number, id: number): Card;
  remove(id: number): Promise<void>;
  file(path: string): { getStream(): object; getHeaders(): object };
}

interface Api {
  'GET /boards/:boardId/cards': CardsController['find'];
  'GET /cards': CardsController['page'];
  'GET /cards/:id': CardsController['findOne'];
  'POST /boards/:boardId/cards': CardsController['create'];
  'PUT /boards/:boardId/cards/:id': CardsController['update'];
  'PATCH /boards/:boardId/cards/:id': CardsController['update'];
  'DELETE /cards/:id': CardsController['remove'];
  'GET /files/*path': CardsController['file'];
  'GET /health': { up: boolean; since: Date };
}

const cardSchema = {} as { '~standard': { types?: { input: unknown; output: { id: number; due: Date } } } };

interface Events {
  card: Card;
  author: typeof Author;
  task: typeof cardSchema;
}

declare const sockets: ReturnType<typeof connect<Api, Events>>;
const boardId = 7;

// Bodies are what JSON makes of what the methods return.
expectTypeOf(sockets.get('/boards/:boardId/cards', undefined, { params: { boardId } })).toEqualTypeOf<
  Promise<ClientResponse<CardJson[]>>
>();
expectTypeOf(sockets.get('/cards')).toEqualTypeOf<Promise<ClientResponse<{ items: CardJson[]; total: number }>>>();
expectTypeOf(sockets.get('/cards/:id', { full: true }, { params: { id: 'a' }, timeout: 5 })).toEqualTypeOf<
  Promise<ClientResponse<CardJson>>
>();
expectTypeOf(sockets.get('/health')).toEqualTypeOf<Promise<ClientResponse<{ up: boolean; since: string }>>>();
expectTypeOf(sockets.post('/boards/:boardId/cards', { title: 'a' }, { params: { boardId } })).toEqualTypeOf<
  Promise<ClientResponse<CardJson>>
>();
expectTypeOf(sockets.put('/boards/:boardId/cards/:id', {}, { params: { boardId, id: 1 } })).toEqualTypeOf<
  Promise<ClientResponse<CardJson>>
>();
expectTypeOf(sockets.delete('/cards/:id', undefined, { params: { id: 1 } })).toEqualTypeOf<
  Promise<ClientResponse<undefined>>
>();
expectTypeOf(sockets.mutate('PATCH', '/boards/:boardId/cards/:id', {}, { params: { boardId, id: 1 } })).toEqualTypeOf<
  Promise<ClientResponse<CardJson>>
>();
expectTypeOf(sockets.request({ method: 'get', url: '/cards/:id', params: { id: 1 } })).toEqualTypeOf<
  Promise<ClientResponse<CardJson>>
>();
expectTypeOf(
  sockets.get('/cards/:id', undefined, {
    params: { id: 1 },
    repeat: ({ response }) => expectTypeOf(response?.body).toEqualTypeOf<CardJson | undefined>(),
  }),
).toEqualTypeOf<Promise<RepeatedResponse<CardJson>>>();
void sockets.head('/health');

// @ts-expect-error there is no such path
void sockets.get('/boards');
// @ts-expect-error there is no such path with this method
void sockets.post('/cards');
// @ts-expect-error the parameter is missing
void sockets.get('/boards/:boardId/cards');
// @ts-expect-error one of the parameters is missing
void sockets.patch('/boards/:boardId/cards/:id', {}, { params: { boardId } });
// @ts-expect-error the path has no such parameter
void sockets.get('/cards/:id', undefined, { params: { id: 1, boardId } });
// @ts-expect-error the path has no parameter
void sockets.get('/cards', undefined, { params: { id: 1 } });
// @ts-expect-error a parameter is text or a number
void sockets.get('/cards/:id', undefined, { params: { id: { n: 1 } } });
// @ts-expect-error the parameter is missing
void sockets.request({ method: 'GET', url: '/cards/:id' });
// @ts-expect-error there is no such path with this method
void sockets.mutate('post', '/cards/:id', {}, { params: { id: 1 } });
// @ts-expect-error a repeated write may be done twice
void sockets.request({ method: 'DELETE', url: '/cards/:id', params: { id: 1 }, repeat: () => undefined });
// @ts-expect-error no answer has this field
void sockets.get('/cards').then(({ body }) => body.count);

// Live queries, whose url, parameters and rows are known.
expectTypeOf(sockets.live('/boards/:boardId/cards', { params: { boardId } })).toEqualTypeOf<
  TypedLive<Api, CardJson[]>
>();
expectTypeOf(sockets.live('/health').data).toEqualTypeOf<{ up: boolean; since: string } | undefined>();
const cards = sockets.live('/cards', {
  query: { done: false },
  includes: (card) => expectTypeOf(card).toEqualTypeOf<CardJson>() === undefined,
  compare: (one, other) => one.id - other.id,
  initial: { body: { items: [], total: 0 }, position: null },
});
cards.subscribe(({ data }) => expectTypeOf(data?.items[0].due).toEqualTypeOf<string | null | undefined>());
const untyped: Live<{ items: CardJson[]; total: number }> = cards;
expectTypeOf(untyped.mutate<CardJson>('patch', '/any/path')).toEqualTypeOf<Promise<ClientResponse<CardJson>>>();
expectTypeOf(connect('http://localhost:3000').live).toEqualTypeOf<SocketsClient['live']>();
// @ts-expect-error there is no such path
void sockets.live('/boards');
// @ts-expect-error there is no such path that is read
void sockets.live('/boards/:boardId/cards/:id', { params: { boardId, id: 1 } });
// @ts-expect-error the parameter is missing
void sockets.live('/boards/:boardId/cards');
// @ts-expect-error the parameter has another name
void sockets.live('/boards/:boardId/cards', { params: { id: 1 } });
// @ts-expect-error no row has this field
void sockets.live('/cards', { compare: (one, other) => one.position - other.position });

// What a live query sends is typed as other requests are, and what it shows meanwhile as its data.
expectTypeOf(
  cards.mutate(
    'delete',
    '/cards/:id',
    {},
    {
      params: { id: 1 },
      optimistic: ({ items, total }) => ({ items: items.slice(1), total: total - 1 }),
    },
  ),
).toEqualTypeOf<Promise<ClientResponse<undefined>>>();
expectTypeOf(cards.mutate('PATCH', '/boards/:boardId/cards/:id', {}, { params: { boardId, id: 1 } })).toEqualTypeOf<
  Promise<ClientResponse<CardJson>>
>();
// @ts-expect-error there is no such path
void cards.mutate('delete', '/crads/:id', undefined, { params: { id: 1 } });
// @ts-expect-error there is no such path with this method
void cards.mutate('patch', '/cards/:id', {}, { params: { id: 1 } });
// @ts-expect-error the parameter is missing
void cards.mutate('delete', '/cards/:id');
// @ts-expect-error the parameter has another name
void cards.mutate('delete', '/cards/:id', undefined, { params: { boardId } });
// @ts-expect-error a read changes nothing
void cards.mutate('get', '/cards');
// @ts-expect-error the answer has no such field
void cards.mutate('post', '/boards/:boardId/cards', {}, { params: { boardId } }).then(({ body }) => body.count);
// @ts-expect-error what will be shown is another body
void cards.mutate('delete', '/cards/:id', undefined, { params: { id: 1 }, optimistic: () => [] });

// Messages of the resources that the application has.
sockets.on('card', (message) => {
  expectTypeOf(message).toEqualTypeOf<ResourceMessage<CardJson>>();
  if (message.verb === 'created') expectTypeOf(message.data.due).toEqualTypeOf<string | null>();
});
sockets.once('author', (message) => expectTypeOf(message).toEqualTypeOf<ResourceMessage<Json<Author>>>());
expectTypeOf<EventOf<Events['task']>>().toEqualTypeOf<{ id: number; due: string }>();
// @ts-expect-error there is no such resource
sockets.on('crad', () => undefined);

// Everything else is as without types, and without a map of one kind, so is that kind.
expectTypeOf(sockets.unsubscribe).toEqualTypeOf<SocketsClient['unsubscribe']>();
expectTypeOf(sockets.onState).toEqualTypeOf<SocketsClient['onState']>();
expectTypeOf(connect<Api>('http://localhost:3000').on).toEqualTypeOf<SocketsClient['on']>();
expectTypeOf(connect<unknown, Events>({ transports: ['websocket'] }).get).toEqualTypeOf<SocketsClient['get']>();

// What others can build upon.
expectTypeOf<PathsOf<Api, 'DELETE'>>().toEqualTypeOf<'/cards/:id'>();
expectTypeOf<BodyOf<Api, 'GET', '/cards/:id'>>().toEqualTypeOf<CardJson>();
expectTypeOf<BodyOf<Api, 'GET', '/files/*path'>>().toEqualTypeOf<unknown>();
expectTypeOf<ParamsOf<'/boards/:boardId/cards/:id'>>().toEqualTypeOf<{
  boardId: string | number;
  id: string | number;
}>();
expectTypeOf<keyof ParamsOf<'/flights/:from-:to/:day.json'>>().toEqualTypeOf<'from' | 'to' | 'day'>();
expectTypeOf<keyof ParamsOf<'/files/*path'>>().toEqualTypeOf<'path'>();

// What JSON makes of a value.
expectTypeOf<Json<Date>>().toEqualTypeOf<string>();
expectTypeOf<Json<{ toJSON(): { at: Date } }>>().toEqualTypeOf<{ at: string }>();
expectTypeOf<Json<{ a: undefined; b: () => void; c: 1 | undefined; d: symbol; e?: Date }>>().toEqualTypeOf<{
  c: 1 | undefined;
  e?: string;
}>();
expectTypeOf<Json<[Date, undefined, 'a']>>().toEqualTypeOf<[string, null, 'a']>();
expectTypeOf<Json<(Date | undefined)[]>>().toEqualTypeOf<(string | null)[]>();
expectTypeOf<Json<Map<string, number>>>().toEqualTypeOf<Record<string, never>>();
expectTypeOf<Json<Record<string, Date>>>().toEqualTypeOf<Record<string, string>>();
expectTypeOf<Json<'a' | 1 | null | boolean>>().toEqualTypeOf<'a' | 1 | null | boolean>();
declare const parsed: ReturnType<typeof JSON.parse>; // any
expectTypeOf<Json<typeof parsed>>().toBeAny();
expectTypeOf<Json<{ any: typeof parsed; unknown: unknown }>>().toEqualTypeOf<{
  any: typeof parsed;
  unknown: unknown;
}>();
expectTypeOf<Json<Book>['author']['books'][0]['author']['id']>().toEqualTypeOf<number>();
