import { SocketsError } from './sockets.error.js';

/** An option of SocketsModule has a value that it cannot have. */
export class InvalidOptionsError extends SocketsError {
  readonly code = 'INVALID_OPTIONS';

  constructor(option: string, expected: string) {
    super(`SocketsModule: the option "${option}" must be ${expected}.`);
  }
}
