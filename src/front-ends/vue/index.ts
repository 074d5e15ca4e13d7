import {
  type App,
  computed,
  type ComputedRef,
  hasInjectionContext,
  inject,
  type InjectionKey,
  type MaybeRefOrGetter,
  type Plugin,
  provide,
  shallowRef,
  ssrContextKey,
  toValue,
  watch,
} from 'vue';
import type {
  BodyOf,
  Live,
  LiveOptions,
  LiveState,
  LiveStatus,
  RequestError,
  RowOf,
  SocketsClient,
} from '../client/index.js';
import { type AnyClient, type ApiOf, clientOf, type LiveOptionsOf, type ReadPaths } from '../any-client.js';

export type { AnyClient, ApiOf, LiveOptionsOf, ReadPaths };

/** The same in the modules that `import` and `require` give. */
const CLIENT = Symbol.for('nestjs-sockets/vue') as InjectionKey<AnyClient>;

/**
 * Gives the client to all components of an application.
 *
 * @example
 * ```ts
 * import { connect } from 'nestjs-sockets/client';
 * import { SocketsPlugin } from 'nestjs-sockets/vue';
 * import { createApp } from 'vue';
 *
 * createApp({}).use(SocketsPlugin, connect()).mount('#app');
 * ```
 */
export const SocketsPlugin: Plugin<[client: AnyClient]> = {
  install: (app: App, client: AnyClient) => void app.provide(CLIENT, client),
};

/** Gives the client to the components below the one whose `setup()` calls it. */
export function provideSockets(client: AnyClient): void {
  provide(CLIENT, client);
}

/**
 * Returns the client that `SocketsPlugin` or `provideSockets()` has given.
 *
 * @throws Error if there is none
 */
export function useSockets(): SocketsClient {
  const sockets = hasInjectionContext() ? inject(CLIENT, undefined) : undefined;
  if (sockets) return clientOf(sockets);
  throw new Error(
    'nestjs-sockets/vue: there is no client here. Give it to the application, app.use(SocketsPlugin, connect()), ' +
      'or to components, provideSockets(connect()); and call useSockets() and useLive() in setup()',
  );
}

/** What a live query shows, as refs. */
export interface LiveRefs<Body> {
  /** The body of the route's answer, with every change since. Rows are not made proxies; equal ones stay identical. */
  readonly data: ComputedRef<Body | undefined>;
  /** `idle` while there is no url; otherwise as that of a live query. */
  readonly status: ComputedRef<LiveStatus | 'idle'>;
  /** Whether the first data are still on their way. */
  readonly isLoading: ComputedRef<boolean>;
  /** Why there are no data, or why they are stale. */
  readonly error: ComputedRef<RequestError | undefined>;
  /** Reads again, and resolves with the data. @throws RequestError */
  reload(): Promise<Body>;
}

/**
 * Reads a route, and shows what it has answered as it changes, for as long as the component, or the effect scope, is
 * there. Components that ask for the same share one read and one subscription, which ends some time after the last of
 * them (option `linger`). A server that renders a page reads nothing: it shows what the option `initial` says.
 *
 * @param url the path of the route, or nothing to wait until it is known; a ref or a getter if it changes
 * @param options those of `sockets.live()`; a getter, a ref or a reactive object if they change
 * @throws Error if there is no client
 * @example
 * ```ts
 * import { useLive } from 'nestjs-sockets/vue';
 * import { defineComponent, h } from 'vue';
 *
 * interface Card {
 *   id: number;
 *   title: string;
 * }
 *
 * export const Board = defineComponent({
 *   props: { boardId: { type: Number, required: true } },
 *   setup(props) {
 *     const { data } = useLive<Card[]>('/boards/:boardId/cards', () => ({ params: { boardId: props.boardId } }));
 *     return () => data.value?.map(({ id, title }) => h('li', { key: id }, title));
 *   },
 * });
 * ```
 */
