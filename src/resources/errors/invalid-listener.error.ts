import { SocketsError } from '../../sockets/errors/sockets.error.js';

/** A method cannot hear of publications the way it is declared. */
export class InvalidListenerError extends SocketsError {
  readonly code = 'INVALID_LISTENER';
}
