import type { ManagerOptions, SocketOptions } from 'socket.io-client';

/** Options of Socket.IO with which a request might be sent a second time. */
export const REFUSED_OPTIONS = ['ackTimeout', 'retries'] as const;

type Refused = (typeof REFUSED_OPTIONS)[number];

/** Those that it reads, but that its types leave out. */
type Undocumented =
  'checkServerIdentity' | 'family' | 'forceBase64' | 'localAddress' | 'maxPayload' | 'origin' | 'protocolVersion';

/** Every other option of Socket.IO: it takes a wrong one without a word, and then does not do what was meant. */
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

export const SOCKET_IO_OPTIONS = Object.keys(OPTIONS);
