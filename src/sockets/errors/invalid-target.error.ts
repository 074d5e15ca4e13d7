import { describe } from '../../common/describe-value.js';
import { SocketsError } from '../../common/common.errors.js';

/** What was given as a target names no socket. */
export class InvalidTargetError extends SocketsError {
  readonly code = 'INVALID_TARGET';

  constructor(value: unknown, method: string) {
    super(
      `${method}: ${describe(value)} is no target. ` +
        `Give a socket, a socket's id, the name of a room, the request, or an array of these.`,
    );
  }
}

/** The socket is connected to a namespace that this method does not speak to. */
export class ForeignNamespaceError extends SocketsError {
  readonly code = 'FOREIGN_NAMESPACE';

  constructor(method: string, namespaces: readonly string[], connectedTo: string) {
    super(
      `${method}: the socket is connected to the namespace "${connectedTo}", and this call speaks to ` +
        `${namespaces.map((name) => `"${name}"`).join(', ')}. Use SocketsService.of('${connectedTo}') for rooms, ` +
        `or @SubscribesTo(…) on that namespace's gateway for resources.`,
    );
  }
}
