import { describe } from '../../common/describe-value.js';
import { SocketsError } from '../../common/common.errors.js';

/** What is to be put into a room's name cannot stand there. */
export class InvalidRoomValueError extends SocketsError {
  readonly code = 'INVALID_ROOM_VALUE';

  constructor(
    template: string,
    /** The placeholder. */
    readonly field: string,
    value: unknown,
  ) {
    super(
      `{${field}} of "${template}" is ${shown(value)}. Give a string that is not empty and well-formed, a finite number, or true or false.`,
    );
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' && value !== '' ? 'no well-formed string' : describe(value);
}
