import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react';
import type { SocketsClient } from '../client/index.js';
import { type AnyClient, clientOf } from '../any-client.js';

const SocketsContext = createContext<SocketsClient | undefined>(undefined);

/** Props of `SocketsProvider`. */
export interface SocketsProviderProps {
  /** What `connect()` has returned. Whoever has made it closes it. */
  client: AnyClient;
  children?: ReactNode;
}

/**
 * Gives a client to all hooks below. The inner one of two counts.
 *
 * @example
 * ```ts
 * import { connect } from 'nestjs-sockets/client';
 * import { SocketsProvider } from 'nestjs-sockets/react';
 * import { createElement } from 'react';
 *
 * declare function Board(): null;
 *
 * const sockets = connect('http://localhost:3000');
 * export const app = createElement(SocketsProvider, { client: sockets }, createElement(Board));
 * ```
 */
export function SocketsProvider({ client, children }: SocketsProviderProps): ReactElement {
  return createElement(SocketsContext.Provider, { value: clientOf(client) }, children);
}

/**
 * Returns the client, for requests.
 *
 * @throws Error if no `SocketsProvider` is above the component
 */
export function useSockets(): SocketsClient {
  const client = useContext(SocketsContext);
  if (client) return client;
  throw new Error(
    'nestjs-sockets/react: no <SocketsProvider> is above the component that uses this hook. Wrap the page in ' +
      '<SocketsProvider client={sockets}>, with what connect() of nestjs-sockets/client has returned',
  );
}
