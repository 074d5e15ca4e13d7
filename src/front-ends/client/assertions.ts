/** The longest delay that a timer accepts, in milliseconds; a timer with a longer one fires at once. */
const MAX_TIMER_DELAY = 2 ** 31 - 1;

/** @throws TypeError with this message, which should name the method, the argument and what it must be */
export function assertArgument(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(message);
}

/**
 * Whether this is an object of options or headers. A Map, a Headers or a promise is not: none of its content would be
 * read.
 */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** @throws TypeError unless the options are absent, or an object of known ones */
export function assertOptions(name: string, given: unknown, known: readonly string[]): void {
  assertArgument(given === undefined || isRecord(given), `${name}: the options must be an object`);
  for (const option of Object.keys(given ?? {})) {
    assertArgument(known.includes(option), `${name}: there is no option "${option}". There are ${known.join(', ')}`);
  }
}

/** @throws TypeError, RangeError */
export function assertTimeout(name: string, option: string, value: unknown): void {
  if (value === undefined) return;
  assertArgument(typeof value === 'number', `${name}: the option "${option}" must be a number of milliseconds`);
  if (!(value > 0 && value <= MAX_TIMER_DELAY)) {
    throw new RangeError(
      `${name}: the option "${option}" must be more than 0 and at most ${MAX_TIMER_DELAY} milliseconds`,
    );
  }
}
