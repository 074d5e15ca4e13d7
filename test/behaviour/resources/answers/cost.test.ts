import { expect, it } from 'vitest';
import type { TestApplication } from '../../../support/application.js';
import { ask, connectAs, startWithPeople } from './support/people.js';

/** Counts what the server's adapter is given to emit of a resource from now on. */
function countEmits(app: TestApplication, resource: string): () => number {
  const { adapter } = app.sockets.server.sockets;
  const broadcast = adapter.broadcast.bind(adapter);
  let count = 0;
  adapter.broadcast = (packet: { data?: unknown[] }, options) => {
    if (packet.data?.[0] === resource) count++;
    broadcast(packet, options);
  };
  return () => count;
}

it.each([
  ['once if all readers have been shown the same', ['ann:user', 'ben:user', 'cleo:user'], 1],
  ['twice if some have been shown more', ['ann:user', 'ben:user', 'boss:admin'], 2],
])('An answer is emitted %s, however many they are', async (_what, readers, emits) => {
  const app = await startWithPeople();
  const admin = await connectAs(app, 'root:admin');
  for (const reader of readers) {
    const client = await connectAs(app, reader);
    for (const url of ['/people', '/people/1']) await ask(client, 'get', url);
  }
  const count = countEmits(app, 'person');

  await ask(admin, 'patch', '/people/1', { name: 'ada l.' });
  await app.settle();

  expect(count()).toBe(emits);
});
