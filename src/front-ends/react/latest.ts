import { type RefObject, useInsertionEffect, useRef } from 'react';

/** Keeps what the last render that was shown has been given, for functions that are called between renders. */
export function useLatest<T>(value: T): Readonly<RefObject<T>> {
  const latest = useRef(value);
  // Before all other effects, and silently on a server.
  useInsertionEffect(() => {
    latest.current = value;
  });
  return latest;
}
