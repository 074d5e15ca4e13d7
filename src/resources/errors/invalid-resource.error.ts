import { SocketsError } from '../../common/common.errors.js';

/** A resource is declared in a way that cannot work, or differently in two places. */
export class InvalidResourceError extends SocketsError {
  readonly code = 'INVALID_RESOURCE';
}
