import type { Socket } from 'socket.io';
import { type Rate, TokenBucket } from '../../common/rate-limit.js';
import { PARSE_ERROR_EVENT } from '../../protocol/request.js';
import type { RefusalKind } from '../metrics.js';
import type { ResolvedServerLimits } from '../options/limits.options.js';
import { type PacketHead, PacketType } from './packet-text.js';
import { type PacketRefusal, type PacketRefusals, refusedResponse } from './packet-refusal.js';
import type { BodySender } from './poll-bodies.js';
import type { ReadingTurns } from './reading-turns.js';
import { Throughput } from './throughput.js';

/** A connection of Engine.IO, which the sockets of one client share. */
export type Connection = Socket['conn'];

/** What the connections of one server share. */
export interface InboundServer {
  readonly limits: ResolvedServerLimits;
  /** How often one connection may ask for further namespaces: most ask for one, and need no bucket. */
  readonly connectRate: Rate;
  readonly maxNesting: number;
  /** The most bytes of the text of one packet, and of all of its attachments. */
  readonly maxBytes: number;
  readonly refusals: PacketRefusals;
  readonly turns: ReadingTurns;
  count(kind: RefusalKind): void;
  logCutOff(connection: Connection, kind: RefusalKind): void;
  encode(packet: object): string[];
  /** Looks for the answer to a client that has asked for a namespace. */
  watch(connection: Connection): void;
  unwatch(connection: Connection): void;
  /** Cuts a client off unless it asks for a namespace in time. */
  awaitConnect(connection: { endIfIdle(time: number): void }): void;
  /** Cuts a client off unless it sends the attachments that it has announced in time. */
  awaitAttachments(decoder: { endIfStalled(time: number): void }): void;
  /** Closes a connection whose client does not take what waits for it. */
  awaitClose(connection: { closeNow(): void }): void;
  /** Awaits nothing more of a connection that is closed. */
  forget(connection: InboundConnection, decoder: { endIfStalled(time: number): void }): void;
}

/** How many CONNECTs may be refused, and packets be ignored, at once; one more each twelve seconds. */
const MISTAKES: Rate = { burst: 5, rate: 1 / 12 };
const IGNORED: Rate = { burst: 10, rate: 1 / 12 };

/** Shared, since most connections are idle. */
const NONE: readonly never[] = [];

/** The names of namespaces, with the query that old clients add. */
const LONGEST_NAME = 255;
const LONGEST_QUERY = 8_192;

/**
 * What one connection has cost so far, and which namespaces it is in.
 *
 * It is `open` until the client breaks a rule for good; then it is cut off, and nothing more that it sends is read.
 */
export class InboundConnection implements BodySender {
  /** The sockets of the connection, one for each namespace: mostly there is one, and a list of that is small. */
  sockets: readonly Socket[] = NONE;
  isCutOff = false;
  /** Whether there is something that the client has sent, and that has not been read yet. */
  isBehind = false;
  private readonly throughput: Throughput;
  /** Most connections never need them. */
  private mistakes: TokenBucket | undefined;
  private ignored: TokenBucket | undefined;
  private connects: TokenBucket | undefined;
  private hasAsked = false;
  /** The namespaces that the client has asked for and got no answer from. */
  private connecting: readonly string[] = NONE;
  private idleSince = performance.now();

  constructor(
    readonly connection: Connection,
    private readonly inbound: InboundServer,
  ) {
    this.throughput = new Throughput(inbound.limits);
    // Socket.IO lets clients of Socket.IO 2 into the default namespace without being asked.
    if (this.isOld) this.beginConnect('/');
  }

  /** Whether the client is in no namespace, and waits for none. */
  get isIdle(): boolean {
    return this.sockets.length === 0 && this.connecting.length === 0;
  }

  get isOpen(): boolean {
    return this.connection.readyState === 'open';
  }

  /** Whether nothing more that the client sends is read. */
  get isClosed(): boolean {
    return this.isCutOff || !this.isOpen;
  }

