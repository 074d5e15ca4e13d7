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
 * Makes a trial with each seed. On a machine that does something else a server may
 * wait too long for an answer, or a client for a message: what is so by time alone is tried up to three times.
 */
export async function attemptAll<T extends Outcome>(
  subject: Subject,
  context: TestContext,
  trial: (servers: Servers, seed: number) => Promise<T>,
): Promise<Tried<T>> {
  const outcomes: T[] = [];
  let attempts = 0;
  for (const each of seeds) {
    for (let attempt = 1; ; attempt++) {
      attempts++;
      const outcome = await withServers(subject, context, (servers) => trial(servers, each));
      const faults = subject.server === 'library' ? faultsOf(outcome) : [];
      if (attempt < MOST_ATTEMPTS && faults.length > 0 && faults.every(isOfTime)) continue;
      outcomes.push(outcome);
      break;
    }
  }
  return { outcomes, attempts };
}

/** Says how many attempts it took, if these were more than one for each seed. */
export function inAttempts({ outcomes, attempts }: Tried<unknown>): string {
  return attempts > outcomes.length ? `, in ${attempts} attempts for ${outcomes.length} seeds` : '';
}
