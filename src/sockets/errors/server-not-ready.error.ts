import { SocketsError } from '../../common/common.errors.js';

/** The server is asked for before the application made it, or in an application that has none. */
export class ServerNotReadyError extends SocketsError {
  readonly code = 'SERVER_NOT_READY';

  constructor() {
    super(
      `The Socket.IO server does not exist yet. Use it from onModuleInit() on, not in a constructor; ` +
        `an application without an HTTP server (createApplicationContext) has none.`,
    );
  }
}