  /** Whether the client speaks the protocol of Socket.IO 2. */
  get isOld(): boolean {
    return this.connection.protocol === 3;
  }

  /** Counts a packet. @returns why it is refused, if it is */
  take(bytes: number): PacketRefusal | undefined {
    const kind = this.throughput.take(bytes);
    if (kind === undefined) return undefined;
    this.inbound.count(kind);
    if (this.throughput.isOverdrawn) this.cutOffLater(kind);
    return this.inbound.refusals.ofRate(kind, this.throughput.retryAfter);
  }

  /** How many more packets may be decoded until the client is cut off. */
  get packetsLeft(): number {
    return this.isCutOff ? 0 : this.throughput.packetsLeft;
  }

  /** Cuts the client off for packets that are not even decoded. */
  sentMore(): void {
    if (this.isClosed) return;
    this.inbound.count('packetRate');
    this.cutOffLater('packetRate');
  }

  /** Reads nothing more of what the client sends, and closes the connection. */
  cutOff(kind: RefusalKind): void {
    if (this.beginCutOff(kind)) this.close();
  }

  /** The same, but what has come before is read first, and what the client is told in this turn is on its way. */
  private cutOffLater(kind: RefusalKind): void {
    if (this.beginCutOff(kind) && !this.isBehind) setImmediate(() => this.close());
  }

  /** Takes note that everything has been read that came so far. */
  caughtUp(): void {
    this.isBehind = false;
    if (this.isCutOff) setImmediate(() => this.close());
  }

  /** Ends the connection as Socket.IO does for what is not a packet. */
  fail(error: unknown): void {
    if (this.connection.listenerCount('error') > 0) this.connection.emit('error', error);
    else this.connection.close();
  }

  private beginCutOff(kind: RefusalKind): boolean {
    if (this.isCutOff) return false;
    this.isCutOff = true;
    this.inbound.logCutOff(this.connection, kind);
    return true;
  }

  /** Closes the connection once what waits for the client is written, or has waited for too long. */
  private close(): void {
    const { writeBuffer } = this.connection as unknown as { writeBuffer?: readonly unknown[] };
    if (!writeBuffer?.length) return this.closeNow();
    this.connection.close();
    this.inbound.awaitClose(this);
  }

  closeNow(): void {
    this.connection.close(true);
  }

  /** Counts a packet that means nothing, and is ignored. */
  ignore(): void {
    this.inbound.count('malformed');
    if (!(this.ignored ??= new TokenBucket(IGNORED)).take()) this.cutOff('malformed');
  }

  /** Answers an event that is refused, and counts it. */
  refuseEvent(
    { namespace, id }: Pick<PacketHead, 'namespace' | 'id'>,
    refusal: PacketRefusal,
    isRequest: boolean,
  ): void {
    if (!this.socketIn(this.nameOf(namespace))) return this.countAndCutOff('malformed');
    // Rates are counted where they are exceeded.
    if (refusal.retryAfter === undefined) this.inbound.count(refusal.kind);
    if (id !== undefined) {
      this.send({ type: PacketType.ACK, nsp: namespace, id, data: [refusedResponse(refusal, isRequest)] });
    } else if (refusal.retryAfter === undefined) {
      const { body } = refusal;
      const told = isRequest ? [PARSE_ERROR_EVENT, body] : ['exception', { status: 'error', message: body.message }];
      this.send({ type: PacketType.EVENT, nsp: namespace, data: told });
    }
  }

  /** Tells whether the server waits for this answer, or may have waited for it. */
  mayAnswer(namespace: string, id: unknown): boolean {
    const socket = this.socketIn(this.nameOf(namespace));
    if (!socket || typeof id !== 'number') return false;
    const { acks, nsp } = socket as unknown as { acks?: { has(id: number): boolean }; nsp: { _ids?: number } };
    return (acks?.has(id) ?? true) || id < (nsp._ids ?? Infinity);
  }

