import { describe } from '../../common/describe-value.js';
import { SocketsError } from '../../common/common.errors.js';

/** What was given as an event's name cannot be emitted, or not listened to. */
export class InvalidEventError extends SocketsError {
  readonly code = 'INVALID_EVENT';

  constructor(value: unknown, method: string) {
    super(
      typeof value === 'string' && value !== ''
        ? `${method}: "${value}" is an event of Socket.IO's own. Choose another name.`
        : `${method}: ${describe(value)} is no event name. Give a string.`,
    );
  }
}
