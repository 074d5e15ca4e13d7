import type { ErrorBody } from './request.js';

/**
 * The event about the credentials of a connection. The server sends it with an `Expiry` when they have expired. The
 * client sends it, at any time, with new ones in the form of the handshake's `auth`, and is acknowledged with a
 * `SocketResponse`.
 */
export const REAUTHENTICATE_EVENT = 'reauthenticate';

/** The credentials of a connection have expired. */
export interface Expiry extends ErrorBody {
  statusCode: 401;
  code: 'EXPIRED';
  /** How long the client has to authenticate again, in milliseconds; with 0 the connection is closed now. */
  grace: number;
}
