import { QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import { expectTypeOf } from 'vitest';
import { connect, type SocketsClient } from '../../../src/front-ends/client/index.js';
import { createHooks, type LiveResult, useLive } from '../../../src/front-ends/react/index.js';
import { invalidateOn, liveOptions } from '../../../src/front-ends/tanstack-query/index.js';
import { createComposables, type LiveRefs, useLive as useLiveOfVue } from '../../../src/front-ends/vue/index.js';

interface Card {
  id: number;
  due: Date;
}

interface CardJson {
  id: number;
  due: string;
}

interface Api {
  'GET /boards/:boardId/cards': () => Promise<Card[]>;
  'GET /cards': () => Promise<{ items: Card[]; total: number }>;
  'POST /boards': () => Card;
}

const boardId = 7;
declare const untyped: SocketsClient;
declare const sockets: ReturnType<typeof connect<Api, { card: Card }>>;

// Hooks know the routes of the client that they were made for.
const hooks = createHooks<typeof sockets>();
expectTypeOf(hooks.useLive('/boards/:boardId/cards', { params: { boardId } })).toEqualTypeOf<LiveResult<CardJson[]>>();
expectTypeOf(hooks.useLive('/cards').data).toEqualTypeOf<{ items: CardJson[]; total: number } | undefined>();
expectTypeOf(hooks.useSuspenseLive('/cards').data).toEqualTypeOf<{ items: CardJson[]; total: number }>();
expectTypeOf(hooks.useSockets()).toEqualTypeOf<typeof sockets>();
hooks.useLive(boardId > 0 && '/cards', { compare: (one, other) => one.id - other.id, query: { done: true } });
hooks.useMessages(
  'card',
  (message) => message.verb === 'created' && expectTypeOf(message.data).toEqualTypeOf<CardJson>(),
);
hooks.SocketsProvider({ client: sockets });

// @ts-expect-error -- There is no such path.
hooks.useLive('/card');
// @ts-expect-error -- It is not for reading.
hooks.useLive('/boards');
// @ts-expect-error -- The parameter is missing.
hooks.useLive('/boards/:boardId/cards');
// @ts-expect-error -- The parameter has another name.
hooks.useLive('/boards/:boardId/cards', { params: { board: 7 } });
// @ts-expect-error -- There is no such resource.
hooks.useMessages('cards', () => undefined);
// @ts-expect-error -- It is another client.
hooks.SocketsProvider({ client: connect<{ 'GET /': string }>('') });

// Without a map, the type of the body is given.
expectTypeOf(useLive<CardJson[]>('/anything', { compare: (one, other) => one.id - other.id }).data).toEqualTypeOf<
  CardJson[] | undefined
>();
expectTypeOf(createHooks<typeof untyped>().useLive).toEqualTypeOf<typeof useLive>();

// So do those of Vue, by a url and by options that may change.
const vue = createComposables<typeof sockets>();
expectTypeOf(vue.useLive('/boards/:boardId/cards', { params: { boardId } })).toEqualTypeOf<LiveRefs<CardJson[]>>();
expectTypeOf(vue.useLive('/boards/:boardId/cards', () => ({ params: { boardId } })).data.value).toEqualTypeOf<
  CardJson[] | undefined
>();
expectTypeOf(vue.useLive('/cards').data.value).toEqualTypeOf<{ items: CardJson[]; total: number } | undefined>();
expectTypeOf(vue.useLive(() => boardId > 0 && '/cards').data.value).toEqualTypeOf<
  { items: CardJson[]; total: number } | undefined
>();
vue.useLive('/cards', () => ({ compare: (one, other) => one.id - other.id, query: { done: true } }));
expectTypeOf(vue.useSockets()).toEqualTypeOf<typeof sockets>();
vue.provideSockets(sockets);
// @ts-expect-error -- There is no such path.
vue.useLive('/card');
// @ts-expect-error -- It is not for reading.
vue.useLive(() => '/boards');
// @ts-expect-error -- The parameter is missing.
vue.useLive('/boards/:boardId/cards');
// @ts-expect-error -- The parameter has another name.
vue.useLive('/boards/:boardId/cards', () => ({ params: { board: 7 } }));
// @ts-expect-error -- It is another client.
vue.provideSockets(connect<{ 'GET /': string }>(''));
expectTypeOf(createComposables<typeof untyped>().useLive).toEqualTypeOf<typeof useLiveOfVue>();

// The options of queries know them, too.
const queryClient = new QueryClient();
const cards = liveOptions(sockets, '/boards/:boardId/cards', { params: { boardId } });
expectTypeOf(useQuery(cards).data).toEqualTypeOf<CardJson[] | undefined>();
expectTypeOf(useQuery({ ...cards, select: (all) => all.length }).data).toEqualTypeOf<number | undefined>();
expectTypeOf(queryClient.getQueryData(cards.queryKey)).toEqualTypeOf<CardJson[] | undefined>();
expectTypeOf(queryClient.query(cards)).toEqualTypeOf<Promise<CardJson[]>>();
expectTypeOf(queryOptions(cards).queryKey).toExtend<readonly unknown[]>();

// @ts-expect-error -- There is no such path.
liveOptions(sockets, '/card');
// @ts-expect-error -- The parameter is missing.
liveOptions(sockets, '/boards/:boardId/cards');

expectTypeOf(useQuery(liveOptions<CardJson[]>(untyped, '/anything')).data).toEqualTypeOf<CardJson[] | undefined>();
expectTypeOf(useQuery(liveOptions(untyped, '/anything')).data).toEqualTypeOf<unknown>();

invalidateOn(sockets, queryClient, {
  card: (message) => (message.verb === 'created' ? [['cards', message.data.due.slice(1)]] : []),
});
invalidateOn(
  untyped,
  queryClient,
  { anything: ({ id }) => [['anything', id]] },
  { missed: { queryKey: ['anything'] } },
);
// @ts-expect-error -- There is no such resource.
invalidateOn(sockets, queryClient, { cards: () => [] });
