import type { Scene } from '../support/scene.js';
import { faultsOf, growth, inMegabytes, type Trial } from '../support/verdict.js';

interface Answer {
  status: number;
  sid: string | undefined;
}

/** Has one address begin connections, of which only so many may be open. */
export async function tryHandshakes(scene: Scene, attempts: number, most: number): Promise<Trial> {
  const url = `http://127.0.0.1:${scene.port}/socket.io/?EIO=4&transport=polling`;
  const before = await scene.memory();
  const answers = await shakeHands(url, attempts);
  const after = await scene.memory();
  const connections = await scene.server.ask<number>('connections');
  await hangUp(url, answers);
  const dead = faultsOf(scene.server);
  if (dead.length > 0 || !before || !after || connections === undefined) return { faults: dead, result: dead[0] ?? '' };
  const odd = new Set(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 429));
  return {
    faults: [
      ...growth('the heap', before.heapUsed, after.heapUsed, 20),
      ...(connections > most ? [`${connections} connections are open; at most ${most} are allowed`] : []),
      ...(odd.size > 0 ? [`answered with ${[...odd].join()}`] : []),
    ],
    result: `${connections} open, heap +${inMegabytes(after.heapUsed - before.heapUsed)} MB`,
  };
}

/** Begins connections by polling, and says what each was answered. */
async function shakeHands(url: string, count: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  let begun = 0;
  await atOnce(20, async () => {
    while (begun++ < count) {
      const response = await fetch(url);
      const sid = /"sid":"([^"]+)"/.exec(await response.text())?.[1];
      answers.push({ status: response.status, sid });
    }
  });
  return answers;
}

/** Ends those that were let in. */
async function hangUp(url: string, answers: readonly Answer[]): Promise<void> {
  const sids = answers.flatMap(({ sid }) => sid ?? []);
  await atOnce(20, async () => {
    for (let sid = sids.pop(); sid; sid = sids.pop()) await fetch(`${url}&sid=${sid}`, { method: 'POST', body: '1' });
  });
}

async function atOnce(count: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, work));
}
