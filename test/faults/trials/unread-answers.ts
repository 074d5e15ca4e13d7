import type { Scene } from '../support/scene.js';
import { untilEvicted } from '../support/slow.js';
import { complaintsOf, faultsOf, growth, inMegabytes, type Trial } from '../support/verdict.js';

/** Who asks for answers of 990 kB, for how many each at once, and reads none of them. */
interface Askers {
  clients: number;
  answers: number;
  url: string;
}

/** Asks for large answers that nobody reads, and says what that has cost. */
export async function tryUnreadAnswers(scene: Scene, askers: Askers, patience = 20_000): Promise<Trial> {
  const { server } = scene;
  const ask = (number: number): string => `42${number}["get",{"url":"${askers.url}"}]`;
  // So that whatever memory is needed for some is there already.
  const reader = await scene.connect('websocket');
  for (let number = 0; number < 10; number++) {
    await reader.send(ask(number));
    await reader.until(() => reader.received.some((text) => text.startsWith(`43${number}[`)));
  }
  reader.end();
  const clients = await Promise.all(Array.from({ length: askers.clients }, () => scene.connect('websocket')));
  const before = await scene.memory();
  await scene.report();
  await scene.cost();
  for (const client of clients) client.pause();
  await Promise.all(
    clients.map((client) => client.send(...Array.from({ length: askers.answers }, (_, id) => ask(id)))),
  );
  const isEvicted = await untilEvicted(scene, patience);
  const cost = await scene.cost();
  const report = await scene.report();
  scene.hangUp();

  const dead = faultsOf(server);
  if (dead.length > 0 || !before || !cost) return { faults: dead, result: dead[0] ?? 'no answer' };
  return {
    faults: [
      ...complaintsOf(report),
      ...growth('memory (RSS)', before.rss, cost.rss, 40),
      ...(isEvicted ? [] : ['some are connected still']),
    ],
    result: `RSS +${inMegabytes(cost.rss - before.rss)} MB, ${isEvicted ? 'cut off' : 'still connected'}`,
  };
}
