import type { ManagerOptions, SocketOptions } from 'socket.io-client';
import { assertArgument, assertOptions, assertTimeout, isRecord } from './assertions.js';
import { assertHeaders, type RequestHeaders } from './requests/request.options.js';

/** Options of Socket.IO that might send a request a second time. */
const REFUSED_OPTIONS = ['ackTimeout', 'retries'] as const;

type Refused = (typeof REFUSED_OPTIONS)[number];

/** Options that Socket.IO reads, but that its types leave out. */
type Undocumented =
  'checkServerIdentity' | 'family' | 'forceBase64' | 'localAddress' | 'maxPayload' | 'origin' | 'protocolVersion';

/** Every other option of Socket.IO, which itself silently ignores an option that it does not know. */
const OPTIONS: Record<
  Exclude<keyof ManagerOptions | keyof SocketOptions, Refused | 'requestTimeout'> | Undocumented,
  1
> = {
  addTrailingSlash: 1,
  agent: 1,
  auth: 1,
  autoConnect: 1,
  autoUnref: 1,
  ca: 1,
  cert: 1,
  checkServerIdentity: 1,
  ciphers: 1,
  closeOnBeforeunload: 1,
  extraHeaders: 1,
  family: 1,
  forceBase64: 1,
  forceNew: 1,
  host: 1,
  hostname: 1,
  key: 1,
  localAddress: 1,
  maxPayload: 1,
  multiplex: 1,
  origin: 1,
  parser: 1,
  passphrase: 1,
  path: 1,
  perMessageDeflate: 1,
  pfx: 1,
  port: 1,
  protocolVersion: 1,
  protocols: 1,
  query: 1,
  randomizationFactor: 1,
  reconnection: 1,
  reconnectionAttempts: 1,
  reconnectionDelay: 1,
  reconnectionDelayMax: 1,
  rejectUnauthorized: 1,
  rememberUpgrade: 1,
  secure: 1,
  timeout: 1,
  timestampParam: 1,
  timestampRequests: 1,
  transportImplementations: 1,
  transportOptions: 1,
  transports: 1,
  tryAllTransports: 1,
  upgrade: 1,
  useNativeTimers: 1,
  withCredentials: 1,
};

const SOCKET_IO_OPTIONS = Object.keys(OPTIONS);

/** The options of `connect()`: those of socket.io-client, such as `auth`, `path` and `transports`, and these. */
export interface ClientOptions extends Partial<
  Omit<ManagerOptions & SocketOptions, 'auth' | 'requestTimeout' | 'retries' | 'ackTimeout'>
> {
  /**
   * The credentials, sent as the handshake's `auth`. A function is called for them on every connection, and when they
   * expire. It returns them, or a promise of them, or passes them to its callback. While it fails, there is no
   * connection.
   */
  auth?: Record<string, unknown> | ((send: (auth: object) => void) => unknown);
  /** Sent with every request. */
  headers?: RequestHeaders;
  /**
   * How long a request may take, in milliseconds, including the wait for the connection. (Socket.IO's option of this
   * name, about its polling, is a different one.)
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
