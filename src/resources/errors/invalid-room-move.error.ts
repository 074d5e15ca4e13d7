import { SocketsError } from '../../common/common.errors.js';

/** A decorator that lets whoever asks into a room, or out of it, cannot work where it stands. */
export class InvalidRoomMoveError extends SocketsError {
  readonly code = 'INVALID_ROOM_MOVE';

  constructor(decorator: string, where: string, problem: string) {
    super(`${decorator} on ${where}: ${problem}`);
  }
}
