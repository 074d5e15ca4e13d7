import { SocketsError } from '../../common/common.errors.js';

/** No such socket, or not exactly one. */
export class SocketNotFoundError extends SocketsError {
  readonly code = 'SOCKET_NOT_FOUND';
}
