import { SocketsError } from '../../common/common.errors.js';

/** A method cannot hear of publications the way it is declared. */
export class InvalidListenerError extends SocketsError {
  readonly code = 'INVALID_LISTENER';
}
