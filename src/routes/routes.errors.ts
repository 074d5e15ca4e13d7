import { SocketsError } from '../common/common.errors.js';

/** A publishing decorator stands where it cannot work. */
export class InvalidPublisherError extends SocketsError {
  readonly code = 'INVALID_PUBLISHER';

  constructor(decorator: string, where: string, problem: string) {
    super(`${decorator} on ${where}: ${problem}`);
  }
}

/** A decorator that subscribes or unsubscribes stands where it cannot work. */
export class InvalidSubscriberError extends SocketsError {
  readonly code = 'INVALID_SUBSCRIBER';

  constructor(decorator: string, where: string, problem: string) {
    super(`${decorator} on ${where}: ${problem}`);
  }
}

/** A decorator that lets whoever asks into a room, or out of it, cannot work where it stands. */
export class InvalidRoomMoveError extends SocketsError {
  readonly code = 'INVALID_ROOM_MOVE';

  constructor(decorator: string, where: string, problem: string) {
    super(`${decorator} on ${where}: ${problem}`);
  }
}
