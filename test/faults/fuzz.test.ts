import { describe, inject, it } from 'vitest';
import { mutate } from './attacks/mutations.js';
import { runSequence } from './support/sequence.js';
import { Random, seed } from './attacks/random.js';
import { library, type Memory, others, type Scene } from './support/scene.js';
import { keep, sceneOf, subjectsOf } from './support/subjects.js';
import { complaintsOf, faultsOf, growth, MB } from './support/verdict.js';

const isFull = inject('full');
const frames = isFull ? 20_000 : 1_000;
const sequences = isFull ? 200 : 20;

/** It is about frames, each bad one of which costs a connection. */
const own = library({ limits: { handshakesPerSecond: 1_000_000 } });

process.stdout.write(`The seed is ${seed}.\n`);

describe.each(subjectsOf([own], others))('Fuzz, $name', (subject) => {
  const open = sceneOf(subject);

  it(`survives ${frames} frames with mistakes`, async () => {
    const random = new Random(seed);
    let scene = await open();
    await sendMutations(scene, random, 200);
    let before = await scene.memory();
    const deaths: string[] = [];
    for (let sent = 0; sent < frames; sent += 200) {
      await sendMutations(scene, random, 200);
      deaths.push(...faultsOf(scene.server));
      // Whoever is dead after a tenth of them is not tried further.
      if (deaths.length > frames / 2_000) break;
      scene = await open();
      if (deaths.length > 0) before = await scene.memory();
    }
    scene = await open();
    const report = await scene.report();
    const after = await settledMemory(scene, before!.heapUsed + 10 * MB);
    const polluted = await scene.server.ask('polluted');
    const faults = [
      ...deaths,
      ...complaintsOf(report),
      ...growth('the heap', before!.heapUsed, after!.heapUsed, 10),
      ...(polluted === 0 ? [] : ['Object.prototype was changed']),
    ];
    const result =
      deaths.length > 0 ? `${deaths.length} deaths, at least: ${deaths[0]}` : `alive, p99 ${report.attacked.p99} ms`;
    keep('Fuzz', `${frames} frames with mistakes (seed ${seed})`, subject, faults, result);
  });

  it.runIf(subject.server === 'library')(`keeps its word in ${sequences} sequences of what clients do`, async () => {
    const scene = await open();
    const faults: string[] = [];
    let told = 0;
    for (let number = 0; number < sequences; number++) {
      const sequence = await runSequence(scene, new Random(seed + number), `${number}`);
      faults.push(...sequence.faults);
      told += sequence.told;
    }
    faults.push(...faultsOf(scene.server));
    if (told < sequences) faults.push('hardly anything was told');
    const what = `${sequences} sequences of reads, changes, revocations and drops`;
    keep('Fuzz', what, subject, faults, `${told} messages, none lost, none too much`);
  });
});

/** What is held once connections that have ended are forgotten: until they would have had to be in a namespace. */
async function settledMemory(scene: Scene, most: number): Promise<Memory | undefined> {
  const end = performance.now() + 60_000;
  let memory = await scene.memory();
  while (memory && memory.heapUsed > most && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    memory = await scene.memory();
  }
  return memory;
}

/** Four clients at a time, which begin anew when they are cut off. */
async function sendMutations(scene: Scene, random: Random, count: number): Promise<void> {
  let left = count;
  const one = async () => {
    let connection = await scene.connect('websocket');
    while (left-- > 0 && !scene.server.death) {
      if (connection.closed) connection = await scene.connect('websocket');
      const marker = '439[';
      const known = connection.received.length;
      await connection.send(...mutate(random), '429["echo",1]');
      await connection.until(
        () => connection.closed || connection.received.slice(known).some((text) => text.startsWith(marker)),
        1_000,
      );
      // One that waits for attachments, or has left the namespace, answers nothing more.
      if (!connection.received.slice(known).some((text) => text.startsWith(marker))) connection.end();
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  scene.hangUp();
}
