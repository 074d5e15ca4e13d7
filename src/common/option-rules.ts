import { InvalidEmitOptionsError, InvalidOptionsError } from './common.errors.js';
import { describeValue } from './describe-value.js';
import { isPlainObject } from './type-guards.js';

/** What an option must be, as the error words it, and a check of that. */
export type OptionRule = readonly [expected: string, holds: (value: unknown) => boolean];

/** The longest delay of Node's timers, in milliseconds; a timer with a longer one fires at once. */
const MAX_TIMER_DELAY = 2 ** 31 - 1;

export const BOOLEAN: OptionRule = ['true or false', (value) => typeof value === 'boolean'];
export const MILLISECONDS = wholeNumber('milliseconds', MAX_TIMER_DELAY);
export const BYTES = wholeNumber('bytes', Number.MAX_SAFE_INTEGER);

export function wholeNumber(unit: string, max: number): OptionRule {
  return [
    `a whole number of ${unit}, from 1 to ${max}`,
    (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max,
  ];
}

export function functionThat(does: string): OptionRule {
  return [`a function that ${does}`, (value) => typeof value === 'function'];
}

/** @throws InvalidOptionsError that names the first wrong option, and what it must be */
export function assertOptions(given: object, rules: Readonly<Record<string, OptionRule>>, prefix = ''): void {
  for (const [option, value] of Object.entries(given)) {
    const rule = Object.hasOwn(rules, option) ? rules[option] : undefined;
    const [expected, holds] = rule ?? [
      `left out: there is no option of that name. There are ${Object.keys(rules).join(', ')}`,
    ];
    if (!holds || (value !== undefined && !holds(value))) throw new InvalidOptionsError(prefix + option, expected);
  }
}

/**
 * Reads the last argument of a method, which must be its options and nothing else.
 *
 * @throws InvalidEmitOptionsError
 */
export function readOptions<Options extends object>(
  method: string,
  options: unknown,
  /** A rule for each option; `undefined` if the code that uses the option checks it. */
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

/** A time in milliseconds, or as `'30s'`, `'5m'` or `'1h'`. */
export type Duration = number | `${number}${'s' | 'm' | 'h'}`;

const MILLISECONDS_IN: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Converts a duration to milliseconds; `undefined` if it is not a duration. */
export function readDuration(duration: unknown): number | undefined {
  const [, count, unit] = typeof duration === 'string' ? (/^(\d+)([smh])$/.exec(duration) ?? []) : [];
  const milliseconds = unit === undefined ? duration : Number(count) * MILLISECONDS_IN[unit];
  const isValid =
    Number.isInteger(milliseconds) && (milliseconds as number) >= 1 && (milliseconds as number) <= MAX_TIMER_DELAY;
  return isValid ? (milliseconds as number) : undefined;
}
