import type { SlowReaders } from '../attacks/slow-readers.js';
import type { Scene } from './scene.js';
import { complaintsOf, faultsOf, growth, inMegabytes, type Trial } from './verdict.js';

/** What is published while clients do not read. */
interface Publications {
  count: number;
  bytes: number;
  /** How long it is waited until they are cut off, in milliseconds. @default ten seconds, and a margin */
  patience?: number;
}

/** So many messages may wait for the healthy client, which is less than is allowed to wait. */
const AHEAD = 50;

/** Publishes to clients that do not read, and to a healthy one, and says what that has cost. */
export async function trySlowReaders(
  scene: Scene,
  { connect }: SlowReaders,
  { patience = 20_000, ...published }: Publications,
): Promise<Trial> {
  const { server } = scene;
  // The same without them, so that whatever memory is needed for it is there already.
  await scene.report();
  await publish(scene, published);
  const usual = await scene.report();
  const before = await scene.memory();
  await connect(scene);
  const all = (await server.ask<number>('connections'))!;
  await scene.report();
  await scene.cost();
  const begin = performance.now();
  const evicted = untilEvicted(scene, patience);
  const ticks = await publish(scene, published);
  const isEvicted = await evicted;
  const took = Math.round(performance.now() - begin);
  const cost = await scene.cost();
  const report = await scene.report();
  const left = ((await server.ask<number>('connections')) ?? 1) - 1;
  scene.hangUp();

  const dead = faultsOf(server);
  if (dead.length > 0 || !before || !cost) return { faults: dead, result: dead[0] ?? 'no answer' };
  const grown = inMegabytes(cost.rss - before.rss);
  return {
    faults: [
      ...complaintsOf(report, usual.attacked.p99),
      ...growth('memory (RSS)', before.rss, cost.rss, 40),
      ...(isEvicted ? [] : [`${left} of ${all - 1} clients that do not read are connected still`]),
      ...(ticks.different === published.count ? [] : [`the healthy client received ${ticks.different} messages`]),
      ...(ticks.all === ticks.different ? [] : ['the healthy client received messages twice']),
    ],
    result: [
      `RSS +${grown} MB`,
      isEvicted ? 'cut off' : `still connected after ${Math.round(took / 1_000)} s`,
      `a healthy client ${ticks.different} of ${published.count}`,
    ].join(', '),
  };
}

async function publish({ server, healthy }: Scene, { count, bytes }: Publications) {
  await healthy.ask('ticks');
  await server.ask('publish', count, bytes, AHEAD);
  const seen = { different: 0, all: 0 };
  // What is on its way arrives, or stops to.
  for (let attempt = 0; attempt < 200 && seen.different < count; attempt++) {
    const more = await healthy.ask<typeof seen>('ticks');
    if (!more) break;
    seen.different += more.different;
    seen.all += more.all;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return seen;
}

/** Resolves when only the healthy client is left, or after a while: then with `false`. */
export async function untilEvicted({ server }: Scene, patience: number): Promise<boolean> {
  const end = performance.now() + patience;
  while (performance.now() < end && !server.death) {
    if ((await server.ask<number>('connections')) === 1) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}
