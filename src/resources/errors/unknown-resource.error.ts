import { SocketsError } from '../../common/common.errors.js';

/** A resource is named that nobody declared. */
export class UnknownResourceError extends SocketsError {
  readonly code = 'UNKNOWN_RESOURCE';

  constructor(where: string, resource: string, known: readonly string[]) {
    super(
      `${where}: there is no resource "${resource}". ` +
        `Known are: ${known.length > 0 ? known.map((name) => `"${name}"`).join(', ') : 'none'}. ` +
        `Declare it with @Resourceful('${resource}') on its controller, or with SocketsModule.forRoot({ resources: { ${JSON.stringify(resource)}: {} } }).`,
    );
  }
}
