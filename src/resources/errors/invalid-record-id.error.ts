import { describe } from '../../common/describe-value.js';
import { SocketsError } from '../../common/common.errors.js';

/** What was given identifies no record of this resource. */
export class InvalidRecordIdError extends SocketsError {
  readonly code = 'INVALID_RECORD_ID';

  constructor(resource: string, idField: string, value: unknown, idType?: 'number' | 'string') {
    const expected = idType === 'number' ? 'a number' : 'a non-empty string or a number';
    super(
      `${resource}: ${describe(value)} is no id. An id is ${expected}, or a record whose field "${idField}" holds it. ` +
        `If the ids are in another field or of another type, say so: @Resourceful('${resource}', { id: 'field', idType: 'string' }).`,
    );
  }
}
