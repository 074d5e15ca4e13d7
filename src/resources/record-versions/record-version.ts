/** A version of a record, as servers tell it to each other: a number, or the text of one or of a date. */
export type RecordVersion = number | string;

/** The longest text that is read: a number of the database, or a date with its fraction, is shorter. */
const MOST_CHARACTERS = 100;

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;
const HEXADECIMAL = /^0x[\da-f]+$/i;
const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** The digits of a second's fraction that count. Databases have up to nine. */
const FRACTION_DIGITS = 12;

/** Something with an order: so many units, of which one is 10 to the power of minus `scale`. */
interface Measure {
  kind: 'number' | 'date';
  units: bigint;
  scale: number;
}

/**
 * Reads the version in a field of a record, which may come from a database or from JSON: a number, a bigint, a `Date`,
 * bytes that are a number (`rowversion`), or the text of any of these. What else JSON writes as one counts, too.
 *
 * @returns `undefined` for what has no order, such as random text
 */
export function readRecordVersion(value: unknown): RecordVersion | undefined {
  const plain = asPlain(value);
  if (typeof plain === 'number') return Number.isFinite(plain) ? plain : undefined;
  return typeof plain === 'string' && measureOf(plain) ? plain : undefined;
}

/**
 * Compares two versions of a record.
 *
 * @returns less than 0 if the first one is older, 0 if they are the same; `undefined` if one is a number and the other
 *   a date
 */
export function compareVersions(one: RecordVersion, other: RecordVersion): number | undefined {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  const [first, second] = [measureOf(one), measureOf(other)];
  if (!first || !second || first.kind !== second.kind) return undefined;
  const scale = Math.max(first.scale, second.scale);
  const [a, b] = [first, second].map((measure) => measure.units * 10n ** BigInt(scale - measure.scale));
  return a < b ? -1 : Number(a > b);
}

function asPlain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return value.length > 0 ? `0x${Buffer.from(value).toString('hex')}` : undefined;
  if (typeof value !== 'object' || value === null) return value;
  try {
    return 'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON as () => unknown)() : undefined;
  } catch {
    // An invalid date, for one.
    return undefined;
  }
}

function measureOf(version: RecordVersion): Measure | undefined {
  const text = String(version);
  if (text.length > MOST_CHARACTERS) return undefined;
  if (HEXADECIMAL.test(text)) return { kind: 'number', units: BigInt(text), scale: 0 };
  const [, sign, whole, fraction = ''] = DECIMAL.exec(text) ?? [];
  if (whole !== undefined) {
    const units = BigInt(whole + fraction);
    return { kind: 'number', units: sign === '-' ? -units : units, scale: fraction.length };
  }
  // As text, very large and very small numbers have an exponent.
  if (typeof version === 'number') return { kind: 'number', units: BigInt(Math.round(version)), scale: 0 };
  return dateIn(text);
}

/** Reads a date to the last digit of its fraction, of which `Date` would drop all but three. */
function dateIn(text: string): Measure | undefined {
  const [, day, minute = '00:00', second = '00', fraction = '', zone = 'Z'] = DATE.exec(text) ?? [];
  if (day === undefined) return undefined;
  const offset = zone.length === 3 ? `${zone}:00` : zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const milliseconds = Date.parse(`${day}T${minute}:${second}${offset.toUpperCase()}`);
  if (Number.isNaN(milliseconds)) return undefined;
  const units = BigInt(milliseconds / 1_000) * 10n ** BigInt(FRACTION_DIGITS);
  return { kind: 'date', units: units + BigInt(fraction.padEnd(FRACTION_DIGITS, '0')), scale: FRACTION_DIGITS };
}
