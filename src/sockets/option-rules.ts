import { InvalidOptionsError } from './errors/invalid-options.error.js';

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
