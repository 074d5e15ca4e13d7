import { SocketsError } from '../../common/common.errors.js';

/** A relay cannot work the way it is declared. */
export class InvalidRelayError extends SocketsError {
  readonly code = 'INVALID_RELAY';

  constructor(relay: string, problem: string) {
    super(`${relay}: ${problem}`);
  }
}
