/** The longest time that a timer takes; above it, it goes off at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** @throws TypeError with this message, which says who was called with what, and what it should be */
export function assertArgument(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(message);
}

/** A bag of options or headers. A Map, a Headers or a promise is none: nothing in it would be read. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** @throws TypeError unless these are options, or none, and all of them exist */
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
  if (!(value > 0 && value <= LONGEST_TIMER)) {
    throw new RangeError(
      `${name}: the option "${option}" must be more than 0 and at most ${LONGEST_TIMER} milliseconds`,
    );
  }
}

/** @throws TypeError */
export function assertSignal(name: string, value: unknown): void {
  const { aborted, addEventListener } = (value ?? {}) as Record<string, unknown>;
  assertArgument(
    value === undefined || (typeof aborted === 'boolean' && typeof addEventListener === 'function'),
    `${name}: the option "signal" must be an AbortSignal, such as the "signal" of an AbortController`,
  );
}

/** What the client needs of an `AbortSignal`. Written down, since its type belongs to the DOM's or to Node's types, and a project may have either. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  /** Hears of the abortion. */
  addEventListener(type: 'abort', listener: () => void): void;
  /** Hears of it no longer. */
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Old signals have no reason. */
export function abortReason(signal: AbortSignalLike): unknown {
  return signal.reason ?? Object.assign(new Error('The request was aborted'), { name: 'AbortError' });
}
