import { Socket } from 'node:net';
import { describe, expect, it, type TestContext } from 'vitest';
import { type Article, ArticlesController } from './support/articles.js';
import { BoardsController, cardsOf, readBoards, toldOf, VersionedBoardsController } from './support/boards.js';
import { inTransaction, startTwo, type Subject, type SubjectOptions, withPostgres } from './support/outbox.js';

const postgres = withPostgres();

/** How long everything is on its way by a connection that is far, in milliseconds. */
const DISTANCE = 300;

/** A connection by which everything arrives late, in its order, or is sent late. */
class DistantSocket extends Socket {
  isLate: 'to hear' | 'to send' | undefined;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== 'data' || this.isLate !== 'to hear') return super.emit(event, ...args);
    setTimeout(() => super.emit(event, ...args), DISTANCE);
    return true;
  }

  override _write(chunk: unknown, encoding: BufferEncoding, sent: (error?: Error | null) => void): void {
    this.send(() => super._write(chunk, encoding, sent));
  }

  override _writev(chunks: Array<{ chunk: unknown; encoding: BufferEncoding }>, sent: (error?: Error | null) => void) {
    this.send(() => super._writev?.(chunks, sent));
  }

  private send(write: () => void): void {
    if (this.isLate === 'to send') setTimeout(write, DISTANCE);
    else write();
  }
}

/** Two servers, the first of which is far from Postgres: as a rule, the other one hears first what that publishes. */
async function startFar(
  context: TestContext,
  options: SubjectOptions,
  isLate: DistantSocket['isLate'] = 'to hear',
): Promise<Subject> {
  const far: DistantSocket[] = [];
  const stream = (): Socket => {
    far.push(new DistantSocket());
    return far[far.length - 1];
  };
  const subject = await startTwo(postgres, context, { ...options, farPool: { stream } });
  for (const socket of far) socket.isLate = isLate;
  return subject;
}

/** Publishes by the first server, or in a transaction of it, once at most. */
type Publish = (subject: Subject, publish: (options: object) => Promise<void>) => Promise<void>;

const WAYS: ReadonlyArray<[string, Publish]> = [
  ['the outbox', (subject, publish) => inTransaction(subject, (client) => publish({ outbox: client }))],
  ['a key, { once }', (_subject, publish) => publish({ once: 'job' })],
];

