import { SocketsError } from '../../sockets/errors/sockets.error.js';

/** A relation that does not fit what the other side says. */
export class InvalidRelationError extends SocketsError {
  readonly code = 'INVALID_RELATION';
}
