import type { ErrorBody } from './request.js';

/**
 * From the server: the identity of this connection has expired, with an `Expiry`. From the client, at any time: new credentials, as they would stand in the
 * handshake's `auth`; acknowledged by a `SocketResponse`.
 */
export const REAUTHENTICATE_EVENT = 'reauthenticate';

/** The identity of a connection has expired. */
export interface Expiry extends ErrorBody {
  statusCode: 401;
  code: 'EXPIRED';
  /** How long the client has to authenticate again, in milliseconds; 0 says that the connection is closed now. */
  grace: number;
}
