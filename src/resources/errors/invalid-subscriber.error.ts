import { SocketsError } from '../../common/common.errors.js';

/** A decorator that subscribes or unsubscribes stands where it cannot work. */
export class InvalidSubscriberError extends SocketsError {
  readonly code = 'INVALID_SUBSCRIBER';

  constructor(decorator: string, where: string, problem: string) {
    super(`${decorator} on ${where}: ${problem}`);
  }
}
