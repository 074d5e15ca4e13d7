import { describe, expect, it } from 'vitest';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { stopClock } from '../../../support/clock.js';
import { type Card, Cards, startWithCards } from './support/cards.js';
import { comeBack, type Read, read, sinceOf, story } from './support/follow.js';

/** Reads, is gone while something happens, and comes back: the read once more, with what was had. */
async function away(
  app: TestApplication,
  url: string,
  work: () => unknown,
  since: (before: Read) => string = sinceOf,
): Promise<{ client: TestClient; again: Read }> {
  const first = await app.connect();
  const before = await read(first, url);
  const back = comeBack(app, first);
  await work();
  const client = await back;
  const again = await read(client, url, { 'realtime-since': since(before) });
  await app.settle();
  return { client, again };
}

const recovered = (client: TestClient): unknown[] => client.heard('sockets:recovered');

const change = (app: TestApplication, id: number, ...titles: string[]): void => {
  for (const title of titles) void app.channel<Card>('card').publishUpdate(id, { title });
};

describe('A client that comes back', () => {
  it('is sent exactly what it has missed, in order, after the answer, and then that this was all', async () => {
    const app = await startWithCards();
    change(app, 5, 'before');
    const { client, again } = await away(app, '/cards/5', () => {
      change(app, 5, 'a', 'b');
      change(app, 6, 'other');
      change(app, 5, 'c');
    });

    expect(story(client)).toEqual([
      'answer',
      'card updated 5 a',
      'card updated 5 b',
      'card updated 5 c',
      'sockets:recovered',
    ]);
    const { 'realtime-recovery': id, 'realtime-position': position } = again.headers;
    expect(recovered(client)).toEqual([{ id, recovered: true, resources: ['card'], position }]);
    expect(position).toMatch(/; card=5$/);
  });

  it('is sent nothing that it says it has: of a topic more than of the resource', async () => {
    const app = await startWithCards();
    const { client } = await away(
      app,
      '/cards/5',
      () => change(app, 5, 'a', 'b', 'c'),
      (before) => `${sinceOf(before)} ${before.headers['realtime-topics']}=2`,
    );

    expect(story(client)).toEqual(['answer', 'card updated 5 c', 'sockets:recovered']);
  });

  it('goes on receiving what is published after that, once', async () => {
    const app = await startWithCards();
    const { client } = await away(app, '/boards/7/cards', () => change(app, 5, 'a'));
    change(app, 5, 'b');
    await app.settle();

    expect(story(client)).toEqual(['answer', 'card updated 5 a', 'sockets:recovered', 'card updated 5 b']);
  });

  it('is sent what has entered and left its slice, been created and destroyed meanwhile', async () => {
    const app = await startWithCards();
    const cards = app.channel<Card>('card');
    const { client } = await away(app, '/boards/7/cards', async () => {
      await cards.publishUpdate(9, { boardId: 7, title: 'nine' }, { previous: { boardId: 8 } });
      await cards.publishUpdate(5, { boardId: 8, title: 'five' }, { previous: { boardId: 7 } });
      await cards.publishUpdate(5, { boardId: 8, title: 'unseen' }, { previous: { boardId: 8 } });
      await cards.publishCreate({ id: 10, boardId: 7, title: 'ten' });
      await cards.publishDestroy(6, { previous: { boardId: 7 } });
    });

    expect(story(client)).toEqual([
      'answer',
      'card entered 9 nine',
      'card left 5',
      'card created 10 ten',
      'card destroyed 6',
      'sockets:recovered',
    ]);
  });

  it('is answered as always where its record was destroyed meanwhile, and sent nothing of it', async () => {
    const app = await startWithCards();
    const { client, again } = await away(app, '/cards/several/5,6', async () => {
      change(app, 5, 'a');
      await app.channel('card').publishDestroy(5);
      app.get(Cards).rows.delete(5);
      change(app, 6, 'b');
    });

    expect(again.body).toEqual([{ id: 6, boardId: 7, title: 'six' }]);
    expect(story(client)).toEqual(['answer', 'card updated 6 b', 'sockets:recovered']);
  });

  it('is sent as many as a thousand, and told if there are more', async () => {
    const app = await startWithCards({ journal: { maxEntries: 5_000 } });
    const titles = Array.from({ length: 1_000 }, (_, index) => String(index));
    const full = await away(app, '/cards/5', () => change(app, 5, ...titles));
    expect(full.client.heard('card')).toHaveLength(1_000);
    expect(recovered(full.client)).toMatchObject([{ recovered: true }]);

    const over = await away(app, '/cards/5', () => change(app, 5, ...titles, 'one more'));
    expect(over.client.heard('card')).toEqual([]);
    expect(recovered(over.client)).toMatchObject([{ recovered: false, resources: ['card'] }]);
  });

  it('is sent no more of all resources together', async () => {
    const app = await startWithCards();
    const { client } = await away(app, '/cards/of/5/and-notes', async () => {
      change(app, 5, ...Array.from({ length: 600 }, String));
      for (let id = 0; id < 600; id++) await app.channel('note').publishCreate({ id });
    });

    expect(client.heard('card')).toHaveLength(600);
    expect(client.heard('note')).toEqual([]);
    expect(recovered(client)).toMatchObject([{ recovered: false, resources: ['note'] }]);
  });
});

