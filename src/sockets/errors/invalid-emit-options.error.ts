import { SocketsError } from './sockets.error.js';

/** The last argument of an emit holds something that is no option. */
export class InvalidEmitOptionsError extends SocketsError {
  readonly code = 'INVALID_EMIT_OPTIONS';

  constructor(method: string, what: string, allowed: readonly string[]) {
    super(`${method}: ${what} is no option here. The options are { ${allowed.join(', ')} }.`);
  }
}
