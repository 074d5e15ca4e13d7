import { assertArgument } from '../assertions.js';

/**
 * The part of an `AbortSignal` that the client uses. It is declared here because the type of that name belongs to the
 * DOM's types or to Node's, and a project may have either.
 */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  /** Starts listening for the abort. */
  addEventListener(type: 'abort', listener: () => void): void;
  /** Stops listening for it. */
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Returns the error that an aborted request rejects with. Old signals have no reason of their own. */
export function abortReason(signal: AbortSignalLike): unknown {
  return signal.reason ?? Object.assign(new Error('The request was aborted'), { name: 'AbortError' });
}

/** @throws TypeError */
export function assertSignal(name: string, value: unknown): void {
  const { aborted, addEventListener } = (value ?? {}) as Record<string, unknown>;
  assertArgument(
    value === undefined || (typeof aborted === 'boolean' && typeof addEventListener === 'function'),
    `${name}: the option "signal" must be an AbortSignal`,
  );
}
