import { inject, type TestContext } from 'vitest';
import { seed } from '../../attacks/random.js';
import { faultsOf, isOfTime, type Outcome } from './outcome.js';
import { type Servers, withServers } from './servers.js';
import type { Subject } from './subject.js';

/** What became of a trial. */
export interface Tried<T> {
  /** The last attempt with each seed. */
  outcomes: T[];
  /** How many attempts it took in all. */
  attempts: number;
}

/** The seeds that each trial is made with: that of the run and, in the full form, four more. */
export const seeds: readonly number[] = inject('full') ? [0, 1, 2, 3, 4].map((more) => seed + more) : [seed];

const MOST_ATTEMPTS = 3;

/**
 * Makes a trial until nothing is wrong, up to three times. On a machine that does something else a server may wait too
 * long for an answer, or a client for a message: only what is so by time alone is tried again.
 */
export async function attempt<T>(
  trial: () => Promise<T>,
  faultsOfTrial: (outcome: T) => readonly string[],
): Promise<{ outcome: T; attempts: number }> {
  for (let attempts = 1; ; attempts++) {
    const outcome = await trial();
    const faults = faultsOfTrial(outcome);
    if (attempts >= MOST_ATTEMPTS || faults.length === 0 || !faults.every(isOfTime)) return { outcome, attempts };
  }
}

/** Makes a trial with each seed, each as `attempt()` does. */
export async function attemptAll<T extends Outcome>(
  subject: Subject,
  context: TestContext,
  trial: (servers: Servers, seed: number) => Promise<T>,
): Promise<Tried<T>> {
  const outcomes: T[] = [];
  let all = 0;
  for (const each of seeds) {
    const { outcome, attempts } = await attempt(
      () => withServers(subject, context, (servers) => trial(servers, each)),
      (one) => (subject.server === 'library' ? faultsOf(one) : []),
    );
    outcomes.push(outcome);
    all += attempts;
  }
  return { outcomes, attempts: all };
}

/** Says how many attempts it took, if these were more than one for each seed. */
export function inAttempts({ outcomes, attempts }: Tried<unknown>): string {
  return attempts > outcomes.length ? `, in ${attempts} attempts for ${outcomes.length} seeds` : '';
}