describe('What was missed is not known any more, and the client told so,', () => {
  it.each([
    ['if it names another epoch', () => 'anotherEpoch; card=0'],
    ['if what it says cannot be read', () => 'card=0; ;'],
    ['if it says nothing', () => ''],
  ])('%s', async (_what, since) => {
    const app = await startWithCards();
    const { client, again } = await away(app, '/cards/5', () => change(app, 5, 'a'), since);

    expect(again).toMatchObject({ statusCode: 200, body: { id: 5 } });
    expect(story(client)).toEqual(['answer', 'sockets:recovered']);
    expect(recovered(client)).toMatchObject([{ recovered: false, resources: ['card'] }]);
    change(app, 5, 'b');
    await app.settle();
    expect(client.heard('card')).toHaveLength(1);
  });

  it.each([
    ['as many publications of the record', { maxEntries: 2 }, ['a', 'b', 'c']],
    ['as many bytes of the record', { maxBytes: 2_000 }, ['a'.repeat(900), 'b'.repeat(900)]],
    ['as many bytes altogether', { maxTotalBytes: 2_000 }, ['a'.repeat(900), 'b'.repeat(900)]],
  ])('if it is more than is kept: not %s', async (_what, journal, titles) => {
    const app = await startWithCards({ journal });
    const { client } = await away(app, '/cards/5', () => change(app, 5, ...titles));
    expect(recovered(client)).toMatchObject([{ recovered: false }]);

    const { client: other } = await away(app, '/cards/5', () => change(app, 5, 'short'));
    expect(story(other)).toEqual(['answer', 'card updated 5 short', 'sockets:recovered']);
    expect(recovered(other)).toMatchObject([{ recovered: true }]);
  });

  it('if it is older than what is kept', async () => {
    const clock = stopClock();
    const app = await startWithCards({ journal: { maxAge: 60_000 } });
    const first = await app.connect();
    const before = await read(first, '/cards/5');
    change(app, 5, 'old');
    await clock.pass(59_000);
    const [inTime, late] = [await app.connect(), await app.connect()];
    await read(inTime, '/cards/5', { 'realtime-since': sinceOf(before) });
    await clock.pass(2_000);
    await read(late, '/cards/5', { 'realtime-since': sinceOf(before) });
    await app.settle();

    expect(story(inTime)).toEqual(['answer', 'card updated 5 old', 'sockets:recovered']);
    expect(recovered(inTime)).toMatchObject([{ recovered: true }]);
    expect(story(late)).toEqual(['answer', 'sockets:recovered']);
    expect(recovered(late)).toMatchObject([{ recovered: false }]);
  });

  it('of one record only: what is known of a quiet one is not lost with a busy one', async () => {
    const app = await startWithCards({ journal: { maxEntries: 2 } });
    const { client } = await away(app, '/cards/9', () => {
      change(app, 9, 'quiet');
      change(app, 5, 'a', 'b', 'c', 'd');
    });

    expect(story(client)).toEqual(['answer', 'card updated 9 quiet', 'sockets:recovered']);
    expect(recovered(client)).toMatchObject([{ recovered: true }]);
  });
});

describe('A client that has nothing yet', () => {
  it('is told that it has everything, after whatever was published while the handler ran', async () => {
    const app = await startWithCards();
    change(app, 5, 'old');
    const client = await app.connect();
    const held = app.get(Cards).hold();
    const answer = read(client, '/cards/5', { 'realtime-since': 'new' });
    await held.read;
    change(app, 5, 'meanwhile');
    held.goOn();
    await answer;
    await app.settle();

    expect(story(client)).toEqual(['answer', 'card updated 5 meanwhile', 'sockets:recovered']);
    expect(recovered(client)).toMatchObject([{ recovered: true, resources: ['card'] }]);
  });

  it('is promised nothing by a read that subscribes nobody', async () => {
    const app = await startWithCards();
    const client = await app.connect();
    const { headers } = await read(client, '/cards/several/77', { 'realtime-since': 'new' });
    await app.settle();

    expect(headers).not.toHaveProperty('realtime-recovery');
    expect(headers).not.toHaveProperty('realtime-position');
    expect(story(client)).toEqual(['answer']);
  });
});
