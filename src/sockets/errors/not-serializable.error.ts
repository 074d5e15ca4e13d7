import { SocketsError } from './sockets.error.js';

/** Data that cannot travel: circular, a BigInt, nested too deep, or with a `toJSON` that throws. */
export class NotSerializableError extends SocketsError {
  readonly code = 'NOT_SERIALIZABLE';

  constructor(method: string, why: string, options?: ErrorOptions) {
    super(`${method}: the data cannot be sent: ${why}.`, options);
  }
}
