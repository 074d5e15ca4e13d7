import { useCallback, useSyncExternalStore } from 'react';
import type { ConnectionState } from '../client/index.js';
import { useSockets } from './sockets-provider.js';

/** A server that renders a page is not connected for it. */
const ON_SERVER: ConnectionState = { status: 'connecting' };

/**
 * Returns the state of the connection, and the reason for it.
 *
 * @example
 * ```ts
 * import { useConnectionState } from 'nestjs-sockets/react';
 *
 * export function Banner() {
 *   const { status, reason } = useConnectionState();
 *   if (reason?.statusCode === 401) return 'Please sign in';
 *   return status === 'reconnecting' ? 'Offline: what you see may be old' : null;
 * }
 * ```
 */
export function useConnectionState(): ConnectionState {
  const sockets = useSockets();
  return useSyncExternalStore(
    useCallback((listener: () => void) => sockets.onState(listener), [sockets]),
    () => sockets.state,
    () => ON_SERVER,
  );
}
