import { afterAll, beforeAll, onTestFinished } from 'vitest';

type End = () => unknown;

/** Where the ends of what is being made for several tests are gathered. */
let gathered: End[] | undefined;

/** Ends something when the test is finished or, if several tests share it, when all of them are. */
export function onceDone(end: End): void {
  if (gathered) gathered.push(end);
  else onTestFinished(async () => void (await end()));
}

/** Makes something once for all tests of a `describe`, none of which may change it. */
export function shared<T>(make: () => Promise<T>): () => T {
  const ends: End[] = [];
  let made: { it: T } | undefined;
  beforeAll(async () => {
    gathered = ends;
    try {
      made = { it: await make() };
    } finally {
      gathered = undefined;
    }
  });
  afterAll(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
  });
  return () => {
    if (!made) throw new Error('What tests share is there in tests only.');
    return made.it;
  };
}
