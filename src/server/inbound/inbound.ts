import type { Server, Socket } from 'socket.io';
import { FirstTimes, LineLimit, LineLogger } from '../../common/log.js';
import type { Rate } from '../../common/rate-limit.js';
import { eachEngine } from '../handshakes/engines.js';
import { trimConnection } from '../handshakes/trimmed-connection.js';
import type { RefusalKind } from '../metrics.js';
import { refusalsOf } from '../metrics.js';
import { onConnection } from '../namespaces.js';
import type { ResolvedServerLimits } from '../options/limits.options.js';
import { ParserNotFoundError } from '../server.errors.js';
import { Deadlines } from './deadlines.js';
import { type Decoder, GuardedDecoder } from './guarded-decoder.js';
import { type Connection, InboundConnection, type InboundServer } from './inbound-connection.js';
import { PacketRefusals } from './packet-refusal.js';
import { PacketType } from './packet-text.js';
import { limitBodies } from './poll-bodies.js';
import { ReadingTurns } from './reading-turns.js';

/** A parser, as the option `server.parser` takes it. */
interface Parser {
  Decoder: new () => Decoder;
}

interface Encoder {
  encode(packet: object): string[];
}

/** The members of Socket.IO's server that its types hide. */
interface Internals {
  _parser?: Partial<Parser>;
  encoder: Encoder;
}

/** The options that say how much clients may send. */
export interface InboundOptions {
  maxNesting: number;
  limits: ResolvedServerLimits;
  server: { connectTimeout?: number; parser?: unknown };
}

/** How long a client may take to ask for a namespace, and to send what it has announced, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;
const ATTACHMENTS_TIMEOUT = 30_000;

/** How long after a client has entered a namespace what its connection keeps is trimmed, in milliseconds. */
const QUIET_AFTER = 200;

/** How long what waits for a client that is cut off may still be written, in milliseconds. */
const CLOSE_TIMEOUT = 2_000;

/** How many lines about clients that were cut off are logged in each period, and how long that is, in milliseconds. */
const MAX_LINES = 10;
const PERIOD = 60_000;

const WHY: Partial<Record<RefusalKind, string>> = {
  packetRate:
    'it sends too many packets; raise "packetsPerSecond" and "packetBurst" of the option "limits" to allow it',
  byteRate: 'it sends too many bytes; raise "bytesPerSecond" and "byteBurst" of the option "limits" to allow it',
  repeatedConnect: 'it asked for a namespace that it is in, or waits for, already',
  refusedConnects: 'it asked too often for namespaces that it may not enter',
  attachments: 'the attachments of a packet were too large, or did not follow',
};

/** The options that allow more in one packet. */
const RAISED_BY: Partial<Record<RefusalKind, string>> = {
  nesting: 'It nests too deep; raise the option "maxNesting" to allow it.',
  keys: 'It has too many keys and list members; raise "maxKeys" of the option "limits" to allow it.',
  size: 'It has too many bytes; raise "maxHttpBufferSize" of the option "server" to allow it.',
};

/** The connections of one server, by their connections of Engine.IO. */
const known = new WeakMap<Connection, InboundConnection>();

/** Returns the sockets of a connection, of which it has one in each of its namespaces. */
export function socketsOn(connection: Connection): readonly Socket[] {
  return known.get(connection)?.sockets ?? [];
}

/**
 * Limits what the clients of one server send. A parser is the one place that sees everything, so the server's own is
 * put behind a decoder that refuses what is too much.
 *
 * A decoder is not told which connection it is for. Socket.IO makes it while the engine's event `connection` is
 * emitted, so the first listener of that event says whose the next one is.
 */
export class Inbound implements InboundServer {
  readonly limits: ResolvedServerLimits;
  readonly connectRate: Rate;
  readonly maxNesting: number;
  refusals!: PacketRefusals;
  readonly turns = new ReadingTurns();
  maxBytes = 0;
  private io!: Server;
  private next: InboundConnection | undefined;
  /** The packet that told a client last that it may not enter a namespace. */
  private lastRefused: { encoded: unknown; namespace: string } | undefined;
  private readonly closing = new Deadlines<{ closeNow(): void }>(CLOSE_TIMEOUT, (connection) => connection.closeNow());
  private readonly logger = new LineLogger('SocketsModule');
  private readonly lines = new LineLimit(MAX_LINES, PERIOD);
  private readonly advised = new FirstTimes(Object.keys(RAISED_BY).length);
  private readonly quiet = new Deadlines<InboundConnection>(QUIET_AFTER, (one) =>
    trimConnection(one.connection, one.sockets),
  );
  private readonly connecting: Deadlines<{ endIfIdle(time: number): void }>;
  private readonly incomplete: Deadlines<{ endIfStalled(time: number): void }>;

  constructor(private readonly options: InboundOptions) {
    this.limits = options.limits;
    this.connectRate = { burst: 2 * options.limits.namespacesPerConnection - 1, rate: 1 };
    this.maxNesting = options.maxNesting;
    const connectTimeout = options.server.connectTimeout ?? CONNECT_TIMEOUT;
    this.connecting = new Deadlines(connectTimeout, (connection) => connection.endIfIdle(connectTimeout));
    this.incomplete = new Deadlines(ATTACHMENTS_TIMEOUT, (decoder) => decoder.endIfStalled(ATTACHMENTS_TIMEOUT));
  }

  /** Returns the parser that the server is to be made with, where the application gives one. */
  parser<T>(given: T): T {
    return given === undefined ? given : (this.guard(given as Partial<Parser>, false) as T);
  }

