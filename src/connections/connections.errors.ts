import { SocketsError } from '../common/common.errors.js';

/** A guard of the option `authenticate` could not be made. */
export class GuardNotCreatedError extends SocketsError {
  readonly code = 'GUARD_NOT_CREATED';

  constructor(guard: string, reason: string, options?: ErrorOptions) {
    super(
      `SocketsModule: the option "authenticate" names the guard ${guard}, which cannot be made. ${reason}`,
      options,
    );
  }
}

/** An option returned something unusable for a user. */
export class InvalidIdentityError extends SocketsError {
  readonly code = 'INVALID_IDENTITY';

  constructor(option: string, expected: string, given: string) {
    super(`The option "${option}" gave ${given}. It must give ${expected}.`);
  }
}
