import { describe } from '../../common/describe-value.js';
import { SocketsError } from '../../common/common.errors.js';

/** What was given is no slice of this resource. */
export class InvalidSliceError extends SocketsError {
  readonly code = 'INVALID_SLICE';

  /** @param slices the names of those that there are */
  constructor(where: string, resource: string, given: unknown, slices: string) {
    super(
      slices === ''
        ? `${where}: "${resource}" has no slices, so ${describe(given)} is none. Declare them: @Resourceful('${resource}', { slices: ['field'] }). Options come after the slice.`
        : `${where}: ${describe(given)} is no slice of "${resource}". A slice is an object that holds exactly the fields of one of these, with their values (strings, ` +
            `numbers or booleans): ${slices}. Options come after it.`,
    );
  }
}