  /**
   * Limits what clients send from now on.
   *
   * @throws ParserNotFoundError if the server does not show its parser, and the application has given none
   */
  attach(io: Server): void {
    this.io = io;
    const internals = io as unknown as Internals;
    if (this.options.server.parser === undefined) {
      if (typeof internals._parser?.Decoder !== 'function') throw new ParserNotFoundError();
      internals._parser = this.guard(internals._parser, true);
    }
    this.maxBytes = (io.engine as unknown as { opts: { maxHttpBufferSize: number } }).opts.maxHttpBufferSize;
    this.refusals = new PacketRefusals(this.maxNesting, this.limits.maxKeys, this.maxBytes);
    this.noteRefusedConnects(internals.encoder);
    const onPacket = countHeartbeat;
    const begin = (connection: Connection): void => {
      this.next = new InboundConnection(connection, this);
      known.set(connection, this.next);
      if (this.next.isIdle) this.awaitConnect(this.next);
      emitterOf(connection).on('packet', onPacket);
      limitBodies(connection.transport, this.next);
    };
    eachEngine(io, (engine) => void engine.prependListener('connection', begin));
    onConnection(io, (socket) => this.join(socket), { first: true });
  }

  /** Counts what is refused. What an honest client may send, too, the log names once, and the option that allows it. */
  count(kind: RefusalKind): void {
    refusalsOf(this.io).add(kind);
    const advice = RAISED_BY[kind];
    if (advice === undefined || !this.advised.isFirst(kind)) return;
    this.logger.warn(`What a client sent was refused. ${advice} (Logged once.)`);
  }

  encode(packet: object): string[] {
    return (this.io as unknown as Internals).encoder.encode(packet);
  }

  watch(connection: Connection): void {
    emitterOf(connection).on('packetCreate', this.onPacketCreate);
  }

  unwatch(connection: Connection): void {
    emitterOf(connection).off('packetCreate', this.onPacketCreate);
  }

  awaitConnect(connection: { endIfIdle(time: number): void }): void {
    this.connecting.add(connection);
  }

  awaitAttachments(decoder: { endIfStalled(time: number): void }): void {
    this.incomplete.add(decoder);
  }

  awaitClose(connection: { closeNow(): void }): void {
    this.closing.add(connection);
  }

  forget(connection: InboundConnection, decoder: { endIfStalled(time: number): void }): void {
    this.connecting.delete(connection);
    this.incomplete.delete(decoder);
    this.closing.delete(connection);
    this.quiet.delete(connection);
  }

  logCutOff({ remoteAddress }: Connection, kind: RefusalKind): void {
    const why = WHY[kind];
    if (why === undefined) return;
    const omitted = this.lines.next();
    if (omitted === undefined) return;
    const more = omitted === 0 ? '' : ` (${omitted} more lines of this kind were left out.)`;
    this.logger.warn(`A client (address ${remoteAddress}) was cut off: ${why}.${more}`);
  }

  private join(socket: Socket): void {
    const connection = known.get(socket.conn);
    if (!connection) return;
    connection.joined(socket);
    // Whoever heard of it before may have disconnected it, as for a user with too many connections.
    if (!socket.connected) return connection.left(socket);
    socket.on('disconnect', leave);
    this.quiet.add(connection);
  }

  private guard(parser: Partial<Parser>, readsText: boolean): Parser {
    const { Decoder } = parser as Parser;
    const make = (): Decoder => {
      const connection = this.takeNext();
      return connection ? new GuardedDecoder(new Decoder(), connection, this, readsText) : new Decoder();
    };
    // Socket.IO calls it with "new", and takes the object that it returns.
    const value = function (): Decoder {
      return make();
    };
    return Object.create(parser, { Decoder: { value } }) as Parser;
  }

  private takeNext(): InboundConnection | undefined {
    const { next } = this;
    this.next = undefined;
    return next;
  }

  /** Socket.IO tells only the client that it may not enter a namespace. */
  private noteRefusedConnects(encoder: Encoder): void {
    const encode = encoder.encode.bind(encoder);
    encoder.encode = (packet) => {
      const encoded = encode(packet);
      const { type, nsp } = packet as { type?: unknown; nsp?: unknown };
      if (type === PacketType.CONNECT_ERROR) this.lastRefused = { encoded: encoded[0], namespace: String(nsp) };
      return encoded;
    };
  }

  /** For all connections that wait for an answer. Bound to the connection, as any listener is. */
  private readonly onPacketCreate = (() => {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the listener has a "this" of its own
    const inbound = this;
    return function (this: Connection, { data }: { data?: unknown }) {
      const { lastRefused } = inbound;
      if (!lastRefused || data !== lastRefused.encoded) return;
      inbound.lastRefused = undefined;
      known.get(this)?.refused(lastRefused.namespace);
    };
  })();
}

type Emitter = NodeJS.EventEmitter;

/** Socket.IO's types do not know that the emitter is Node's. */
function emitterOf(connection: Connection): Emitter {
  return connection;
}

/** Counts what is no message; messages are counted where they are decoded. */
function countHeartbeat(this: Connection, { type, data }: { type: string; data?: unknown }): void {
  if (type !== 'message') known.get(this)?.take(typeof data === 'string' ? data.length : 0);
}

/** For all sockets. It happens once; "once" would cost each of them a closure. */
function leave(this: Socket): void {
  known.get(this.conn)?.left(this);
}