export function useLive<Body = unknown, Row = RowOf<Body>>(
  url: MaybeRefOrGetter<string | null | undefined | 0 | false>,
  options: MaybeRefOrGetter<LiveOptions<Row, Body>> = {},
): LiveRefs<Body> {
  const state = shallowRef<LiveState<Body> | undefined>(renderedBy(toValue(url), toValue(options)));
  let live: Live<Body> | undefined;
  if (!isRenderingOnServer()) {
    const sockets = useSockets();
    watch(
      () => ({ path: toValue(url), given: copyOf(toValue(options)) }),
      ({ path, given }, _before, onCleanup) => {
        live = path ? sockets.live<Body, Row>(path, given) : undefined;
        if (live) onCleanup(live.subscribe((next) => void (state.value = next)));
        state.value = live?.getSnapshot();
      },
      { immediate: true },
    );
  }
  return {
    data: computed(() => state.value?.data),
    status: computed(() => state.value?.status ?? 'idle'),
    isLoading: computed(() => state.value?.status === 'loading'),
    error: computed(() => state.value?.error),
    reload: async () => {
      if (live) return live.reload();
      throw new TypeError('useLive: without a url, there is nothing to read again');
    },
  };
}

/** Each of them as it is, or as a ref or a getter if it changes. */
export type Changing<All extends readonly unknown[]> = { [Index in keyof All]: MaybeRefOrGetter<All[Index]> };

/** The functions of this module, for a client whose routes are known to the compiler. */
export interface Composables<Client extends AnyClient> {
  /** Gives the client to all components of an application. */
  SocketsPlugin: Plugin<[client: Client]>;
  /** Gives the client to the components below the one whose `setup()` calls it. */
  provideSockets: (client: Client) => void;
  /** Returns the client, for requests. */
  useSockets: () => Client;
  /** Reads a route, and shows what it has answered as it changes. */
  useLive: unknown extends ApiOf<Client>
    ? typeof useLive
    : <Path extends ReadPaths<ApiOf<Client>>>(
        url: MaybeRefOrGetter<Path | null | undefined | 0 | false>,
        ...options: Changing<LiveOptionsOf<ApiOf<Client>, Path>>
      ) => LiveRefs<BodyOf<ApiOf<Client>, 'GET', Path>>;
}

/**
 * Returns the functions of this module with the types of a client that was made by `connect<Api, Events>()`: a path
 * that does not exist, a parameter that is missing and a field that no answer has are compile errors. They are the same
 * functions.
 *
 * @example
 * ```ts
 * import { connect } from 'nestjs-sockets/client';
 * import { createComposables } from 'nestjs-sockets/vue';
 *
 * interface Card {
 *   id: number;
 *   title: string;
 * }
 * interface Api {
 *   'GET /boards/:boardId/cards': Card[]; // or CardsController['find'], by `import type`
 * }
 *
 * export const sockets = connect<Api>('http://localhost:3000');
 * export const { SocketsPlugin, useLive } = createComposables<typeof sockets>();
 *
 * // In setup()
 * export const useCards = (boardId: () => number) =>
 *   useLive('/boards/:boardId/cards', () => ({ params: { boardId: boardId() } }));
 * ```
 */
export function createComposables<Client extends AnyClient>(): Composables<Client> {
  return { SocketsPlugin, provideSockets, useSockets, useLive } as unknown as Composables<Client>;
}

/** Tells whether it is `renderToString()` that runs the component, which unmounts none. */
function isRenderingOnServer(): boolean {
  return hasInjectionContext() && inject(ssrContextKey, undefined) !== undefined;
}

/** What a server shows, which reads nothing. */
function renderedBy<Body>(url: unknown, { initial }: Pick<LiveOptions<never, Body>, 'initial'>) {
  if (!url) return undefined;
  const rendered: LiveState<Body> = { data: initial?.body, status: initial ? 'stale' : 'loading' };
  return rendered;
}

/** Reads all that may be reactive, so that Vue knows what it is. */
function copyOf<Row, Body>(options: LiveOptions<Row, Body>): LiveOptions<Row, Body> {
  const { params, query } = options;
  return { ...options, ...(params && { params: { ...params } }), ...(query && { query: { ...query } }) };
}
