import { SocketsError } from '../../common/common.errors.js';

/** The application replaced the WebSocket adapter that SocketsModule installed. */
export class ForeignAdapterError extends SocketsError {
  readonly code = 'FOREIGN_ADAPTER';

  constructor(adapter: string) {
    super(
      `useWebSocketAdapter(new ${adapter}(…)) replaces the adapter of SocketsModule, so its options (server, origins) would not apply. ` +
        `Remove that call, or let ${adapter} extend SocketsIoAdapter of nestjs-sockets and pass it the application: new ${adapter}(app).`,
    );
  }
}
