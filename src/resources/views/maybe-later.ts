/** All values: at once, if none of them has to be waited for. */
export function allKnown<T>(values: ReadonlyArray<T | Promise<T>>): T[] | Promise<T[]> {
  if (values.some((value) => value instanceof Promise)) return Promise.all(values);
  return values as T[];
}

/** What becomes of work, or of its failure, at once or later. */
export function attempt<T>(work: () => T | Promise<T>, instead: (error: unknown) => T | Promise<T>): T | Promise<T> {
  try {
    const outcome = work();
    return outcome instanceof Promise ? outcome.catch(instead) : outcome;
  } catch (error) {
    return instead(error);
  }
}

/** What fails at once, fails as what takes its time does. */
export function failingLater<T>(work: () => T | Promise<T>): T | Promise<T> {
  return attempt(work, failed);
}

async function failed(error: unknown): Promise<never> {
  throw error;
}
