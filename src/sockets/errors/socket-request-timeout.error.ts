import { SocketsError } from '../../common/common.errors.js';

/** The client did not answer in time. */
export class SocketRequestTimeoutError extends SocketsError {
  readonly code = 'SOCKET_REQUEST_TIMEOUT';

  constructor(event: string, timeout: number, options?: ErrorOptions) {
    super(
      `request: no answer to "${event}" within ${timeout} ms. Does the client call the acknowledgement? ` +
        `Raise the option "timeout" of the call or "requestTimeout" of SocketsModule if it needs longer.`,
      options,
    );
  }
}
