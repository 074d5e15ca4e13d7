/** What sends the bodies of a connection. */
export interface BodySender {
  /** How many more packets are read of it; none, once it is cut off. */
  readonly packetsLeft: number;
  /** Takes note that a body had more. */
  sentMore(): void;
}

/** A transport of Engine.IO. What its types hide, or protect, may be missing in transports of other makers. */
interface Transport {
  readonly name: string;
  /** The version of Engine.IO's protocol. */
  readonly protocol?: number;
  /** Takes the body of a request, and decodes all packets in it before it hands on the first. */
  onData?(body: unknown): void;
}

const SEPARATOR = '\u001e';

/** What stands before each packet of Engine.IO's protocol 3: no length has more digits. */
const LONGEST_LENGTH = 20;
const END_OF_LENGTH = 255;

const senders = new WeakMap<Transport, BodySender>();

/**
 * Limits what is decoded of the bodies that a client sends by polling to as many packets as it may send: Engine.IO
 * decodes hundreds of thousands of them in one turn of the event loop, before they can be counted. A websocket, or a
 * stream of WebTransport, brings each packet by itself.
 */
export function limitBodies(transport: object, sender: BodySender): void {
  const guarded = transport as Transport;
  if (guarded.name !== 'polling' || typeof guarded.onData !== 'function') return;
  senders.set(guarded, sender);
  guarded.onData = readBody;
}

/** Stands for the method of the transport's class; one for all transports, since a connection must not cost more. */
function readBody(this: Transport, body: unknown): void {
  const { onData } = Object.getPrototypeOf(this) as Required<Transport>;
  const sender = senders.get(this);
  const packetsLeft = sender?.packetsLeft ?? 0;
  const end = endOf(body, packetsLeft, this.protocol);
  if (end === undefined) return onData.call(this, body);
  if (packetsLeft > 0) onData.call(this, (body as string | Buffer).slice(0, end));
  sender?.sentMore();
}

/** Returns where so many packets end, if there are more; `undefined` if there are not. */
function endOf(body: unknown, packets: number, protocol: number | undefined): number | undefined {
  if (Buffer.isBuffer(body)) return endInBytes(body, packets);
  if (typeof body !== 'string') return undefined;
  return protocol === 3 ? endInLengths(body, packets) : endInSeparators(body, packets);
}

function endInSeparators(body: string, packets: number): number | undefined {
  let end = -1;
  for (let count = 0; count < packets; count++) {
    end = body.indexOf(SEPARATOR, end + 1);
    if (end < 0) return undefined;
  }
  return Math.max(0, end);
}

/** Of `length:packet`, in protocol 3. */
function endInLengths(body: string, packets: number): number | undefined {
  let end = 0;
  for (let count = 0; end < body.length; count++) {
    if (count === packets) return end;
    const colon = body.slice(end, end + LONGEST_LENGTH + 1).indexOf(':');
    // The parser would look for the colon in all of the body.
    if (colon < 0) return body.length - end > LONGEST_LENGTH ? end + LONGEST_LENGTH : undefined;
    const length = Number(body.slice(end, end + colon));
    // The parser reads nothing behind what is malformed.
    if (!(length >= 0)) return undefined;
    end += colon + 1 + length;
  }
  return undefined;
}

/** The same in bytes: a kind, the digits of the length as one byte each, the end of the length, and the packet. */
function endInBytes(body: Buffer, packets: number): number | undefined {
  let end = 0;
  for (let count = 0; end < body.length; count++) {
    if (count === packets) return end;
    let length = 0;
    let at = end + 1;
    for (; at < body.length && isDigit(body[at]); at++) length = length * 10 + body[at];
    const digits = at - end - 1;
    // The parser would take anything for a digit, and none at all for a length.
    if (digits === 0 || digits > LONGEST_LENGTH || (at < body.length && body[at] !== END_OF_LENGTH)) return at + 1;
    end = at + 1 + length;
  }
  return undefined;
}

const isDigit = (byte: number): boolean => byte <= 9;
