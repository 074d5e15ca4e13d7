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
