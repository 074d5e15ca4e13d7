import type { Socket } from 'socket.io-client';
import { maxPayloadOf } from '../connection/handshake.js';
import { RequestError } from '../answers/request-error.js';
import type { OutgoingEvent } from './pending-request.js';

type Frame = string | ArrayBuffer | ArrayBufferView;

/** What Socket.IO has, and its types do not show. */
interface Internals {
  nsp: string;
  /** The number of the next acknowledgement. */
  ids: number;
  io: { encoder: { encode(packet: object): Frame[] } };
}

/** The type of Socket.IO's packets that carry an event. */
const EVENT = 2;

/** The most bytes that JSON takes for one character of a string, as in "\u0001". */
const CHARACTER = 6;

/** More bytes than JSON takes for a number, or for what surrounds any value. */
const PUNCTUATION = 32;

/**
 * Returns why a request is too large for this connection; `undefined` if it is not. The server would end the
 * connection, without a word, and with it all other requests.
 */
export function refusalOf(socket: Socket, { event, argument, name }: OutgoingEvent): RequestError | undefined {
  const limit = maxPayloadOf(socket.io);
  // Most requests are so small that they need not be encoded.
  if (limit === undefined || mostBytes(argument, limit) < limit) return undefined;
  const { nsp, ids, io: manager } = socket as unknown as Internals;
  const frames = manager.encoder.encode({ type: EVENT, nsp, id: ids, data: [event, argument] });
  const isPolling = socket.io.engine.transport.name === 'polling';
  const size = Math.max(...frames.map((frame) => sizeOf(frame, isPolling)));
  if (size <= limit) return undefined;
  const message =
    `${name}: the request is not sent, since it takes ${size} bytes and the server accepts ${limit}. Send less at ` +
    'once or over HTTP, or raise the limit on the server: SocketsModule.forRoot({ server: { maxHttpBufferSize } })';
  return new RequestError(message, { statusCode: 413, code: 'PAYLOAD_TOO_LARGE' });
}

/** Returns more bytes than the value takes as JSON. It stops counting above the limit. */
function mostBytes(value: unknown, limit: number): number {
  if (typeof value === 'string') return PUNCTUATION + value.length * CHARACTER;
  if (typeof value !== 'object' || value === null) return PUNCTUATION;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return PUNCTUATION + value.byteLength * 2;
  let bytes = PUNCTUATION;
  for (const [key, item] of Object.entries(value)) {
    bytes += key.length * CHARACTER + mostBytes(item, limit - bytes);
    if (bytes > limit) break;
  }
  return bytes;
}

/** Returns the bytes of a frame. Polling carries binary data as base64. Text begins with the type of the packet. */
function sizeOf(frame: Frame, isPolling: boolean): number {
  if (typeof frame !== 'string') return isPolling ? 1 + 4 * Math.ceil(frame.byteLength / 3) : frame.byteLength;
  return 1 + new TextEncoder().encode(frame).length;
}