  /**
   * Lets the client ask for a namespace, one request at a time, or refuses it.
   *
   * @param refusal why it is refused, if that is known already
   * @returns whether Socket.IO is to see the packet
   */
  connect(namespace: string, refusal?: PacketRefusal): boolean {
    const name = namespace.length > LONGEST_QUERY ? namespace : this.nameOf(namespace);
    const isKnown = this.socketIn(name) !== undefined || this.connecting.includes(name);
    if (isKnown || name.length > LONGEST_NAME) {
      this.countAndCutOff(isKnown ? 'repeatedConnect' : 'malformed');
      return false;
    }
    const why = refusal ?? this.excessOfConnects();
    if (why) {
      this.refuseConnect(namespace, why);
      return false;
    }
    this.beginConnect(name);
    return true;
  }

  private beginConnect(name: string): void {
    if (this.connecting.length === 0) this.inbound.watch(this.connection);
    this.connecting = this.connecting.concat(name);
  }

  /** Takes note that the client is in a namespace. */
  joined(socket: Socket): void {
    this.sockets = this.sockets.concat(socket);
    this.settle(socket.nsp.name);
  }

  left(socket: Socket): void {
    this.sockets = this.sockets.filter((other) => other !== socket);
    this.awaitConnectIfIdle();
  }

  private awaitConnectIfIdle(): void {
    if (!this.isIdle || this.isClosed) return;
    this.idleSince = performance.now();
    this.inbound.awaitConnect(this);
  }

  /** Cuts the client off if it has been in no namespace for so long, in milliseconds. */
  endIfIdle(time: number): void {
    if (!this.isIdle || this.isClosed || performance.now() - this.idleSince < time) return;
    this.countAndCutOff('connectTimeout');
  }

  /** Takes note that Socket.IO has refused a namespace. */
  refused(name: string): void {
    if (!this.connecting.includes(name)) return;
    this.settle(name);
    this.countMistake();
    this.awaitConnectIfIdle();
  }

  private excessOfConnects(): PacketRefusal | undefined {
    const { limits, refusals } = this.inbound;
    if (this.hasAsked) this.connects ??= new TokenBucket(this.inbound.connectRate);
    this.hasAsked = true;
    if (this.connects && !this.connects.take()) return refusals.of('connectRate');
    const namespaces = this.sockets.length + this.connecting.length;
    return namespaces >= limits.namespacesPerConnection ? refusals.of('namespaces') : undefined;
  }

  private refuseConnect(namespace: string, { kind, body, retryAfter }: PacketRefusal): void {
    if (retryAfter === undefined) this.inbound.count(kind);
    const error = this.isOld ? body : { message: body.message, data: body };
    this.send({ type: PacketType.CONNECT_ERROR, nsp: namespace, data: error });
    this.countMistake();
  }

  private countMistake(): void {
    this.inbound.count('refusedConnects');
    if (!(this.mistakes ??= new TokenBucket(MISTAKES)).take()) this.cutOffLater('refusedConnects');
  }

  private countAndCutOff(kind: RefusalKind): void {
    this.inbound.count(kind);
    this.cutOff(kind);
  }

  private socketIn(namespace: string): Socket | undefined {
    return this.sockets.find(({ nsp }) => nsp.name === namespace);
  }

  private settle(name: string): void {
    const rest = this.connecting.filter((other) => other !== name);
    this.connecting = rest.length > 0 ? rest : NONE;
    if (rest.length === 0) this.inbound.unwatch(this.connection);
  }

  /**
   * Returns the name as Socket.IO reads it: old clients put a query behind it.
   *
   * @throws TypeError if it is no name, upon which Socket.IO closes the connection
   */
  private nameOf(namespace: string): string {
    return this.isOld ? new URL(namespace, 'https://socket.io').pathname : namespace;
  }

  private send(packet: object): void {
    for (const encoded of this.inbound.encode(packet)) this.connection.write(encoded);
  }
}
