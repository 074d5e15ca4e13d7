import { SocketsError } from '../../common/common.errors.js';

/** The policy that a resource is declared with could not be made. */
export class PolicyNotCreatedError extends SocketsError {
  readonly code = 'POLICY_NOT_CREATED';

  constructor(resource: string, policy: string, reason: string, options?: ErrorOptions) {
    super(
      `The option "authorize" of the resource "${resource}" names the class ${policy}, which cannot be made. ${reason}`,
      options,
    );
  }
}
