import { describe } from '../../common/describe-value.js';
import { SocketsError } from '../../common/common.errors.js';

/** What was given as a namespace's name is none. */
export class InvalidNamespaceError extends SocketsError {
  readonly code = 'INVALID_NAMESPACE';

  constructor(value: unknown) {
    super(`of: ${describe(value)} is no namespace. Give its name, such as "/admin".`);
  }
}
