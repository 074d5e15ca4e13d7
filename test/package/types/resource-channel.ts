import type { Socket } from 'socket.io';
import { expectTypeOf } from 'vitest';
import type { ResourceChannel, ResourcefulPubSub, SliceOf } from '../../../src/index.js';

interface User {
  id: number;
  name: string;
  pets: { id: number }[];
}

declare const users: ResourceChannel<User>;
declare const pubsub: ResourcefulPubSub;
declare const socket: Socket;

expectTypeOf(pubsub.of<User>('user')).toEqualTypeOf(users);

expectTypeOf(users.publishCreate({ id: 1, name: 'ada', pets: [] })).toEqualTypeOf<Promise<void>>();
void users.publishCreate([{ id: 1, name: 'ada', pets: [] }]);
// @ts-expect-error a new record is a whole one
void users.publishCreate({ id: 1 });

void users.publishUpdate(1, { name: 'grace' }, { previous: { name: 'ada' }, except: socket });
void users.publishUpdate('1', {});
// @ts-expect-error it has no such field
void users.publishUpdate(1, { nmae: 'grace' });
// @ts-expect-error a name is not a number
void users.publishUpdate(1, { name: 5 });

void users.publishAdd(1, 'pets', 7);
void users.publishRemove(1, 'pets', { id: 7 });
void users.publishReplace(1, 'pets', [7, { id: 8 }], { previous: [6] });
// @ts-expect-error it has no such collection
void users.publishAdd(1, 'cats', 7);

void users.subscribe([socket, socket.id], [1, '2', { id: 3 }], { verbs: ['destroyed'] });
// @ts-expect-error a number is nobody
void users.subscribe(5, 1);
void users.watch(socket, { name: 'ada' }, { verbs: ['left'] });
void users.watch(socket, undefined, { verbs: ['created'] });
void users.unwatch(socket, { id: 1 });
expectTypeOf(users.watchers({ id: 1, name: 'ada' })).toEqualTypeOf<Promise<string[]>>();
// @ts-expect-error a slice is fields and their values
void users.watch(socket, 'board:7');
// @ts-expect-error it has no such field
void users.watch(socket, { boardId: 7 });
// @ts-expect-error a name is not a number
void users.unwatch(socket, { name: 7 });
// @ts-expect-error a list is not a value of a slice
void users.watchers({ pets: [] });
// @ts-expect-error options come after the slice
void users.watch(socket, { verbs: ['created'] });

expectTypeOf(users.subscribers(1)).toEqualTypeOf<Promise<string[]>>();
expectTypeOf(users.getRoomName(1)).toEqualTypeOf<string>();

// Without a type, records are objects of any kind.
void pubsub.of('anything').publishUpdate(1, { whatever: true });
void pubsub.of('anything').watch(socket, { whatever: true, anything: 7n });

interface Card {
  boardId: number | null;
  ownerId?: string;
  state: 'open' | 'done';
}
expectTypeOf<SliceOf<Card>>().toEqualTypeOf<{
  readonly boardId?: number;
  readonly ownerId?: string;
  readonly state?: 'open' | 'done';
}>();

class Tag {
  name!: string;
  weight?: number;
  /** As in the entities of an ORM, which lead back to where they came from. */
  articles!: Iterable<Article>;
}

interface Article {
  id: number;
  createdAt: Date;
  author: { username: string; company: { id: number; owner: { id: string } } | null };
  tagList: readonly string[];
  levels?: Set<1 | 2> | null;
  tags: Tag[];
  meta: unknown;
  rename(title: string): void;
}
declare const articles: ResourceChannel<Article>;
void articles.watch(socket, { 'author.username': 'ada', 'author.company.id': 7 });
void articles.watch(socket, { tagList: 'a', levels: 2, 'tags.name': 'a', 'tags.articles.id': 3 });
void articles.unwatch(socket, { meta: 'anything' });
// @ts-expect-error a name is not a number
void articles.watch(socket, { 'author.username': 7 });
// @ts-expect-error there is no such field in it
void articles.watch(socket, { 'author.name': 'ada' });
// @ts-expect-error a slice is of one member
void articles.watch(socket, { tagList: ['a'] });
// @ts-expect-error a record is not a value
void articles.watch(socket, { author: { username: 'ada' } });
// @ts-expect-error a level is 1 or 2
void articles.watch(socket, { levels: 3 });
