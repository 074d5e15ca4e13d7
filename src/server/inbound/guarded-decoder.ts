import { excessOfData, isObject, sizeOf } from './packet-data.js';
import type { InboundConnection, InboundServer } from './inbound-connection.js';
import type { PacketRefusal } from './packet-refusal.js';
import {
  excessOfText,
  isRequestData,
  isRequestText,
  maySetPrototype,
  type PacketHead,
  PacketType,
  readHead,
} from './packet-text.js';
import { type Part, WaitingParts } from './waiting-parts.js';

/** A packet, as decoders of any parser give it. */
export interface Packet {
  type: number;
  nsp: string;
  id?: number;
  data?: unknown;
}

/** The part of a decoder that Socket.IO uses. */
export interface Decoder {
  on(event: string, listener: (packet: Packet) => void): unknown;
  removeListener(event: string, listener: (packet: Packet) => void): unknown;
  add(data: unknown): void;
  destroy(): void;
}

const TYPES: ReadonlySet<number> = new Set(Object.values(PacketType));

type OnPacket = (packet: Packet) => void;

const guards = new WeakMap<Decoder, GuardedDecoder>();

/** For all of Socket.IO's own: a function for each connection would cost memory. */
function receive(this: Decoder, packet: Packet): void {
  guards.get(this)?.receive(packet);
}

/** Levels and members of what surrounds the data: of an event, its list and its name; of a request, its object, too. */
const AROUND_DATA = { levels: 1, keys: 2 };
const AROUND_REQUEST = { levels: 2, keys: 6 };

/**
 * Reads what a client sends before the parser does, and after it: what is too much is refused before anything else of
 * the server has seen it, requests, gateways and the application's own listeners alike.
 */
export class GuardedDecoder implements Decoder {
  private onPacket: OnPacket | undefined;
  /** A packet whose attachments are on their way, and how many bytes of them there are so far. */
  private incomplete: PacketHead | undefined;
  private missing = 0;
  private held = 0;
  /** How many attachments are still to come of a packet that was refused. */
  private skipped = 0;
  /** What the packet that is being decoded is to be searched for, since its text does not tell. */
  private searched = false;
  private over: PacketRefusal | undefined;
  /** When the last part of an incomplete packet came, and whether that is being looked at. */
  private partAt = 0;
  private isAwaited = false;
  /** What is read when it is its turn. */
  private waiting: WaitingParts | undefined;

  /** @param readsText whether the parser is Socket.IO's own, whose format is known */
  constructor(
    private readonly decoder: Decoder,
    private readonly connection: InboundConnection,
    private readonly inbound: InboundServer,
    private readonly readsText: boolean,
  ) {
    guards.set(decoder, this);
    decoder.on('decoded', readsText ? receive : (packet) => this.receive(packet));
  }

  on(event: string, listener: OnPacket): void {
    if (event === 'decoded') this.onPacket = listener;
  }

  removeListener(_event: string, listener: OnPacket): void {
    if (this.onPacket === listener) this.onPacket = undefined;
  }

  /** Socket.IO calls it when the connection is closed. */
  destroy(): void {
    this.incomplete = undefined;
    this.inbound.forget(this.connection, this);
    this.decoder.destroy();
  }

  /** @throws Error if it is not a packet; Socket.IO then closes the connection */
  add(data: unknown): void {
    const { connection } = this;
    if (connection.isCutOff) return;
    const bytes = sizeOf(data);
    const over = connection.take(bytes);
    if (connection.isCutOff) return;
    const part = { data, bytes, over };
    if (this.waiting) return this.waiting.add(part);
    if (this.inbound.turns.mayRead(bytes)) return this.readPart(part);
    this.waiting = new WaitingParts(connection, this);
    this.waiting.add(part);
    this.inbound.turns.add(this.waiting);
  }

  caughtUp(): void {
    this.waiting = undefined;
  }

  readPart({ data, bytes, over }: Part): void {
    this.over = over;
    if (!this.readsText) this.addForeign(data, bytes);
    else if (typeof data === 'string') this.addText(data);
    else this.addAttachment(data, bytes);
  }

  /** Whether the client has announced attachments, and sent too few. */
  get isIncomplete(): boolean {
    return this.missing + this.skipped > 0;
  }

  private addText(text: string): void {
    const head = this.isIncomplete ? undefined : readHead(text);
    if (!head) throw this.malformed('it is an invalid packet of Socket.IO');
    const { type, attachments } = head;
    if (type === PacketType.CONNECT) return this.addConnect(text, head);
    const hasData = type !== PacketType.DISCONNECT && type !== PacketType.CONNECT_ERROR;
    const refusal = hasData ? (this.over ?? this.refusalOf(text, head)) : undefined;
    if (refusal) {
      this.skipped = attachments;
      return this.refuse(head, refusal, isRequestText(text, head.dataAt));
    }
    this.decode(text);
    if (attachments > 0) this.awaitAttachments(head);
  }

  private addConnect(text: string, head: PacketHead): void {
    const refusal = this.over ?? this.refusalOfAuth(text, head);
    if (refusal) this.connection.connect(head.namespace, refusal);
    else this.decode(text);
  }

  private addAttachment(data: unknown, bytes: number): void {
    if (this.skipped > 0) {
      this.skipped--;
      return;
    }
    this.held += bytes;
    const { incomplete } = this;
    if (incomplete && this.held > this.inbound.maxBytes) {
      this.decoder.destroy();
      this.skipped = this.missing - 1;
      this.missing = 0;
      this.incomplete = undefined;
      return this.refuse(incomplete, this.inbound.refusals.of('size'), false);
    }
    this.missing = Math.max(0, this.missing - 1);
    this.partAt = performance.now();
    this.decode(data);
  }

