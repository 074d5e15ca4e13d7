import { setTimeout as pause } from 'node:timers/promises';
import type { Line } from '../../../behaviour/client/support/line.js';
import { Follower } from '../support/followers.js';
import { type Outcome, outcomeOf } from '../support/outcome.js';
import { PlainClients } from '../support/plain-clients.js';
import type { Servers } from '../support/servers.js';
import type { Subject } from '../support/subject.js';

/** What is done to the program that joins the servers. */
export interface Outage {
  what: 'killed' | 'frozen' | 'cut off';
  /** How long it lasts, in seconds. */
  seconds: number;
  /** How long the servers have published when it begins, in seconds. */
  before: number;
}

export interface OutageOutcome extends Outcome {
  deaths: number;
  /** How many messages of servers that are alive have not reached their own plain clients. */
  unheard: number;
  /** The longest time between two messages of a server that its own plain clients hear, in milliseconds. */
  stall: number;
  /** What it was before the outage. */
  usual: number;
  /** The same of clients that ask for what they lack, which hold what follows it. */
  shownStall: number;
  /** How long after the end of the outage the last client had everything, or was told of its loss, in milliseconds. */
  refilled: number;
  /** The part of one core that the busiest server took during the outage. */
  cpu: number;
}

/** How many messages each server publishes in a second. */
const PACE = 100;

/** How long everything is well after the outage, in seconds. */
const AFTER = 2;

/** How long a client that can be told nothing is waited for, in milliseconds. */
const PATIENCE_WITH_PLAIN = 3_000;

/** Two servers publish at a steady pace, while what joins them is away for some time. */
export async function tryBusOutage(
  { all, bus }: Servers,
  subject: Subject,
  { what, seconds, before }: Outage,
  line: Line | undefined,
): Promise<OutageOutcome> {
  if (!bus) throw new Error('There is nothing to hurt.');
  const patience = subject.isPlain ? PATIENCE_WITH_PLAIN : undefined;
  const homes = all.flatMap((_, home) => [home, home]);
  const followers = await Promise.all(homes.map((home) => Follower.to(all[home].url, subject)));
  const count = (before + seconds + AFTER) * PACE;
  const named = all.map(({ url }, index) => ({ url, source: nameOf(index) }));
  const plain = await PlainClients.of(named, subject.server === 'library' ? '/ticks' : null);
  const published = Promise.all(
    all.map(({ process }, index) => process.ask('publishMany', nameOf(index), count, PACE)),
  );
  await pause(before * 1_000);
  const begin = performance.now();
  const cpuBefore = await cpuOf(all);
  if (what === 'killed') await bus.kill();
  else if (what === 'frozen') bus.freeze();
  else line?.cut();
  await pause(seconds * 1_000);
  const cpuAfter = await cpuOf(all);
  const cpu = Math.max(...all.map((_, index) => (cpuAfter[index] - cpuBefore[index]) / (performance.now() - begin)));
  if (what === 'killed') await bus.restart();
  else if (what === 'frozen') bus.thaw();
  else line?.mend();
  const end = performance.now();
  const reached = all.map((_, index) => Math.max(0, ...followers.map((follower) => lastOf(follower, nameOf(index)))));
  const refilled = await Promise.all(
    followers.map(async (follower) => {
      await follower.until(({ losses }) => losses.includes('tick') || hasAll(follower, reached), patience);
      return performance.now() - end;
    }),
  );
  await published;
  await Promise.all(all.map(({ process }, index) => process.ask('publish', nameOf(index), count + 1)));
  const alive = all.map(({ process }, index) => (process.death ? 0 : index + 1)).filter(Boolean);
  const isDone = (follower: Follower) => alive.every((index) => lastOf(follower, nameOf(index - 1)) === count + 1);
  await Promise.all(followers.map((follower) => follower.until(isDone, patience)));
  const shown = followers.map(({ ticks, times }, index) =>
    times.filter((_, number) => ticks[number].source === nameOf(homes[index]) && ticks[number].number <= count),
  );
  const heard = await plain.end(count);
  const wasMeanwhile = ({ until }: Interval): boolean => until >= performance.timeOrigin + begin;
  const heardIntervals = heard.flatMap(({ times }) => intervalsOf(times));
  for (const follower of followers) follower.close();
  return {
    ...outcomeOf(followers, (count + 1) * all.length),
    deaths: all.length - alive.length,
    unheard: alive.reduce((sum, index) => sum + heard[index - 1].missing, 0),
    stall: longest(heardIntervals.filter(wasMeanwhile)),
    usual: longest(heardIntervals.filter((interval) => !wasMeanwhile(interval))),
    shownStall: longest(shown.flatMap(intervalsOf).filter(wasMeanwhile)),
    refilled: Math.max(...refilled),
    cpu,
  };
}

interface Interval {
  took: number;
  until: number;
}

/** The times between messages, which are published at a steady pace. */
function intervalsOf(times: readonly number[]): Interval[] {
  return times.slice(1).map((until, index) => ({ took: until - times[index], until }));
}

const longest = (intervals: readonly Interval[]): number => Math.max(0, ...intervals.map(({ took }) => took));

/** Whether a client was shown everything of each server up to a number. */
function hasAll(follower: Follower, reached: readonly number[]): boolean {
  return reached.every((last, index) => {
    for (let number = last; number > 0; number--) if (!follower.hasShown(nameOf(index), number)) return false;
    return true;
  });
}

function lastOf({ ticks }: Follower, source: string): number {
  return ticks.findLast((tick) => tick.source === source)?.number ?? 0;
}

/** The time of the processor that each server has taken; 0 of one that has ended. */
function cpuOf(all: Servers['all']): Promise<number[]> {
  return Promise.all(all.map(async ({ process }) => (await process.ask<number>('cpu')) ?? 0));
}

const nameOf = (server: number): string => `server ${server}`;
