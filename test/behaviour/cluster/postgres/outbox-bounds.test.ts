import { expect, it } from 'vitest';
import type { TestClient } from '../../../support/client.js';
import { inTransaction, startTwo, untilTold, withPostgres } from './support/outbox.js';

/** How long all of it may take on a busy machine, in milliseconds. */
const LONG = 120_000;

const postgres = withPostgres();

const addedTo = (client: TestClient): number[] =>
  client.heard('card').flatMap((message) => (message as { addedId?: number }).addedId ?? []);

it(
  'What one transaction writes is told once each, and no loss is, however much that is',
  { timeout: LONG },
  async (context) => {
    const subject = await startTwo(postgres, context);
    const { app, other } = subject;
    const clients = [await app.connect(), await other.connect()];
    for (const client of clients) await client.socket.emitWithAck('get', { url: '/cards/1' });
    // More than what may wait for Postgres.
    const children = Array.from({ length: 10_500 }, (_, index) => index + 1);
    const cards = app.channel<{ id: number; tasks: number[] }>('card');

    await inTransaction(subject, (client) => cards.publishReplace(1, 'tasks', children, { outbox: client }));
    await untilTold(subject, LONG);
    await cards.message(1, 'last');

    for (const client of clients) {
      await client.next('card', ({ verb }: { verb: string }) => verb === 'messaged');
      expect(addedTo(client).toSorted((one, another) => one - another)).toEqual(children);
      expect(client.heard('sockets:stale')).toEqual([]);
    }
  },
);
