import { InvalidEmitOptionsError, InvalidOptionsError } from './common.errors.js';
import { describeValue } from './describe-value.js';

/** What an option must be, in the words of the error, and whether a value is that. */
export type OptionRule = readonly [expected: string, holds: (value: unknown) => boolean];

/** The longest time that a timer of Node takes; above it, it goes off at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const BOOLEAN: OptionRule = ['true or false', (value) => typeof value === 'boolean'];
export const MILLISECONDS = wholeNumber('milliseconds', LONGEST_TIMER);
export const BYTES = wholeNumber('bytes', Number.MAX_SAFE_INTEGER);

export function wholeNumber(unit: string, most: number): OptionRule {
  return [
    `a whole number of ${unit}, from 1 to ${most}`,
    (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most,
  ];
}

export function functionThat(does: string): OptionRule {
  return [`a function that ${does}`, (value) => typeof value === 'function'];
}

/** @throws InvalidOptionsError that names the first option that is wrong, and what it may be */
export function assertOptions(given: object, rules: Readonly<Record<string, OptionRule>>, prefix = ''): void {
  for (const [option, value] of Object.entries(given)) {
    const rule = Object.hasOwn(rules, option) ? rules[option] : undefined;
    const [expected, holds] = rule ?? [
      `left out: there is none of that name. There are ${Object.keys(rules).join(', ')}`,
    ];
    if (!holds || (value !== undefined && !holds(value))) throw new InvalidOptionsError(prefix + option, expected);
  }
}

/** A bag of options. A Map or a promise is none: nothing in it would be read. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/**
 * The last argument of a method, which must be its options and nothing else.
 *
 * @throws InvalidEmitOptionsError
 */
export function readOptions<Options extends object>(
  method: string,
  options: unknown,
  /** `undefined` where whoever uses the option checks it. */
  rules: Record<keyof Options & string, OptionRule | undefined>,
): Options {
  if (options === undefined) return {} as Options;
  const allowed = Object.keys(rules);
  if (!isPlainObject(options)) throw new InvalidEmitOptionsError(method, describeValue(options), allowed);
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(rules, key)) throw new InvalidEmitOptionsError(method, `"${key}"`, allowed);
    const rule = rules[key as keyof typeof rules];
    if (!rule || value === undefined) continue;
    const [expected, holds] = rule;
    if (!holds(value)) throw new InvalidEmitOptionsError(method, `"${key}"`, allowed, `must be ${expected}`);
  }
  return options as Options;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A time in milliseconds, or as `'30s'`, `'5m'` or `'1h'`. */
export type Duration = number | `${number}${'s' | 'm' | 'h'}`;

const MILLISECONDS_IN: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** In milliseconds; `undefined` for what is none. */
export function readDuration(duration: unknown): number | undefined {
  const [, count, unit] = typeof duration === 'string' ? (/^(\d+)([smh])$/.exec(duration) ?? []) : [];
  const milliseconds = unit === undefined ? duration : Number(count) * MILLISECONDS_IN[unit];
  const isOne =
    Number.isInteger(milliseconds) && (milliseconds as number) >= 1 && (milliseconds as number) <= LONGEST_TIMER;
  return isOne ? (milliseconds as number) : undefined;
}
