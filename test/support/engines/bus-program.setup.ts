import type { TestProject } from 'vitest/node';
import { engines } from './engines.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the program is that joins the servers of this project; `null` where it is not installed. */
    busUrl: string | null;
  }
}

/** Vitest's global setup: starts the program that joins servers, once a run. */
export default async function startProgram(project: TestProject): Promise<() => Promise<void>> {
  const program = await engines[project.config.provide.engine ?? 'redis'].start();
  // oxlint-disable-next-line no-console
  if (!program) console.warn('SKIPPED: what joins servers is not installed here, so nothing is shown of clusters.');
  project.provide('busUrl', program?.url ?? null);
  return async () => program?.stop();
}
