import { describe } from '../../common/describe-value.js';
import { SocketsError } from '../../common/common.errors.js';

/** What was given as a record, or as part of one, is something else. */
export class InvalidRecordError extends SocketsError {
  readonly code = 'INVALID_RECORD';

  constructor(where: string, value: unknown, expected: string) {
    super(`${where}: ${describe(value)} is not ${expected}.`);
  }
}
