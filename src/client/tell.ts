/** Calls what the application handed in. If it throws, that is heard as any other uncaught error, and nobody else goes without. */
export function tell<Args extends readonly unknown[]>(listener: (...args: Args) => void, ...args: Args): void {
  try {
    listener(...args);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
