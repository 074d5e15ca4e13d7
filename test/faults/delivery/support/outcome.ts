import type { Tick } from '../servers/joined-server.js';
import type { Follower } from './followers.js';

/** What clients were shown, of what was published. */
export interface Outcome {
  clients: number;
  /** How many messages all of them together should have been shown, and how many they were. */
  expected: number;
  shown: number;
  /** How many clients were shown everything. */
  complete: number;
  twice: number;
  /** How many came after a later one of the same server. */
  outOfOrder: number;
  /** How many clients were shown everything, but in another order than others of which that holds. */
  differing: number;
  /** How many clients were told that something is lost, and how many should have been and were not. */
  told: number;
  untold: number;
}

/** @param each how many messages each client should have been shown */
export function outcomeOf(followers: readonly Follower[], each: number): Outcome {
  const outcome: Outcome = {
    clients: followers.length,
    expected: followers.length * each,
    shown: 0,
    complete: 0,
    twice: 0,
    outOfOrder: 0,
    differing: 0,
    told: 0,
    untold: 0,
  };
  let common: string | undefined;
  for (const { ticks, losses } of followers) {
    const names = ticks.map(({ source, number }) => `${source} ${number}`);
    const different = new Set(names).size;
    const isTold = losses.includes('tick');
    outcome.shown += different;
    outcome.twice += ticks.length - different;
    outcome.outOfOrder += inversionsIn(ticks);
    if (different === each) {
      outcome.complete++;
      const order = [...new Set(names)].join();
      if (order !== (common ??= order)) outcome.differing++;
    } else if (!isTold) outcome.untold++;
    if (isTold) outcome.told++;
  }
  return outcome;
}

/** How many numbers came after a higher one of their source. */
export function inversionsIn(ticks: readonly Tick[]): number {
  const highest = new Map<string, number>();
  let inversions = 0;
  for (const { source, number } of ticks) {
    const before = highest.get(source) ?? 0;
    if (number < before) inversions++;
    highest.set(source, Math.max(before, number));
  }
  return inversions;
}

const [LOST, OUT_OF_ORDER] = ['messages were lost', 'messages were out of order'];
const [DIFFERING, TOLD] = ['clients were shown another order than others', 'clients were told of a loss'];

/** Tells whether an answer that came too late may be all that is wrong. In silence nothing is lost for that. */
export function isOfTime(fault: string): boolean {
  return [LOST, OUT_OF_ORDER, DIFFERING, TOLD].some((one) => fault.endsWith(one));
}

/** What is not as it is promised of servers that share a journal. */
export function faultsOf(outcome: Outcome): string[] {
  const { expected, shown, twice, outOfOrder, differing, told, untold } = outcome;
  const faults: Array<[number, string]> = [
    [expected - shown, LOST],
    [twice, 'messages came twice'],
    [outOfOrder, OUT_OF_ORDER],
    [differing, DIFFERING],
    [told, TOLD],
    [untold, 'clients were not told of their loss'],
  ];
  return faults.filter(([count]) => count > 0).map(([count, fault]) => `${count} ${fault}`);
}

/** Adds the outcomes of several attempts up. */
export function sumOf(outcomes: readonly Outcome[]): Outcome {
  const sum: Outcome = { ...outcomes[0] };
  for (const outcome of outcomes.slice(1)) {
    for (const key of Object.keys(sum) as Array<keyof Outcome>) sum[key] += outcome[key];
  }
  return sum;
}

/** The outcome as the table has it. */
export function inWords({ clients, expected, shown, complete, twice, outOfOrder, told, untold }: Outcome): string {
  // What is not all must not look like it.
  const share = (Math.floor((shown / expected) * 10_000) / 100).toFixed(2);
  const parts = [`${share} %`, `${complete} of ${clients} complete`, `${twice} twice`, `${outOfOrder} out of order`];
  if (told + untold > 0) parts.push(`${told} of ${told + untold} told`);
  return parts.join(', ');
}
