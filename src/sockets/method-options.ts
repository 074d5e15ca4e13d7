import { describe } from './describe.js';
import { InvalidEmitOptionsError } from './errors/invalid-emit-options.error.js';
import type { OptionRule } from './option-rules.js';

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
  if (!isPlainObject(options)) throw new InvalidEmitOptionsError(method, describe(options), allowed);
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
