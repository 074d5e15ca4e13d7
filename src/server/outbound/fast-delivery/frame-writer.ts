import type { Socket as TcpSocket } from 'node:net';
import type { Connection, Transport } from '../transport.js';

/** A connection of the package `ws` that may be written to past Engine.IO. */
export interface FramedWebSocket {
  readonly readyState: number;
  readonly extensions: string;
  readonly bufferedAmount: number;
  readonly _socket?: TcpSocket | null;
  close(...args: unknown[]): void;
  terminate(): void;
  frameWriter?: FrameWriter;
}

/** The transport of a connection, as far as it is needed to do what it would do itself. */
export interface FramedTransport extends Omit<Transport, 'socket' | 'writable'> {
  writable: boolean;
  readonly name?: string;
  readonly socket?: FramedWebSocket;
  readonly perMessageDeflate?: unknown;
  emit(event: 'drain' | 'ready'): unknown;
}

/** A connection of Engine.IO, as far as it matters whether something is on its way to the client. */
export interface FramedConnection extends Omit<Connection, 'transport'> {
  readonly transport: FramedTransport;
  readonly protocol: number;
  listenerCount(event: 'packetCreate'): number;
  /** Node's own: the listener to an event, or all of them if there are several. */
  readonly _events?: { readonly packetCreate?: unknown };
}

/** Is told of connections that have been written to, and whose client has not taken it at once. */
export type HeldBackListener = (connection: FramedConnection) => void;

/** How many bytes leave together at most. */
export const MAX_JOINED = 65_536;

/** The protocol of clients of Socket.IO 3 and 4. */
const PROTOCOL = 4;

/** The state of a websocket that is neither being opened nor closed. */
const OPEN = 1;

/** How many listeners to packets the library has: if there are more, the application wants to see each packet. */
const OWN_LISTENERS = 1;

const NOTHING = Buffer.alloc(0);

/** The first byte of a frame that is a message by itself, and holds text. */
const WHOLE_TEXT = 0x81;

/** The length of texts of which it is worth while to guess how many bytes they have. */
const LONG = 4_096;

/** The most bytes of one character in UTF-8. */
const WIDEST = 4;

/** Returns the frame of a websocket that holds a text, from a server, uncompressed. */
export function frameOfText(text: string): Buffer {
  if (text.length >= LONG) {
    const frame = frameOfSize(text.length, WIDEST);
    const start = frame.length - text.length - WIDEST;
    // Another character would take more bytes than one, for which there is room.
    if (frame.write(text, start) === text.length) return frame.subarray(0, start + text.length);
  }
  const size = Buffer.byteLength(text);
  const frame = frameOfSize(size);
  frame.write(text, frame.length - size);
  return frame;
}

/** @param room how many bytes there are behind it */
function frameOfSize(size: number, room = 0): Buffer {
  const start = size < 126 ? 2 : size < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + size + room);
  frame[0] = WHOLE_TEXT;
  frame[1] = start === 2 ? size : start === 4 ? 126 : 127;
  if (start === 4) frame.writeUInt16BE(size, 2);
  if (start === 10) frame.writeBigUInt64BE(BigInt(size), 2);
  return frame;
}

/**
 * The frames of websockets that leave together: one, and those before it. Connections that are sent the same share
 * them, so the bytes are put together once for all of them.
 */
export class Frames {
  /** The bytes of all of them. */
  readonly size: number;
  private next: Frames | undefined;
  private joined: Buffer | undefined;

  constructor(
    private readonly last: Buffer,
    private readonly before?: Frames,
  ) {
    this.size = last.length + (before?.size ?? 0);
  }

  /** Returns these and, behind them, the last of the others: the same object to everyone who asks for the same. */
  followedBy({ last }: Frames): Frames {
    if (this.next?.last !== last) this.next = new Frames(last, this);
    return this.next;
  }

  /** Returns the bytes of all of them, in order. */
  join(): Buffer {
    if (!this.before) return this.last;
    return (this.joined ??= Buffer.concat(this.list(), this.size));
  }

  private list(): Buffer[] {
    const backwards = [this.last];
    for (let one = this.before; one; one = one.before) backwards.push(one.last);
    return backwards.toReversed();
  }
}

/** The turns in which something has still to be written. */
const unfinished = new Set<Turn>();

let isExitHeard = false;

/** How many websockets are written to in one turn: that takes some ten milliseconds, and others wait meanwhile. */
const MAX_WRITERS = 1_000;

/** Collects who has something to write at the end of one turn of the event loop, or of the turns that follow. */
export class Turn {
  private writers: FrameWriter[] = [];
  private readonly end = (): void => this.write();

  add(writer: FrameWriter): void {
    if (this.writers.push(writer) > 1) return;
    unfinished.add(this);
    setImmediate(this.end);
    hearExit();
  }

  /** Writes all that is left. */
  finish(): void {
    while (this.writers.length > 0) this.write();
  }

