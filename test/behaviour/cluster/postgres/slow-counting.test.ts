import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeliveryNote, ResourceChannel } from '../../../../src/index.js';
import { read } from '../support/read.js';
import { BoardsController, type Card } from './support/boards.js';
import { startTwo, type Subject, withPostgres } from './support/outbox.js';

const postgres = withPostgres();

const patient = { journal: { timeout: 30_000 } };

/** Has Postgres count nothing, and answer all else, until the function that it returns is called. */
async function haltCounting({ pool }: Subject): Promise<() => Promise<unknown>> {
  const client = await pool.connect();
  onTestFinished(() => client.release(true));
  await client.query('BEGIN');
  await client.query('LOCK TABLE nestjs_sockets_streams IN EXCLUSIVE MODE');
  return () => client.query('COMMIT');
}

type Change = (cards: ResourceChannel<Card>) => Promise<void>;

describe('Where Postgres takes its time to count what is published of a record that its server does not know', () => {
  it.for<[string, Change]>([
    ['a change', (cards) => cards.publishUpdate(1, { title: 'new' })],
    ['a message', (cards) => cards.message(1, 'hello')],
  ])('who has read its list before is told that something is missing after %s', async ([, change], context) => {
    const subject = await startTwo(postgres, context, { controllers: [BoardsController] });
    const { app, other } = subject;
    for (const { sockets } of [app, other]) {
      await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
    }
    const url = '/boards/7/cards';
    const [before, witness] = [await app.connect(), await app.connect()];
    const { 'realtime-position': since = '' } = await read(before, 'new', url);
    before.socket.disconnect();
    await read(witness, 'new', url);

    const goOn = await haltCounting(subject);
    void change(other.channel<Card>('card'));
    // Longer than slices are collected, by both servers.
    await delay(500);
    await goOn();
    await witness.next('sockets:stale');

    const back = await app.connect();
    await read(back, since, url);
    const [recovered] = await back.next('sockets:recovered');
    expect(recovered).toMatchObject({ recovered: false, resources: ['card'] });
  });
});

describe('An application that gives its journal more time', () => {
  it('has what it publishes wait until it is counted, so that it comes with its position', async (context) => {
    const subject = await startTwo(postgres, context, { sockets: patient });
    const client = await subject.app.connect();
    await read(client, 'new', '/cards/1');

    const goOn = await haltCounting(subject);
    void subject.app.channel<Card>('card').publishUpdate(1, { title: 'late' });
    await delay(500);
    expect(client.heard('card')).toEqual([]);
    await goOn();
    await client.next('card');

    const [, , note] = client.received.find(([event]) => event === 'card') ?? [];
    expect((note as DeliveryNote).topics).toBeDefined();
  });

  it('has readers wait for their position', async (context) => {
    const { app } = await startTwo(postgres, context, { sockets: patient });
    const client = await app.connect();
    await read(client, 'new', '/cards/1');
    const { server } = postgres;
    onTestFinished(() => server?.thaw());

    server?.freeze();
    setTimeout(() => server?.thaw(), 500);
    const answer = (await client.socket.emitWithAck('get', { url: '/cards/1' })) as { headers: Record<string, string> };
    expect(answer.headers).toHaveProperty('realtime-position');
  });
});
