import type { RequestError } from './request-error.js';

/**
 * - `connecting`: there was no connection yet; the client tries until there is one.
 * - `connected`
 * - `reconnecting`: the connection was lost; the client tries until it is back.
 * - `closed`: there is none, and the client does not try. `connect()` opens it again.
 *
 * A server that refuses the connection closes it. If it failed to decide (a status of 500 or more) the client goes on trying, as often and as late as the
 * options of Socket.IO for reconnecting say.
 */
export type ConnectionStatus = 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** How the connection is, and why. */
export interface ConnectionState {
  readonly status: ConnectionStatus;
  /**
   * Why there is no connection, as far as it is known: what requests that need one fail with. While there is one: that its credentials have expired (`EXPIRED`), so
   * that the server will close it unless `reauthenticate()` gives it others.
   */
  readonly reason?: RequestError;
}
