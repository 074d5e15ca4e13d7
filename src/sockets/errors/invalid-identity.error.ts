import { SocketsError } from '../../common/common.errors.js';

/** What the application says of a user cannot be used. */
export class InvalidIdentityError extends SocketsError {
  readonly code = 'INVALID_IDENTITY';

  constructor(option: string, expected: string, given: string) {
    super(`The option "${option}" gave ${given}. It must give ${expected}.`);
  }
}
