import { SocketsError } from '../../common/common.errors.js';

/** A relation that does not fit what the other side says. */
export class InvalidRelationError extends SocketsError {
  readonly code = 'INVALID_RELATION';
}
