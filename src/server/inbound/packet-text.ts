import { REQUEST_METHODS } from '../../protocol/request.js';

/** The types of packets, as Socket.IO's protocol numbers them. */
export const PacketType = {
  CONNECT: 0,
  DISCONNECT: 1,
  EVENT: 2,
  ACK: 3,
  CONNECT_ERROR: 4,
  BINARY_EVENT: 5,
  BINARY_ACK: 6,
} as const;

/** What stands before the data in the text of a packet. */
export interface PacketHead {
  type: number;
  /** How many binary packets follow, which belong to this one. */
  attachments: number;
  namespace: string;
  /** Of the acknowledgement. */
  id: number | undefined;
  /** Where the data begins, if there is any. */
  dataAt: number;
}

const ZERO = 48;
const NINE = 57;
const SLASH = 47;
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Reads what stands before the data; `undefined` if the text is not that of a packet. */
export function readHead(text: string): PacketHead | undefined {
  const type = text.charCodeAt(0) - ZERO;
  if (!(type >= PacketType.CONNECT && type <= PacketType.BINARY_ACK)) return undefined;
  let at = 1;
  let attachments = 0;
  if (type >= PacketType.BINARY_EVENT) {
    const end = endOfDigits(text, at);
    if (end === at || text[end] !== '-') return undefined;
    attachments = Number(text.slice(at, end));
    at = end + 1;
  }
  let namespace = '/';
  if (text.charCodeAt(at) === SLASH) {
    const comma = text.indexOf(',', at);
    const end = comma < 0 ? text.length : comma;
    namespace = text.slice(at, end);
    at = Math.min(end + 1, text.length);
  }
  const dataAt = endOfDigits(text, at);
  const id = dataAt === at ? undefined : Number(text.slice(at, dataAt));
  return { type, attachments, namespace, id, dataAt };
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) >= ZERO && text.charCodeAt(at) <= NINE) at++;
  return at;
}

const METHODS: ReadonlySet<string> = new Set(REQUEST_METHODS);
const LONGEST_METHOD = Math.max(...REQUEST_METHODS.map(({ length }) => length));

/** Tells whether the data is that of a request, which is an object around the data proper. */
export function isRequestText(text: string, dataAt: number): boolean {
  if (text.charCodeAt(dataAt) !== OPEN_LIST || text.charCodeAt(dataAt + 1) !== QUOTE) return false;
  const name = text.slice(dataAt + 2, dataAt + 3 + LONGEST_METHOD);
  return METHODS.has(name.slice(0, Math.max(0, name.indexOf('"'))));
}

/** Tells whether these are the data of a request. */
export function isRequestData([event]: readonly unknown[]): boolean {
  return typeof event === 'string' && METHODS.has(event);
}

/** The limits of what one packet may hold. */
export interface ShapeLimits {
  levels: number;
  /** The keys of objects and the members of lists. */
  keys: number;
}

/**
 * Finds what JSON has too much of, without parsing it: once through the text, without recursion. A text that is not
 * JSON may give any answer, since no parser will take it.
 */
export function excessOfText(text: string, from: number, { levels, keys }: ShapeLimits): keyof ShapeLimits | undefined {
  let depth = 0;
  let members = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === COMMA) {
      if (++members > keys) return 'keys';
    } else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (++depth > levels) return 'levels';
      // Each but an empty one has one member more than commas.
      const next = text.charCodeAt(at + 1);
      if (next !== CLOSE_LIST && next !== CLOSE_OBJECT && ++members > keys) return 'keys';
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
      depth--;
    }
  }
  return undefined;
}

/** Returns where a string ends that begins here: at the next quotation mark that is not escaped. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}

/**
 * Tells whether there may be a key in a text that changes the prototype of what it is copied to. Escapes may hide one.
 */
export function maySetPrototype(text: string): boolean {
  return text.includes('proto') || text.includes(String.raw`\u00`);
}
