import { SocketsError } from '../../common/common.errors.js';

/** Some server of the cluster did not answer in time. */
export class ServersTimeoutError extends SocketsError {
  readonly code = 'SERVERS_TIMEOUT';

  constructor(
    method: string,
    /** What is known without them: ids of sockets, or names of rooms. */
    readonly partial: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      `${method}: not all servers of the cluster answered in time, so the answer would not be complete. What is known without them is in ` +
        `"partial" of this error. A server that is frozen, or cut off from the others, counts until its connection to the bus has ended.`,
      options,
    );
  }
}
