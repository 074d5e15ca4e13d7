import { SocketsError } from './sockets.error.js';

/** A relay cannot work the way it is declared. */
export class InvalidRelayError extends SocketsError {
  readonly code = 'INVALID_RELAY';

  constructor(relay: string, problem: string) {
    super(`${relay}: ${problem}`);
  }
}
