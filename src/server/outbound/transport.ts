import type { ServerResponse } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';

/** A packet of Engine.IO on its way out. */
export interface OutgoingPacket {
  data?: unknown;
  /** A broadcast is framed for websockets once, for all of its recipients. */
  options?: { wsPreEncodedFrame?: readonly Uint8Array[] };
}

/** A connection of the package `ws`. */
interface WebSocket {
  readonly bufferedAmount: number;
  readonly _socket?: TcpSocket | null;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** What carries packets to a client. What Engine.IO's types hide may be missing, as in transports of other makers. */
export interface Transport {
  readonly writable: boolean;
  readonly socket?: Partial<WebSocket>;
  /** The response to a poll that waits for packets. */
  readonly res?: ServerResponse | null;
  discard?(): void;
  once?(event: 'drain', listener: () => void): unknown;
}

/** A connection of Engine.IO. */
export interface Connection {
  readonly transport: Transport;
  readyState: string;
  writeBuffer: OutgoingPacket[];
  on(event: 'packetCreate', listener: (this: Connection, packet: OutgoingPacket) => void): unknown;
  close(discard?: boolean): void;
  onClose?(reason: string): void;
}

/** What a packet that waits costs beside its data: its object, its options, and its place in lists. */
const PACKET_COST = 128;

/** Returns how much memory a packet that waits keeps, in bytes. */
export function sizeOf({ data, options }: OutgoingPacket): number {
  const frame = options?.wsPreEncodedFrame;
  if (frame) return frame.reduce((sum, { length }) => sum + length, PACKET_COST);
  if (typeof data === 'string') return PACKET_COST + Buffer.byteLength(data);
  const { byteLength = 0 } = (data ?? {}) as Partial<ArrayBufferView>;
  return PACKET_COST + byteLength;
}

function isWebSocket(socket: Transport['socket']): socket is WebSocket {
  return typeof socket?.bufferedAmount === 'number' && typeof socket.terminate === 'function';
}

/**
 * Tells whether a transport that is not writable waits for its client. A websocket whose packets the operating system
 * has taken already becomes writable by itself, before anything else happens.
 */
export function waitsForClient({ socket }: Transport): boolean {
  return !isWebSocket(socket) || socket.bufferedAmount > 0;
}

/** Whether a transport's event `drain` says that the operating system has taken what it was given. */
export function tellsWhenTaken(transport: Transport): boolean {
  return isWebSocket(transport.socket) && typeof transport.once === 'function';
}

/**
 * Measures what a transport has taken and not handed on to the operating system; `undefined` if it cannot be known.
 * The figure is good for comparisons only: parts of a write that have been handed on already may count, too, and the
 * rest of that write then counts twice.
 *
 * @param response that of the last poll
 */
export function heldBack({ socket, writable }: Transport, response: ServerResponse | undefined): number | undefined {
  if (isWebSocket(socket)) return socket._socket?.destroyed ? 0 : socket.bufferedAmount + heldBackBy(socket._socket);
  if (response) return isRead(response) ? 0 : response.writableLength + heldBackBy(response.socket);
  return writable ? 0 : undefined;
}

/**
 * Tells whether a transport waits for the server itself, which compresses messages one after the other: its client has
 * taken all that was written.
 */
export function waitsForCompression({ socket }: Transport): boolean {
  const tcp = isWebSocket(socket) ? socket._socket : undefined;
  return tcp?.destroyed === false && tcp.writableLength + heldBackBy(tcp) === 0;
}

/** Node tells of one large write only here how much of it has gone: it goes by it for its own timeouts. */
function heldBackBy(tcp: TcpSocket | null | undefined): number {
  const { _handle: handle } = (tcp ?? {}) as { _handle?: { writeQueueSize?: unknown } | null };
  return typeof handle?.writeQueueSize === 'number' ? handle.writeQueueSize : 0;
}

/** Tells whether the operating system has taken all of a response, or will never take the rest. */
export function isRead({ destroyed, writableFinished }: ServerResponse): boolean {
  return destroyed || writableFinished;
}

/**
 * Ends a response and its TCP connection. One to a request that was sent behind others, which have not been answered or
 * read yet, has no connection of its own so far.
 */
export function endResponse(response: ServerResponse): void {
  response.destroy();
  response.req.socket.destroy();
}

/**
 * Makes what a transport is about to be given one write to its TCP connection, instead of one for each packet:
 * responses that waited for the one before them leave together. Without a TCP connection, nothing changes.
 */
export function writeTogether({ socket }: Transport): void {
  const tcp = socket?._socket;
  if (typeof tcp?.cork !== 'function') return;
  tcp.cork();
  process.nextTick(uncork, tcp);
}

const uncork = (tcp: TcpSocket): void => tcp.uncork();

/** The code with which a websocket is closed: "try again later". */
const TRY_AGAIN_LATER = 1013;

/** How many bytes a client may still have to read before it learns why its connection was closed. */
const MOST_BEFORE_REASON = 262_144;

/** How long it may take to read them, in milliseconds. */
const CLOSING_TIMEOUT = 2_000;

/**
 * Ends a connection and frees what waits for it.
 *
 * @param reason what Socket.IO tells as the reason of the disconnection
 * @param explanation what a client that still reads is told, in at most 123 bytes
 */
export function cutOff(connection: Connection, reason: string, explanation: string): void {
  const { transport } = connection;
  connection.writeBuffer = [];
  const { socket } = transport;
  if (isWebSocket(socket) && socket.bufferedAmount <= MOST_BEFORE_REASON) {
    socket.close(TRY_AGAIN_LATER, explanation);
    setTimeout(() => socket.terminate(), CLOSING_TIMEOUT).unref();
  } else {
    endTransport(transport);
  }
  // Its other way out waits until everything has been sent, and knows no reasons.
  if (typeof connection.onClose === 'function') connection.onClose(reason);
  else connection.close(true);
}

/** Frees what a transport holds, whatever its client has not read. */
export function endTransport(transport: Transport): void {
  const { socket } = transport;
  if (isWebSocket(socket)) socket.terminate();
  // Otherwise a poll that has not come yet would be waited for.
  else transport.discard?.();
}
