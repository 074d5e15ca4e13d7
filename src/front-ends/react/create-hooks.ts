import type { ReactElement } from 'react';
import type { BodyOf, ConnectionState } from '../client/index.js';
import type { AnyClient, ApiOf, EventsOf, ListenerOf, LiveOptionsOf, ReadPaths } from '../any-client.js';
import type { PresenceOptions, PresenceState } from './room-presence.js';
import { SocketsProvider, type SocketsProviderProps, useSockets } from './sockets-provider.js';
import { useConnectionState } from './use-connection-state.js';
import { type LiveResult, useLive } from './use-live.js';
import { useMessages } from './use-messages.js';
import { usePresence } from './use-presence.js';
import { type SuspenseLiveResult, useSuspenseLive } from './use-suspense-live.js';

/** The hooks of this module, for a client whose routes and resources are known to the compiler. */
export interface Hooks<Client extends AnyClient> {
  /** Gives the client to all hooks below. */
  SocketsProvider: (props: SocketsProviderProps & { client: Client }) => ReactElement;
  /** Returns the client, for requests. */
  useSockets: () => Client;
  /** Reads a route, and shows what it has answered as it changes. */
  useLive: unknown extends ApiOf<Client>
    ? typeof useLive
    : <Path extends ReadPaths<ApiOf<Client>>>(
        url: Path | null | undefined | 0 | false,
        ...options: LiveOptionsOf<ApiOf<Client>, Path>
      ) => LiveResult<BodyOf<ApiOf<Client>, 'GET', Path>>;
  /** Like `useLive`, for components in a `<Suspense>`. */
  useSuspenseLive: unknown extends ApiOf<Client>
    ? typeof useSuspenseLive
    : <Path extends ReadPaths<ApiOf<Client>>>(
        url: Path,
        ...options: LiveOptionsOf<ApiOf<Client>, Path>
      ) => SuspenseLiveResult<BodyOf<ApiOf<Client>, 'GET', Path>>;
  /** Calls the listener with each message about a resource, while the component is mounted. */
  useMessages: unknown extends EventsOf<Client>
    ? typeof useMessages
    : <Resource extends keyof EventsOf<Client> & string>(
        resource: Resource,
        listener: ListenerOf<EventsOf<Client>, Resource>,
      ) => void;
  /** Returns the state of the connection. */
  useConnectionState: () => ConnectionState;
  /** Enters a room while the component is mounted, and shows who is in it. */
  usePresence: <User = unknown>(room: string | null | undefined, options: PresenceOptions<User>) => PresenceState<User>;
}

/**
 * Returns the hooks of this module with the types of a client that was made by `connect<Api, Events>()`: a path that
 * does not exist, a parameter that is missing and a field that no answer has are compile errors. They are the same
 * functions.
 *
 * @example
 * ```ts
 * import { connect } from 'nestjs-sockets/client';
 * import { createHooks } from 'nestjs-sockets/react';
 *
 * interface Card {
 *   id: number;
 *   title: string;
 * }
 * interface Api {
 *   'GET /boards/:boardId/cards': Card[]; // or CardsController['find'], by `import type`
 * }
 *
 * export const sockets = connect<Api, { card: Card }>('http://localhost:3000');
 * export const { SocketsProvider, useLive, useMessages } = createHooks<typeof sockets>();
 *
 * export function Count() {
 *   const { data } = useLive('/boards/:boardId/cards', { params: { boardId: 7 } });
 *   return data?.length ?? null;
 * }
 * ```
 */
export function createHooks<Client extends AnyClient>(): Hooks<Client> {
  const hooks = { SocketsProvider, useSockets, useLive, useSuspenseLive, useMessages, useConnectionState, usePresence };
  return hooks as unknown as Hooks<Client>;
}