  private write(): void {
    const { writers } = this;
    this.writers = writers.length > MAX_WRITERS ? writers.splice(MAX_WRITERS) : [];
    if (this.writers.length > 0) setImmediate(this.end);
    else unfinished.delete(this);
    for (const writer of writers) writer.writeAtEnd();
  }
}

/** Sees that what was sent before `process.exit()` leaves, as it does where every frame is written at once. */
function hearExit(): void {
  if (isExitHeard) return;
  isExitHeard = true;
  process.on('exit', () => {
    for (const turn of unfinished) turn.finish();
  });
}

/**
 * Writes frames to one websocket past Engine.IO, as long as nothing else is on its way there: those of one turn of the
 * event loop at its end, or before anything else that Engine.IO writes.
 */
export class FrameWriter {
  private frames: Frames | undefined;

  constructor(
    private readonly connection: FramedConnection,
    private readonly transport: FramedTransport,
    private readonly websocket: FramedWebSocket,
    private readonly tcp: TcpSocket,
    private readonly turn: Turn,
    private readonly onHeldBack: HeldBackListener,
  ) {}

  /** Takes a frame, unless it would overtake something. */
  take(frame: Frames): boolean {
    const { frames } = this;
    if (this.connection.readyState !== 'open') return false;
    if (frames && frames.size + frame.size <= MAX_JOINED && !this.isWatched) {
      this.frames = frames.followedBy(frame);
      return true;
    }
    this.writeAtEnd();
    if (frame.size > MAX_JOINED || !this.isFree) return false;
    this.frames = frame;
    this.turn.add(this);
    return true;
  }

  /** Writes what was taken, before something else is written. */
  write(): void {
    const { frames, websocket, tcp } = this;
    if (!frames) return;
    this.frames = undefined;
    if (websocket.readyState === OPEN && tcp.writable) tcp.write(frames.join());
  }

  /** Writes what was taken, with nothing behind it. */
  writeAtEnd(): void {
    if (!this.frames) return;
    this.write();
    if (this.tcp.writableLength > 0 && !this.tcp.destroyed) this.waitUntilTaken();
  }

  /** Whether the client has taken everything, and nobody asks to see each packet. */
  private get isFree(): boolean {
    const { connection, transport, websocket, tcp } = this;
    return (
      transport.writable &&
      connection.writeBuffer.length === 0 &&
      tcp.writableLength === 0 &&
      websocket.readyState === OPEN &&
      !this.isWatched
    );
  }

  private get isWatched(): boolean {
    const { connection } = this;
    // A single one is the library's. Node counts several times as long, and this is asked for each frame.
    if (typeof connection._events?.packetCreate === 'function') return false;
    return connection.listenerCount('packetCreate') > OWN_LISTENERS;
  }

  /** Does what the transport does with packets of its own, so that everything else waits in Engine.IO meanwhile. */
  private waitUntilTaken(): void {
    const { connection, transport, tcp } = this;
    transport.writable = false;
    tcp.write(NOTHING, (error) => {
      if (error) return;
      transport.emit('drain');
      transport.writable = true;
      transport.emit('ready');
    });
    this.onHeldBack(connection);
  }
}

/** Returns what writes to a connection past Engine.IO; `undefined` where that is not possible. */
export function frameWriterOf(
  connection: FramedConnection,
  turn: Turn,
  onHeldBack: HeldBackListener,
): FrameWriter | undefined {
  const { transport } = connection;
  const { socket: websocket } = transport;
  if (!websocket || transport.name !== 'websocket' || connection.protocol !== PROTOCOL) return undefined;
  if (websocket.frameWriter) return websocket.frameWriter;
  const tcp = websocket._socket;
  const isPlain = !transport.perMessageDeflate && websocket.extensions === '';
  if (!isPlain || !isOfPackageWs(websocket) || typeof tcp?.write !== 'function') return undefined;
  websocket.frameWriter = new FrameWriter(connection, transport, websocket, tcp, turn, onHeldBack);
  websocket.close = close;
  websocket.terminate = terminate;
  return websocket.frameWriter;
}

/** Tells whether a websocket is one of the package `ws`, and nobody else has changed how it ends. */
function isOfPackageWs(websocket: FramedWebSocket): boolean {
  const ends = ['close', 'terminate'] as const;
  const { bufferedAmount, readyState } = websocket;
  return (
    typeof bufferedAmount === 'number' &&
    typeof readyState === 'number' &&
    ends.every((name) => typeof websocket[name] === 'function' && !Object.hasOwn(websocket, name))
  );
}

/** Closes a websocket after what was taken for it. */
function close(this: FramedWebSocket, ...args: unknown[]): void {
  this.frameWriter?.write();
  prototypeOf(this).close.apply(this, args);
}

function terminate(this: FramedWebSocket): void {
  this.frameWriter?.write();
  prototypeOf(this).terminate.call(this);
}

function prototypeOf(websocket: FramedWebSocket): FramedWebSocket {
  return Object.getPrototypeOf(websocket) as FramedWebSocket;
}
