import { connect } from 'nestjs-sockets/client';

/** @import { TypedClient } from 'nestjs-sockets/client' */
/** @import { Api, Events } from '../../api.js' */

/**
 * Sends all requests except those to sign in and out, and receives all messages. By websocket only, so that the page can
 * be served by several processes: the requests of one that is polling would have to reach the same one.
 *
 * @type {TypedClient<Api, Events>}
 */
export const sockets = /** @type {any} */ (connect({ reconnectionDelayMax: 2000, transports: ['websocket'] }));

/** Returns 'connecting', 'connected', 'reconnecting' (it keeps trying) or 'offline' (it has given up). */
export function connectionState() {
  if (!navigator.onLine || sockets.state.status === 'closed') return 'offline';
  return sockets.state.status;
}

export function onConnectionChange(listener) {
  sockets.onState(listener);
  for (const event of ['online', 'offline']) window.addEventListener(event, listener);
}
