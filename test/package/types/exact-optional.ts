import { QueryClient, useQuery } from '@tanstack/react-query';
import { connect, type LiveInitial } from '../../../src/front-ends/client/index.js';
import { createHooks, useLive, usePresence, useSuspenseLive } from '../../../src/front-ends/react/index.js';
import { liveCollectionOptions } from '../../../src/front-ends/tanstack-db/index.js';
import { invalidateOn, liveOptions } from '../../../src/front-ends/tanstack-query/index.js';
import { useLive as useLiveOfVue } from '../../../src/front-ends/vue/index.js';

interface Card {
  id: number;
}

interface Api {
  'GET /cards': () => Promise<Card[]>;
  'GET /boards/:boardId/cards': () => Promise<Card[]>;
}

const sockets = connect('');
const typed = connect<Api, { card: Card }>('');

// Whatever may be left out may be `undefined`, also where the compiler tells these apart.
declare const maybe: {
  params: { boardId: number } | undefined;
  query: { done: boolean } | undefined;
  includes: ((card: Card) => boolean) | undefined;
  compare: ((one: Card, other: Card) => number) | undefined;
  relations: Record<string, string> | undefined;
  otherwise: 'reload' | 'ignore' | undefined;
  initial: LiveInitial<Card[]> | undefined;
  linger: number | undefined;
};
declare const rest: Omit<typeof maybe, 'params'>;
const boardId = { params: { boardId: 7 } };

sockets.live<Card[]>('/cards', maybe);
typed.live('/cards', { ...rest });
typed.live('/boards/:boardId/cards', { ...rest, ...boardId });
useLive<Card[]>('/cards', maybe);
useSuspenseLive<Card[]>('/cards', maybe);
useLiveOfVue<Card[]>('/cards', maybe);
useLiveOfVue<Card[]>('/cards', () => maybe);
createHooks<typeof typed>().useLive('/cards', { ...rest });
createHooks<typeof typed>().useSuspenseLive('/boards/:boardId/cards', { ...rest, ...boardId });
useQuery(liveOptions<Card[]>(sockets, '/cards', maybe));
useQuery(liveOptions(typed, '/boards/:boardId/cards', { ...rest, ...boardId }));

declare const leave: (() => Promise<unknown>) | undefined;
usePresence('lobby', { enter: async () => [], leave });

declare const wait: number | undefined;
invalidateOn(typed, new QueryClient(), { card: undefined }, { wait, missed: undefined });

const { initial, ...ofCollection } = maybe;
declare const send: (() => Promise<unknown>) | undefined;
declare const name: string | undefined;
liveCollectionOptions<Card, number>({
  ...ofCollection,
  sockets,
  url: '/cards',
  getKey: ({ id }) => id,
  id: name,
  gcTime: wait,
  startSync: undefined,
  rows: undefined,
  insert: send,
  update: send,
  delete: send,
});

declare const signal: AbortSignal | undefined;
const options = { timeout: wait, signal, headers: undefined, params: maybe.params };
void sockets.get('/cards', undefined, { ...options, repeat: undefined });
void sockets.live<Card[]>('/cards').mutate('post', '/cards', {}, { ...options, optimistic: undefined });
export const read = initial?.body;
