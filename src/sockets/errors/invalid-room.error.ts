import { describe } from '../../common/describe-value.js';
import { SocketsError } from '../../common/common.errors.js';

/** What was given as a room's name is none. */
export class InvalidRoomError extends SocketsError {
  readonly code = 'INVALID_ROOM';

  constructor(value: unknown, method: string) {
    super(
      `${method}: ${describe(value)} is no room. A room is named by a non-empty string; several by an array of them.`,
    );
  }
}
