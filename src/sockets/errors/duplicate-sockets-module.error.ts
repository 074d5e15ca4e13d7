import { SocketsError } from '../../common/common.errors.js';

/** SocketsModule was set up more than once in one application. */
export class DuplicateSocketsModuleError extends SocketsError {
  readonly code = 'DUPLICATE_SOCKETS_MODULE';

  constructor() {
    super(
      `SocketsModule.forRoot() or forRootAsync() is imported more than once in this application. ` +
        `Import it once, in the root module: it is global, so every other module can inject its services without importing it.`,
    );
  }
}