  /** Nothing is known of what the packet is before it is decoded. */
  private addForeign(data: unknown, bytes: number): void {
    this.held += bytes;
    if (this.held > 2 * this.inbound.maxBytes) {
      this.inbound.count('attachments');
      return this.connection.cutOff('attachments');
    }
    this.searched = true;
    this.decode(data);
  }

  private awaitAttachments(head: PacketHead): void {
    this.incomplete = head;
    this.missing = head.attachments;
    this.partAt = performance.now();
    this.lookLater();
  }

  /** Cuts the client off if it does not go on with what it has announced. */
  endIfStalled(timeout: number): void {
    this.isAwaited = false;
    if (this.missing === 0 || this.connection.isClosed) return;
    if (performance.now() - this.partAt < timeout) return this.lookLater();
    this.inbound.count('attachments');
    this.connection.cutOff('attachments');
  }

  private lookLater(): void {
    if (this.isAwaited) return;
    this.isAwaited = true;
    this.inbound.awaitAttachments(this);
  }

  private refusalOf(text: string, { dataAt }: PacketHead): PacketRefusal | undefined {
    const { maxNesting, limits, refusals } = this.inbound;
    const length = text.length - dataAt;
    const ofRequest = isRequestText(text, dataAt);
    // A request may have any key that it may have over HTTP.
    this.searched = !ofRequest && maySetPrototype(text);
    if (length <= 2 * maxNesting && length <= limits.maxKeys) return undefined;
    const around = ofRequest ? AROUND_REQUEST : AROUND_DATA;
    const excess = excessOfText(text, dataAt, {
      levels: maxNesting + around.levels,
      keys: limits.maxKeys + around.keys,
    });
    return excess && refusals.of(excess === 'levels' ? 'nesting' : 'keys');
  }

  private refusalOfAuth(text: string, { dataAt }: PacketHead): PacketRefusal | undefined {
    const { maxNesting, limits, refusals } = this.inbound;
    this.searched = maySetPrototype(text);
    if (dataAt === text.length) return undefined;
    if (text[dataAt] !== '{') return refusals.of('malformed');
    const excess = excessOfText(text, dataAt, { levels: maxNesting, keys: limits.maxKeys });
    return excess && refusals.of(excess === 'levels' ? 'nesting' : 'keys');
  }

  private decode(data: unknown): void {
    try {
      this.decoder.add(data);
    } catch (error) {
      if (!this.connection.isCutOff) this.inbound.count(isAboutAttachments(error) ? 'attachments' : 'malformed');
      throw error;
    }
  }

  private malformed(message: string): Error {
    this.inbound.count('malformed');
    return new Error(message);
  }

  /** Takes a packet that the parser has decoded. */
  receive(packet: Packet): void {
    const { connection } = this;
    const refusal = this.refusalOfDecoded(packet);
    this.forget();
    const { type, nsp, id, data } = packet;
    if (typeof nsp !== 'string' || !TYPES.has(type)) return connection.ignore();
    if (type === PacketType.CONNECT) {
      if (connection.connect(nsp, refusal)) this.onPacket?.(packet);
      return;
    }
    if (refusal) return this.refuse({ type, namespace: nsp, id }, refusal, isRequest(packet));
    const isEvent = type === PacketType.EVENT || type === PacketType.BINARY_EVENT;
    const isAnswer = type === PacketType.ACK || type === PacketType.BINARY_ACK;
    if ((isEvent || isAnswer) && !Array.isArray(data)) return connection.ignore();
    if (isAnswer && !connection.mayAnswer(nsp, id)) return connection.ignore();
    this.onPacket?.(packet);
  }

  private forget(): void {
    this.incomplete = undefined;
    this.missing = 0;
    this.held = 0;
    this.searched = false;
  }

  private refusalOfDecoded(packet: Packet): PacketRefusal | undefined {
    const { refusals, limits, maxNesting, maxBytes } = this.inbound;
    const { type, data } = packet;
    const isConnect = type === PacketType.CONNECT;
    if (!this.readsText) {
      if (this.over) return this.over;
      if (isConnect && data !== undefined && !isObject(data)) return refusals.of('malformed');
    }
    if (!this.searched && !this.incomplete) return undefined;
    const request = isRequest(packet);
    const around = isConnect ? { levels: 0, keys: 0 } : request ? AROUND_REQUEST : AROUND_DATA;
    const kind = excessOfData(data, {
      levels: maxNesting + around.levels,
      keys: limits.maxKeys + around.keys,
      bytes: maxBytes,
      refusesPrototypes: !request,
    });
    return kind && refusals.of(kind);
  }

  private refuse(head: Pick<PacketHead, 'type' | 'namespace' | 'id'>, refusal: PacketRefusal, request: boolean): void {
    const { connection, inbound } = this;
    const { type, namespace, id } = head;
    if (type === PacketType.EVENT || type === PacketType.BINARY_EVENT) {
      return connection.refuseEvent(head, refusal, request);
    }
    if (refusal.retryAfter === undefined) inbound.count(refusal.kind);
    if (!connection.mayAnswer(namespace, id)) return connection.ignore();
    // Whoever waits for the answer is told that there is none.
    this.onPacket?.({ type: PacketType.ACK, nsp: namespace, id, data: [{ 'sockets:refused': refusal.body }] });
  }
}

function isRequest({ data }: Packet): boolean {
  return Array.isArray(data) && isRequestData(data);
}

function isAboutAttachments(error: unknown): boolean {
  return error instanceof Error && /attachment|binary/i.test(error.message);
}
