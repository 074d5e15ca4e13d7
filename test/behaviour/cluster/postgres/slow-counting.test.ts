import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import type { DeliveryNote, ResourceChannel } from '../../../../src/index.js';
import { read } from '../support/read.js';
import { type Article, ArticlesController } from './support/articles.js';
import { BoardsController, type Card, cardsOf, readBoards, toldOf } from './support/boards.js';
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

/** Two servers that know each other. */
async function startBoards(context: TestContext): Promise<Subject> {
  const subject = await startTwo(postgres, context, { controllers: [BoardsController] });
  for (const { sockets } of [subject.app, subject.other]) {
    await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
  }
  return subject;
}

type Change = (cards: ResourceChannel<Card>) => Promise<void>;

describe('Where Postgres takes its time to count what is published of a record that its server does not know', () => {
  it.for<[string, Change]>([
    ['a change', (cards) => cards.publishUpdate(1, { title: 'new' })],
    ['a message', (cards) => cards.message(1, 'hello')],
  ])('who has read its list before is told that something is missing after %s', async ([, change], context) => {
    const subject = await startBoards(context);
    const { app, other } = subject;
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

  it('who has read its list before is told so after more moves than can be asked about', async (context) => {
    const subject = await startBoards(context);
    const { app, other } = subject;
    const cards = other.channel<Card>('card');
    for (let id = 100; id < 2_100; id++) void cards.publishUpdate(id, { boardId: 9 });
    await expect.poll(() => other.sockets.metrics().journal?.waiting).toBe(0);
    const url = '/boards/7/cards';
    const [before, witness] = [await app.connect(), await app.connect()];
    const { 'realtime-position': since = '' } = await read(before, 'new', url);
    before.socket.disconnect();
    await read(witness, 'new', url);

    const goOn = await haltCounting(subject);
    void cards.publishUpdate(1, { boardId: 8 });
    await delay(500);
    await goOn();
    // On a machine so busy that the others are forgotten by then, it is kept, and the server knows that it has left.
    await Promise.race([witness.next('sockets:stale'), witness.next('card')]);

    const back = await app.connect();
    await read(back, since, url);
    const [recovered] = await back.next('sockets:recovered');
    const { recovered: hasEverything } = recovered as { recovered: boolean };
    expect(hasEverything).toBe(toldOf(back).includes('left 1'));
  });
});

describe('Where Postgres takes its time to count a move that is published { once }', () => {
  it.for([9, 7])('leaves the record where it was moved meanwhile, to board %d from board 7', async (board, context) => {
    const sockets = { journal: { timeout: 150 } };
    const subject = await startTwo(postgres, context, { controllers: [BoardsController], sockets });
    const readers = await readBoards(subject);
    const reader = await subject.app.connect();
    await reader.socket.emitWithAck('get', { url: `/boards/${board}/cards` });
    const [cards] = cardsOf(subject);

    const goOn = await haltCounting(subject);
    void cards.publishUpdate(1, { boardId: 8 }, { once: 'job' });
    // It is not waited for any longer after a while.
    void cards.publishUpdate(1, { boardId: board, title: 'moved' });
    await reader.next('card');
    await goOn();
    for (const { eight } of readers) await expect.poll(() => toldOf(eight)).toContain('entered 1');
    await expect.poll(() => subject.app.sockets.metrics().journal?.waiting).toBe(0);
    await cards.publishUpdate(1, { title: 'after that' });
    await cards.publishCreate({ id: 28, boardId: 8, title: 'marker' });

    await expect.poll(() => toldOf(reader)).toContain('updated 1 after that');
    for (const { eight } of readers) {
      await expect.poll(() => toldOf(eight)).toContain('created 28 marker');
      expect(toldOf(eight)).not.toContain('updated 1 after that');
    }
  });
});

describe('Where Postgres takes its time to count that a record is destroyed { once }', () => {
  it('its key is forgotten, though it was read meanwhile', async (context) => {
    const sockets = { journal: { timeout: 150 } };
    const subject = await startTwo(postgres, context, { controllers: [ArticlesController], sockets });
    const client = await subject.app.connect();
    const articles = subject.app.channel<Article>('article');
    await articles.watch(client.id);

    const goOn = await haltCounting(subject);
    void articles.publishDestroy(1, { once: 'job' });
    await client.socket.emitWithAck('get', { url: '/articles/old' });
    expect(client.heard('article')).toEqual([]);
    await goOn();
    await client.next('article');

    await expect(articles.publishUpdate('old', { title: 'of another article' })).rejects.toThrow('slug');
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
