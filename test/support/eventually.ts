// As they are while a test has stopped the clock.
const { setTimeout } = globalThis;
const now = performance.now.bind(performance);

/** Tries again until it holds, whether the clock is stopped or not. */
export async function eventually(assertion: () => unknown): Promise<void> {
  const end = now() + 60_000;
  for (;;) {
    try {
      return void (await assertion());
    } catch (error) {
      if (now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
