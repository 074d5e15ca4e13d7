import { expect } from 'vitest';
import { record } from '../../support/record.js';
import type { Subject } from './subject.js';

/** Keeps what came of a trial; others than the library are only compared with. */
export function keep(what: string, subject: Subject, faults: string[], result: string): void {
  record({ suite: 'Delivery', what, subject: subject.name, faults, result });
  if (subject.server === 'library') expect(faults).toEqual([]);
}

/** Keeps what came of a trial of which the mechanism was off, and which must have failed. */
export function keepKnockOut(guarantee: string, off: string, faults: string[]): void {
  const result = faults[0] ?? '**nothing**';
  const what = `${guarantee}, tried ${off}`;
  record({ suite: 'Knock-outs', what, subject: 'What the suite finds', faults: [], result });
  expect(faults).not.toEqual([]);
}
