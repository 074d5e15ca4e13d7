import { setTimeout as pause } from 'node:timers/promises';
import { Follower } from '../support/followers.js';
import { inversionsIn } from '../support/outcome.js';
import type { Servers } from '../support/servers.js';
import type { Subject } from '../support/subject.js';

export interface KilledServer {
  clients: number;
  /** How many messages each server publishes in a second. */
  perSecond: number;
  /** How long both publish, and how long the other does after it, in seconds. */
  before: number;
  after: number;
}

export interface KilledServerOutcome {
  clients: number;
  /** How many messages any client was shown, counted once for each client. */
  expected: number;
  shown: number;
  twice: number;
  outOfOrder: number;
  /** How many clients were told of a loss, and how many should have been and were not. */
  told: number;
  untold: number;
  /** After how many milliseconds the last client was back at the other server, and had what it has missed. */
  back: number;
}

/** How long a client may take to be told of what it has missed, in milliseconds. */
const TOLD_WITHIN = 5_000;

/** Kills one of two servers in the middle of its work; its clients go to the other. */
export async function tryKilledServer(
  { all }: Servers,
  subject: Subject,
  { clients, perSecond, before, after }: KilledServer,
): Promise<KilledServerOutcome> {
  const [victim, other] = all;
  const of = (url: string) => Promise.all(Array.from({ length: clients }, () => Follower.to(url, subject)));
  const [moved, stayed] = [await of(victim.url), await of(other.url)];
  const count = (before + after) * perSecond;
  const publishing = Promise.all([
    victim.process.ask('publishMany', 'victim', count, perSecond),
    other.process.ask('publishMany', 'other', count, perSecond),
  ]);
  await pause(before * 1_000);
  await victim.process.end();
  const killed = performance.now();
  // As what shares the connections among the servers would do.
  for (const follower of moved) follower.comeBack(other.url);
  const gone = lastOf(stayed, 'other');
  const times = await Promise.all(
    moved.map(async (follower) => {
      await follower.until(({ ticks }) => ticks.some(({ source, number }) => source === 'other' && number > gone));
      return performance.now() - killed;
    }),
  );
  await publishing;
  await other.ask('publish', 'other', count + 1);
  const followers = [...moved, ...stayed];
  const isDone = ({ ticks }: Follower) => ticks.some(({ source, number }) => source === 'other' && number > count);
  await Promise.all(followers.map((follower) => follower.until(isDone)));
  // What died with the server before it was sent to anybody was never published.
  const known = new Set(followers.flatMap(namesOf));
  const isShownAll = (follower: Follower) => new Set(namesOf(follower)).size === known.size;
  // Who has read while the journal did not answer is told a second later.
  const isSettled = (follower: Follower) => isShownAll(follower) || follower.losses.includes('tick');
  await Promise.all(followers.map((follower) => follower.until(isSettled, TOLD_WITHIN)));
  for (const follower of followers) follower.close();
  const names = followers.map(namesOf);
  const isTold = followers.map(({ losses }) => losses.includes('tick'));
  const different = names.map((some) => new Set(some).size);
  return {
    clients: followers.length,
    expected: followers.length * known.size,
    shown: sum(different),
    twice: sum(names.map((some, index) => some.length - different[index])),
    outOfOrder: sum(followers.map(({ ticks }) => inversionsIn(ticks))),
    told: isTold.filter(Boolean).length,
    untold: different.filter((some, index) => some < known.size && !isTold[index]).length,
    back: Math.max(...times),
  };
}

const namesOf = ({ ticks }: Follower): string[] => ticks.map(({ source, number }) => `${source} ${number}`);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function lastOf(followers: readonly Follower[], source: string): number {
  return Math.max(0, ...followers.map(({ ticks }) => ticks.findLast((tick) => tick.source === source)?.number ?? 0));
}
