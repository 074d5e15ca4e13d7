import { inject } from 'vitest';
import { seed } from '../../attacks/random.js';

/** The seeds that each trial is made with: that of the run and, in the full form, four more. */
export const seeds: readonly number[] = inject('full') ? [0, 1, 2, 3, 4].map((more) => seed + more) : [seed];
