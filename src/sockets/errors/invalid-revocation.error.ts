import { SocketsError } from '../../common/common.errors.js';

/** It cannot be told what is to be revoked, or of whom. */
export class InvalidRevocationError extends SocketsError {
  readonly code = 'INVALID_REVOCATION';

  constructor(what: string, expected: string) {
    super(
      `revoke: ${what} ${expected}. Say revoke({ user, room }), revoke({ user, resource, ids?, slice? }), or revoke({ user }) for everything.`,
    );
  }
}
