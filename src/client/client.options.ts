import type { ManagerOptions, SocketOptions } from 'socket.io-client';
import { assertArgument, assertOptions, isRecord, assertTimeout } from './arguments.js';
import { assertHeaders, type RequestHeaders } from './request-headers.js';
import { REFUSED_OPTIONS, SOCKET_IO_OPTIONS } from './socket-io-options.js';

/** What `connect()` takes: the options of socket.io-client, such as `auth`, `path` and `transports`, and these. */
export interface ClientOptions extends Partial<
  Omit<ManagerOptions & SocketOptions, 'auth' | 'requestTimeout' | 'retries' | 'ackTimeout'>
> {
  /**
   * The credentials: what stands in the handshake's `auth`. A function is asked for them anew for every connection, and when they expire; it returns them, or a promise
   * of them, or gives them to its callback. While it fails, there is no connection.
   */
  auth?: Record<string, unknown> | ((send: (auth: object) => void) => unknown);
  /** Sent with every request. */
  headers?: RequestHeaders;
  /**
   * How long a request may take, waiting for the connection included, in milliseconds. (Socket.IO has an option of this name for its polling,
   * which is not this one.)
   *
   * @default 30000
   */
  requestTimeout?: number;
}

/** @throws TypeError, RangeError */
export function assertClientOptions(given: ClientOptions): void {
  const options: unknown = given;
  assertArgument(isRecord(options), 'connect: the options must be an object, such as { auth: { token } }');
  for (const option of REFUSED_OPTIONS) {
    assertArgument(
      !(option in options),
      `connect: leave out the option "${option}": Socket.IO would send requests again that may be done already. ` +
        'There are "requestTimeout" and, for reads, "repeat"',
    );
  }
  assertOptions('connect', given, ['headers', 'requestTimeout', ...SOCKET_IO_OPTIONS]);
  assertHeaders('connect', given.headers);
  assertTimeout('connect', 'requestTimeout', given.requestTimeout);
}
