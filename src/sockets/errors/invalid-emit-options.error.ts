import { SocketsError } from './sockets.error.js';

/** The options of a call are none, or hold something that is no option, or no value of one. */
export class InvalidEmitOptionsError extends SocketsError {
  readonly code = 'INVALID_EMIT_OPTIONS';

  constructor(method: string, what: string, allowed: readonly string[], problem = 'is no option here') {
    super(`${method}: ${what} ${problem}. The options are { ${allowed.join(', ')} }.`);
  }
}