describe.for(WAYS)('What a server that is far from Postgres publishes with %s', ([, send]) => {
  it('is known to another server by the time its clients hear of it: where a record is', async (context) => {
    const subject = await startFar(context, { controllers: [BoardsController] });
    const readers = await readBoards(subject);
    const [, near] = readers;
    const [cards, elsewhere] = cardsOf(subject);

    const sent = send(subject, (options) => cards.publishUpdate(1, { boardId: 8 }, options));
    await expect.poll(() => toldOf(near.eight)).toEqual(['entered 1']);
    expect(subject.app.sockets.metrics().journal?.waiting).toBeGreaterThan(0);
    await elsewhere.publishUpdate(1, { boardId: 7 });
    await sent;
    // By now, the other server has heard whatever the first one has said of its publication.
    for (const { eight } of readers) await expect.poll(() => toldOf(eight)).toEqual(['entered 1', 'left 1']);
    await cards.publishCreate({ id: 27, boardId: 8, title: 'marker' });
    await expect.poll(() => toldOf(near.eight)).toContain('created 27 marker');
    await elsewhere.publishUpdate(1, { title: 'of the other server' });
    for (const { seven } of readers) await expect.poll(() => toldOf(seven)).toContain('updated 1 of the other server');
    await cards.publishUpdate(1, { title: 'of the first' });

    for (const { seven, eight } of readers) {
      await expect.poll(() => toldOf(seven)).toContain('updated 1 of the first');
      const told = ['left 1', 'entered 1', 'updated 1 of the other server', 'updated 1 of the first'];
      expect(toldOf(seven)).toEqual(told);
      expect(toldOf(eight)).toEqual(['entered 1', 'left 1', 'created 27 marker']);
    }
  });

  it('is known to another server by the time its clients hear of it: that a record is gone', async (context) => {
    const subject = await startFar(context, { controllers: [BoardsController] });
    const near = await subject.other.connect();
    await near.socket.emitWithAck('get', { url: '/cards/1' });
    const watcher = await subject.other.connect();
    await watcher.socket.emitWithAck('get', { url: '/boards/7/cards' });
    const [cards, elsewhere] = cardsOf(subject);

    const sent = send(subject, (options) => cards.publishDestroy(1, options));
    await expect.poll(() => toldOf(near)).toEqual(['destroyed 1']);
    expect(subject.app.sockets.metrics().journal?.waiting).toBeGreaterThan(0);
    await elsewhere.publishUpdate(1, { title: 'of a card that came later' });
    await elsewhere.publishUpdate(2, { title: 'marker' }, { to: [near.id] });

    await expect.poll(() => toldOf(near)).toContain('updated 2 marker');
    expect(toldOf(near)).toEqual(['destroyed 1', 'updated 2 marker']);
    await sent;
    // The first server does not know where the record was, and asks.
    await expect.poll(() => toldOf(watcher)).toContain('destroyed 1');
  });

  it('is known to another server by the time its clients hear of it: that a record has another key', async (context) => {
    const subject = await startFar(context, { controllers: [ArticlesController] });
    const client = await subject.other.connect();
    await client.socket.emitWithAck('get', { url: '/articles/old' });
    const [articles, elsewhere] = [subject.app, subject.other].map((one) => one.channel<Article>('article'));

    const sent = send(subject, (options) => articles.publishUpdate(1, { slug: 'new' }, options));
    await expect.poll(() => client.heard('article')).toHaveLength(1);
    await expect(elsewhere.publishUpdate('old', { title: 'of another article' })).rejects.toThrow('slug');
    await elsewhere.publishUpdate('new', { title: 'of this article' });

    await expect.poll(() => client.heard('article')).toHaveLength(2);
    expect(client.heard('article')[1]).toMatchObject({ id: 1, data: { title: 'of this article' } });
    await sent;
  });
});

