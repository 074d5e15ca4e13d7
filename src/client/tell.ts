/** Calls what the application handed in. If it throws, that is heard as any other uncaught error, and nobody else goes without. */
export function tell<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
