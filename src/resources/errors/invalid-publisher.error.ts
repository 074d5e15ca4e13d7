import { SocketsError } from '../../common/common.errors.js';

/** A publishing decorator stands where it cannot work. */
export class InvalidPublisherError extends SocketsError {
  readonly code = 'INVALID_PUBLISHER';

  constructor(decorator: string, where: string, problem: string) {
    super(`${decorator} on ${where}: ${problem}`);
  }
}