describe('Servers of which one is far from Postgres', () => {
  it('agree that a record is where the journal has it last, though one of them has told so late', async (context) => {
    const subject = await startFar(context, { controllers: [BoardsController] }, 'to send');
    const readers = await readBoards(subject);
    const [cards, elsewhere] = cardsOf(subject);
    const nine = await subject.other.connect();
    await nine.socket.emitWithAck('get', { url: '/boards/9/cards' });

    await inTransaction(subject, (client) => cards.publishUpdate(1, { boardId: 8 }, { outbox: client }));
    await elsewhere.publishUpdate(1, { boardId: 9 });
    for (const { eight } of readers) await expect.poll(() => toldOf(eight)).toContain('entered 1');
    // By the time that this has come, the other server has heard whatever the first one has said.
    await cards.publishCreate({ id: 27, boardId: 8, title: 'marker' });
    for (const { eight } of readers) await expect.poll(() => toldOf(eight)).toContain('created 27 marker');
    await expect.poll(() => toldOf(nine)).toEqual(['entered 1', 'left 1']);
    await elsewhere.publishUpdate(1, { title: 'of the other server' });
    await cards.publishUpdate(1, { title: 'of the first' });

    const told = ['entered 1', 'created 27 marker', 'updated 1 of the other server', 'updated 1 of the first'];
    for (const { eight } of readers) await expect.poll(() => toldOf(eight)).toEqual(told);
    expect(toldOf(nine)).toEqual(['entered 1', 'left 1']);
  });

  it('agree that a record is where its newest version says, though they have moved it at the same time', async (context) => {
    const subject = await startFar(context, { controllers: [VersionedBoardsController] });
    const readers = await readBoards(subject);
    const [cards, elsewhere] = cardsOf(subject);

    await elsewhere.publishUpdate(1, { boardId: 8, version: 2 });
    // It has not come to the first server yet.
    await cards.publishUpdate(1, { boardId: 7, title: 'newer', version: 3 });
    for (const { seven } of readers) await expect.poll(() => toldOf(seven)).toContain('updated 1 newer');
    await elsewhere.publishCreate({ id: 27, boardId: 7, title: 'marker', version: 1 });
    for (const { seven } of readers) await expect.poll(() => toldOf(seven)).toContain('created 27 marker');
    await cards.publishUpdate(1, { title: 'of the first', version: 4 });
    for (const { seven } of readers) await expect.poll(() => toldOf(seven)).toContain('updated 1 of the first');
    await elsewhere.publishUpdate(1, { title: 'of the other', version: 5 });

    for (const { seven } of readers) await expect.poll(() => toldOf(seven)).toContain('updated 1 of the other');
    for (const { eight } of readers) expect(toldOf(eight).filter((told) => told.startsWith('updated'))).toEqual([]);
  });

  it('agree by which key a record is known that one has renamed, and the other has not', async (context) => {
    const subject = await startFar(context, { controllers: [ArticlesController] });
    const client = await subject.app.connect();
    await client.socket.emitWithAck('get', { url: '/articles/old' });
    const [articles, elsewhere] = [subject.app, subject.other].map((one) => one.channel<Article>('article'));
    await elsewhere.publishUpdate(1, { slug: 'old', title: 'known' });
    await expect.poll(() => client.heard('article')).toHaveLength(1);

    await elsewhere.publishUpdate(1, { slug: 'old', title: 'with its key' }, { once: 'job' });
    // It is on its way to the first server.
    await articles.publishUpdate(1, { slug: 'new' });
    await expect.poll(() => client.heard('article')).toHaveLength(3);
    await articles.publishUpdate('new', { title: 'by its new key' });

    await expect.poll(() => client.heard('article')).toHaveLength(4);
  });

  it('agree by which key a record is known that both have renamed', async (context) => {
    const subject = await startFar(context, { controllers: [ArticlesController] }, 'to send');
    const clients = await Promise.all([subject.app.connect(), subject.other.connect()]);
    for (const { socket } of clients) await socket.emitWithAck('get', { url: '/articles/old' });
    const [articles, elsewhere] = [subject.app, subject.other].map((one) => one.channel<Article>('article'));

    void articles.publishUpdate(1, { slug: 'late' }, { once: 'job' });
    await elsewhere.publishUpdate(1, { slug: 'new' });
    for (const client of clients) await expect.poll(() => client.heard('article')).toHaveLength(2);
    // By the time that this has come, the other server has heard whatever the first one has said.
    await articles.publishUpdate(1, { title: 'marker' });
    for (const client of clients) await expect.poll(() => client.heard('article')).toHaveLength(3);

    const outcomes = await Promise.all(
      [articles, elsewhere].map((one) =>
        Promise.allSettled(['late', 'new'].map((slug) => one.publishUpdate(slug, { title: slug }))),
      ),
    );
    const [known, knownElsewhere] = outcomes.map((all) => all.map(({ status }) => status));
    expect(known.toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(knownElsewhere).toEqual(known);
  });

  it('agree by which key a record is known that one has renamed twice', async (context) => {
    const subject = await startFar(context, { controllers: [ArticlesController] });
    const clients = await Promise.all([subject.app.connect(), subject.other.connect()]);
    for (const { socket } of clients) await socket.emitWithAck('get', { url: '/articles/old' });
    const [articles, elsewhere] = [subject.app, subject.other].map((one) => one.channel<Article>('article'));

    void articles.publishUpdate(1, { slug: 'first' }, { once: 'first' });
    void articles.publishUpdate(1, { slug: 'second' }, { once: 'second' });
    for (const client of clients) await expect.poll(() => client.heard('article')).toHaveLength(2);

    for (const one of [articles, elsewhere]) {
      await one.publishUpdate('second', { title: 'by its key' });
      await expect(one.publishUpdate('first', { title: 'of another article' })).rejects.toThrow('slug');
    }
  });
});
