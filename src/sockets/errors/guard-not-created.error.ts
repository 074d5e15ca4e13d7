import { SocketsError } from '../../common/common.errors.js';

/** A guard that decides on connections could not be made. */
export class GuardNotCreatedError extends SocketsError {
  readonly code = 'GUARD_NOT_CREATED';

  constructor(guard: string, reason: string, options?: ErrorOptions) {
    super(
      `SocketsModule: the option "authenticate" names the guard ${guard}, which cannot be made. ${reason}`,
      options,
    );
  }
}
