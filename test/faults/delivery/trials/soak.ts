import { inject } from 'vitest';
import { Child } from '../../support/child.js';

export interface Soak {
  clients: number;
  perSecond: number;
  /** How long it warms up, and how long memory is measured after that, in seconds. */
  warmUp: number;
  seconds: number;
  /** How long a server has to let go of what clients have left, in seconds. */
  patience: number;
}

export interface SoakOutcome {
  /** By how many bytes the heap grew in a minute. */
  slope: number;
  /** What is held more after all clients have gone than before they came, by its name. */
  leaked: Record<string, number>;
  /** How many messages clients have received, and how many of their requests have failed. */
  heard: number;
  failed: number;
  /** How many more files were open at most in the second half than in the first. */
  files: number;
}

/** How many clients come before anything is counted. */
const FIRST = 10;

/** How often memory is measured while it is soaked. */
const SAMPLES = 20;

/** Has clients come and go all the time, and looks at what a server keeps of them. */
export async function trySoak(
  { clients, perSecond, warmUp, seconds, patience }: Soak,
  seed: number,
  env: Record<string, string>,
): Promise<SoakOutcome> {
  const programs = inject('faultPrograms')[12];
  const server = await Child.start(programs, 'soak-server', env);
  const crowd = await Child.start(programs, 'soak-clients');
  const held = async () => (await server.ask<Record<string, number>>('held'))!;
  try {
    const url = `http://127.0.0.1:${await server.ask<number>('port')}`;
    // First for a short while, so that what is made once and kept for all of them is there.
    await crowd.ask('begin', url, FIRST, seed);
    await server.ask('publish', perSecond);
    await pause(1.5);
    await crowd.ask('end');
    await server.ask('publish', 0);
    const before = await settled(held, undefined, patience);
    await crowd.ask('begin', url, clients, seed);
    await server.ask('publish', perSecond);
    await pause(warmUp);
    const samples: Array<[second: number, heap: number]> = [];
    const open: number[] = [];
    const begin = performance.now();
    for (let sample = 0; sample <= SAMPLES; sample++) {
      await pause((begin + (sample * seconds * 1_000) / SAMPLES - performance.now()) / 1_000);
      samples.push([(performance.now() - begin) / 1_000, (await server.ask<number>('heap'))!]);
      open.push((await held()).files);
    }
    const { heard, failed } = (await crowd.ask<{ heard: number; failed: number }>('end'))!;
    await server.ask('publish', 0);
    const after = await settled(held, before, patience);
    const middle = Math.floor(open.length / 2);
    const files = Math.max(...open.slice(middle)) - Math.max(...open.slice(0, middle));
    return { slope: slopeOf(samples) * 60, leaked: differenceOf(before, after), heard, failed, files };
  } finally {
    await Promise.all([server.end(), crowd.end()]);
  }
}

const pause = (seconds: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, seconds * 1_000));

/** Waits until no more is held than before, or it is held for good. */
async function settled(
  held: () => Promise<Record<string, number>>,
  before: Record<string, number> | undefined,
  patience: number,
): Promise<Record<string, number>> {
  const end = performance.now() + patience * 1_000;
  for (;;) {
    const now = await held();
    const isAsBefore = !before || Object.keys(differenceOf(before, now)).length === 0;
    const isSettled = now.sessions === 0 && now.sockets === 0 && isAsBefore;
    if (isSettled || performance.now() > end) return now;
    await pause(0.1);
  }
}

/** What has become more. */
function differenceOf(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  const more = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}

/** The slope of the line that fits best (least squares). */
function slopeOf(points: ReadonlyArray<[x: number, y: number]>): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([one]) => one)), mean(points.map(([, one]) => one))];
  const above = points.reduce((sum, [one, other]) => sum + (one - x) * (other - y), 0);
  return above / points.reduce((sum, [one]) => sum + (one - x) ** 2, 0);
}
