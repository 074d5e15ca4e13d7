import { inject } from 'vitest';
import type { Child } from './child.js';
import type { Report } from './scene.js';

export const MB = 1_048_576;

/** What came of an attempt: what is wrong, and in numbers. */
export interface Trial {
  faults: string[];
  result: string;
}

/** Whether it is a complaint about time, to which whatever else this machine does adds. */
export const isOfTime = (fault: string): boolean => /^(the healthy client waited|the event loop was held)/.test(fault);

/** Tries up to three times, as long as time is all that there is to complain about. */
export async function tryAgainIfLate(attempt: () => Promise<Trial>): Promise<Trial> {
  for (let left = 2; ; left--) {
    const trial = await attempt();
    const isOnlyLate = trial.faults.length > 0 && trial.faults.every(isOfTime);
    if (left === 0 || !isOnlyLate) return trial;
  }
}

/** What goes wrong while a server is attacked; nothing, if all is well. */
export function faultsOf({ death, output }: Child): string[] {
  if (death) return [`the process died: ${death.reason || `exit code ${death.code}, ${death.signal}`}`];
  return /unhandledRejection|UnhandledPromiseRejection/.test(output) ? ['a rejection was not handled'] : [];
}

/**
 * What healthy clients have to complain about. Both servers share the machine, so what the attack costs them is what is
 * slower on one than on the other. `usual` is what they wait for without it, if the server has much to do.
 */
export function complaintsOf({ attacked, control }: Report, usual = 0): string[] {
  const complaints: string[] = [];
  if (attacked.asked === 0) complaints.push('the healthy client could not even ask');
  if (attacked.answered < attacked.asked) {
    complaints.push(`the healthy client had ${attacked.answered} answers to ${attacked.asked} questions`);
  }
  if (attacked.drops > 0) complaints.push(`the healthy client was cut off ${attacked.drops} times`);
  const most = inject('full') ? Math.max(50, control.p99 * 5, usual * 2) : Math.max(250, control.p99 * 20);
  if (attacked.p99 > most) {
    complaints.push(`the healthy client waited ${attacked.p99} ms (p99), and ${control.p99} ms where nothing happened`);
  }
  return complaints;
}

/** Says whether more memory is held than before, and more than may be. */
export function growth(what: string, before: number, after: number, most: number): string[] {
  const grown = after - before;
  return grown > most * MB ? [`${what} grew by ${inMegabytes(grown)} MB; at most ${most} MB are allowed`] : [];
}

export const inMegabytes = (bytes: number): number => Math.round(bytes / MB);
