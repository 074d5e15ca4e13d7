import { describeValue } from '../common/describe-value.js';
import { InvalidRoomTemplateError, InvalidRoomValueError } from './rooms.errors.js';

/** A value that may be part of a room's name. */
export type RoomValue = string | number | boolean;

/** Matches a value as it appears in a name: the output of `encodeURIComponent`. */
const ENCODED = "((?:[\\w\\-.!~*'()]|%[0-9A-F]{2})+)";
/** Matches what ends a value, since no value contains it. */
const SEPARATOR = /[^\w\-.!~*'()%]/;
/** Matches what no socket's id contains: every socket is alone in the room that is named by its id. */
const OUTSIDE_IDS = /[^\w-]/;
/** Matches the ids of Socket.IO 2 clients in a namespace, `/admin#…`. */
const OLD_ID = /^\/.*#/s;
/** Matches half a character, which UTF-8 cannot encode. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/** The prefixes of the library's own rooms. */
const RESERVED = ['sockets:', 'resource:'];

/** Says whether a room is the library's own. */
export function isReservedRoom(name: string): boolean {
  return RESERVED.some((prefix) => name.startsWith(prefix));
}

/**
 * Makes and recognizes names of rooms that contain values, such as `board:{boardId}`. Different values (as they are
 * written: `1` and `'1'` are the same) always give different names, and no values give the name of a room that the
 * template does not mean.
 */
export class RoomTemplate {
  /** The names in braces, in order. */
  readonly fields: readonly string[];
  /** The texts around the fields: always one more than there are fields. */
  private readonly texts: readonly string[];
  private readonly pattern: RegExp;

  /** @throws InvalidRoomTemplateError */
  constructor(readonly source: string) {
    if (typeof source !== 'string') throw new InvalidRoomTemplateError(describeValue(source), 'it must be a string.');
    const parts = source.split(/\{(\w+)\}/);
    this.texts = parts.filter((_, index) => index % 2 === 0);
    this.fields = parts.filter((_, index) => index % 2 === 1);
    const problem = this.findProblem();
    if (problem !== undefined) throw new InvalidRoomTemplateError(`"${source}"`, problem);
    this.pattern = new RegExp(`^${this.texts.map(escaped).join(ENCODED)}$`);
  }

  /**
   * Returns the name of the room for these values.
   *
   * @throws InvalidRoomValueError for a value that is missing, empty, or neither string, finite number nor boolean
   */
  fill(values: Readonly<Record<string, unknown>>): string {
    const [first = '', ...rest] = this.texts;
    const filled = this.fields.map((field, index) => this.encode(field, values) + (rest[index] ?? ''));
    return first + filled.join('');
  }

  /** Says whether a room has a name that the template could have made. */
  matches(name: string): boolean {
    const [, ...values] = this.pattern.exec(name) ?? [name, undefined];
    return values.every(isEncoded);
  }

  private encode(field: string, values: Readonly<Record<string, unknown>>): string {
    const value = Object.hasOwn(values, field) ? values[field] : undefined;
    if (!isRoomValue(value)) throw new InvalidRoomValueError(this.source, field, value);
    return encodeURIComponent(value);
  }

  private findProblem(): string | undefined {
    const { fields, texts } = this;
    const [first = ''] = texts;
    const text = texts.join('');
    if (/[{}]/.test(text)) return 'its braces do not enclose names of letters, digits and "_".';
    if (LONE_SURROGATE.test(text)) return 'it is not well-formed text.';
    if (text === '') return 'it consists of placeholders only, which could name any room.';
    const twice = fields.find((field, index) => fields.indexOf(field) !== index);
    if (twice !== undefined) return `{${twice}} appears in it twice.`;
    if (fields.includes('__proto__')) return '{__proto__} is not the name of a field.';
    const reserved = RESERVED.find((prefix) => first.startsWith(prefix) || canBecome(prefix, texts));
    if (reserved !== undefined) return `a name may not begin with "${reserved}", as those of the library's rooms do.`;
    if (fields.length === 0) return undefined;
    const between = texts.slice(1, -1).findIndex((separator) => !SEPARATOR.test(separator));
    if (between >= 0)
      return `nothing between {${fields[between]}} and {${fields[between + 1]}} ends the first; put ":" or "/" there.`;
    if (!OUTSIDE_IDS.test(text) || OLD_ID.test(text))
      return 'a value could make the id of a socket of it, in whose room it is alone; put ":" before the value.';
    return undefined;
  }
}

/** Says whether a value in the first placeholder could complete the prefix. */
function canBecome(prefix: string, [first = '', second]: readonly string[]): boolean {
  return prefix.startsWith(first) && second?.startsWith(':') === true;
}

function isRoomValue(value: unknown): value is RoomValue {
  if (typeof value === 'string') return value !== '' && !LONE_SURROGATE.test(value);
  return typeof value === 'boolean' || Number.isFinite(value);
}

/** Says whether `fill` would write a value in this way; there is one way for each value. */
function isEncoded(value: string | undefined): boolean {
  if (value === undefined) return false;
  try {
    return encodeURIComponent(decodeURIComponent(value)) === value;
  } catch {
    return false;
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
