/** What the suite asks a program. */
interface Question {
  id: number;
  ask: string;
  given: unknown[];
}

/** Has this process answer the suite, and end with it. */
export function answer(answers: Record<string, (...given: never[]) => unknown>): void {
  const reply = async ({ id, ask, given }: Question): Promise<void> => {
    const value = await answers[ask](...(given as never[]));
    process.send?.({ id, value: value ?? null });
  };
  process.on('message', (question: Question) => void reply(question));
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}
