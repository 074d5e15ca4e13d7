import { SocketsError } from '../../common/common.errors.js';

/** A gateway cannot carry resources the way it is declared. */
export class InvalidGatewayError extends SocketsError {
  readonly code = 'INVALID_GATEWAY';
}
