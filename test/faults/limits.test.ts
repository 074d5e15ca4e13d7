import { describe, inject, it } from 'vitest';
import { floods } from './attacks/floods.js';
import { tryFlood } from './support/flood.js';
import { library, others, type Scene } from './support/scene.js';
import { keep, sceneOf, subjectsOf } from './support/subjects.js';
import { faultsOf, growth, inMegabytes } from './support/verdict.js';

const isFull = inject('full');

describe.each(subjectsOf([library()], others))('Limits, $name', (subject) => {
  const open = sceneOf(subject);

  it.each(floods.filter(({ own }) => subject.server === 'library' || !own))('$name', async (flood) => {
    const { faults, result } = await tryFlood(await open(), flood);
    keep('Limits', flood.name, subject, faults, result);
  });
});

const attempts = isFull ? 3_000 : 300;

/** In the short form, fewer handshakes meet a lower limit. */
const own = library(isFull ? {} : { limits: { connectionsPerAddress: 200 } });

describe.each(subjectsOf([own], others))('Handshakes, $name', (subject) => {
  const open = sceneOf(subject);

  it('are bounded for one address', async () => {
    const scene = await open();
    const before = await scene.memory();
    const statuses = await shakeHands(scene, attempts);
    const after = await scene.memory();
    const connections = (await scene.server.ask<number>('connections'))!;
    const most = isFull ? 2_000 : 200;
    const faults = [
      ...faultsOf(scene.server),
      ...growth('the heap', before!.heapUsed, after!.heapUsed, 20),
      ...(connections > most ? [`${connections} connections are open; at most ${most} are allowed`] : []),
      ...(statuses.some((status) => status !== 200 && status !== 429)
        ? [`answered with ${[...new Set(statuses)].join()}`]
        : []),
    ];
    const grown = inMegabytes(after!.heapUsed - before!.heapUsed);
    keep('Limits', `${attempts} handshakes of one address`, subject, faults, `${connections} open, heap +${grown} MB`);
  });
});

/** Begins connections by polling, and says what each was answered. */
async function shakeHands({ port }: Scene, count: number): Promise<number[]> {
  const statuses: number[] = [];
  const one = async () => {
    while (statuses.length < count) {
      const index = statuses.push(0) - 1;
      const response = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`);
      await response.text();
      statuses[index] = response.status;
    }
  };
  await Promise.all(Array.from({ length: 20 }, one));
  return statuses;
}
