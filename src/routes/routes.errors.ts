import { SocketsError } from '../common/common.errors.js';

/** Thrown at boot for a publishing decorator that cannot work where it stands. */
export class InvalidPublisherError extends SocketsError {
  readonly code = 'INVALID_PUBLISHER';

  constructor(decorator: string, where: string, problem: string) {
    super(`${decorator} on ${where}: ${problem}`);
  }
}

/** Thrown at boot for a decorator that subscribes or unsubscribes, and cannot work where it stands. */
export class InvalidSubscriberError extends SocketsError {
  readonly code = 'INVALID_SUBSCRIBER';

  constructor(decorator: string, where: string, problem: string) {
    super(`${decorator} on ${where}: ${problem}`);
  }
}

/** Thrown at boot for `@JoinRoom` or `@LeaveRoom` where it cannot work. */
export class InvalidRoomMoveError extends SocketsError {
  readonly code = 'INVALID_ROOM_MOVE';

  constructor(decorator: string, where: string, problem: string) {
    super(`${decorator} on ${where}: ${problem}`);
  }
}
