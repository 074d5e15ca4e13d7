import { useEffect } from 'react';
import type { ResourceListener } from '../client/index.js';
import { useLatest } from './latest.js';
import { useSockets } from './sockets-provider.js';

/**
 * Calls the listener with each message about a resource that this client has subscribed to by reading, while the
 * component is mounted. It is the listener of the last render that is called.
 *
 * @example
 * ```ts
 * import { useMessages } from 'nestjs-sockets/react';
 *
 * export function Bell() {
 *   useMessages('card', (message) => {
 *     if (message.verb === 'created') document.title = 'A new card!';
 *   });
 *   return null;
 * }
 * ```
 */
export function useMessages<T = Record<string, unknown>>(resource: string, listener: ResourceListener<T>): void {
  const sockets = useSockets();
  const latest = useLatest(listener);
  useEffect(
    () => sockets.on<T>(resource, (message, note) => latest.current(message, note)),
    [sockets, resource, latest],
  );
}
