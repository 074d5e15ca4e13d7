import type { Scene } from '../support/scene.js';
import { complaintsOf, faultsOf, growth, inMegabytes, type Trial } from '../support/verdict.js';

const READ = '["get",{"url":"/quotes"}]';
const COUNT = 3_000;
const BYTES = 10_000;

/**
 * Publishes about a resource with `overload: 'refetch'` to a client that does not read for a while: it must stay
 * connected, be told once that it has missed something, and receive what is published after it has read again.
 */
export async function tryFallingBehind(scene: Scene): Promise<Trial> {
  const { server } = scene;
  const reader = await scene.connect('websocket');
  const told = (event: string) => reader.received.filter((text) => text.startsWith(`42["${event}",`)).length;
  const answered = (number: number) => reader.received.some((text) => text.startsWith(`43${number}[`));
  const read = async (number: number) => {
    await reader.send(`42${number}${READ}`);
    await reader.until(() => reader.closed || answered(number), 60_000);
  };
  await read(1);
  const before = await scene.memory();
  await scene.report();
  await scene.cost();
  reader.pause();
  await server.ask('publishQuotes', COUNT, BYTES);
  const cost = await scene.cost();
  reader.resume();
  await reader.until(() => reader.closed || told('sockets:stale') > 0, 60_000);
  await read(2);
  const missed = COUNT - told('quote');
  await server.ask('publishQuotes', 1, 10);
  await reader.until(() => reader.closed || told('quote') > COUNT - missed, 60_000);
  const report = await scene.report();
  const notices = told('sockets:stale');
  const isBack = told('quote') === COUNT - missed + 1;
  const { closed } = reader;
  scene.hangUp();

  const dead = faultsOf(server);
  if (dead.length > 0 || !before || !cost) return { faults: dead, result: dead[0] ?? 'no answer' };
  return {
    faults: [
      ...complaintsOf(report),
      ...growth('memory (RSS)', before.rss, cost.rss, 40),
      ...(closed ? ['it was cut off'] : []),
      ...(notices === 1 ? [] : [`it was told ${notices} times that it has missed something`]),
      ...(missed > 0 ? [] : ['everything was sent to it']),
      ...(isBack ? [] : ['it is sent nothing more']),
    ],
    result: `RSS +${inMegabytes(cost.rss - before.rss)} MB, ${notices} notice for ${missed} messages, still connected`,
  };
}
