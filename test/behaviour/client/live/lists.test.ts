import { describe, expect, it } from 'vitest';
import type { Live } from '../../../../src/front-ends/client/index.js';
import { eventually } from '../../../support/eventually.js';
import { Gate } from '../../../support/gate.js';
import { client } from '../support/client.js';
import { listenToUncaught } from '../support/uncaught.js';
import { byPosition, type Card, record, startBoard } from './support/board.js';

const titles = (live: Live<Card[]>): string[] | undefined => live.data?.map(({ title }) => title);

describe('A live list', () => {
  it('shows the answer of its route, and then every change, without reading again', async () => {
    const { app, cards, write } = await startBoard();
    const live = client(app.url).live<Card[]>('/boards/:boardId/cards', {
      params: { boardId: 7 },
      compare: byPosition,
    });
    live.subscribe(() => undefined);
    expect(live.getSnapshot()).toEqual({ data: undefined, status: 'loading' });
    expect(await live.ready()).toEqual(cards.list(({ boardId }) => boardId === 7));
    expect(live.status).toBe('live');

    await write('PATCH', '/cards/2', { title: 'B' });
    await eventually(() => expect(titles(live)).toEqual(['a', 'B', 'c']));
    await write('POST', '/cards', { boardId: 7, title: 'e', position: 0 });
    await eventually(() => expect(titles(live)).toEqual(['e', 'a', 'B', 'c']));
    await write('PATCH', '/cards/3', { position: 1.5 });
    await eventually(() => expect(titles(live)).toEqual(['e', 'a', 'c', 'B']));
    await write('DELETE', '/cards/1');
    await eventually(() => expect(titles(live)).toEqual(['e', 'c', 'B']));
    await write('PATCH', '/cards/3', { boardId: 8 });
    await eventually(() => expect(titles(live)).toEqual(['e', 'B']));
    await write('PATCH', '/cards/4', { boardId: 7 });
    await eventually(() => expect(titles(live)).toEqual(['e', 'B', 'd']));

    expect(cards.count('list 7')).toBe(1);
  });

  it('keeps what has not changed identical, and says what has', async () => {
    const { app, write } = await startBoard();
    const live = client(app.url).live<Card[]>('/boards/7/cards');
    const before = await live.ready();
    const changes: unknown[] = [];
    live.subscribe((_state, change) => void changes.push(change));

    await write('PATCH', '/cards/2', { title: 'b!' });
    await eventually(() => expect(changes).toEqual([{ added: [], changed: [2], removed: [] }]));
    const after = live.data!;
    expect([after[0], after[2]]).toEqual([before[0], before[2]]);
    expect(after[0]).toBe(before[0]);
    expect(after[2]).toBe(before[2]);

    expect(await live.reload()).toBe(after);
    expect(live.getSnapshot()).toBe(live.getSnapshot());
    expect(changes).toHaveLength(1);
  });

  it('is ready at once if it had ended, and goes on with an equal one that is in step', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const ended = sockets.live<Card[]>('/boards/7/cards', { linger: 0 });
    await ended.ready();
    await eventually(() => expect(ended.status).toBe('stale'));
    const going = sockets.live<Card[]>('/boards/7/cards');
    going.subscribe(() => undefined);
    await going.ready();

    expect(await ended.ready()).toBe(going.data);
    expect(cards.count('list 7')).toBe(2);
  });

  it('is read again, once for several, where the order of what is new is not known', async () => {
    const { app, cards, write } = await startBoard();
    const live = client(app.url).live<Card[]>('/boards/7/cards');
    await live.ready();

    for (const title of ['e', 'f', 'g']) await write('POST', '/cards', { boardId: 7, title, position: 0 });

    await eventually(() => expect(titles(live)).toEqual(['e', 'f', 'g', 'a', 'b', 'c']));
    expect(cards.count('list 7')).toBeLessThanOrEqual(3);
  });

  it('is read again where a change may move a row, and not where it cannot', async () => {
    const { app, cards, write } = await startBoard();
    const live = client(app.url).live<Card[]>('/boards/7/cards');
    await live.ready();

    await write('PATCH', '/cards/2', { position: 2.5 });
    await eventually(() => expect(live.data?.[1].position).toBe(2.5));
    expect(cards.count('list 7')).toBe(1);

    await write('PATCH', '/cards/2', { position: 9 });
    await eventually(() => expect(titles(live)).toEqual(['a', 'c', 'b']));
    expect(cards.count('list 7')).toBe(2);
  });

  it('is in the order of the route while its function throws, which others of the url do not notice', async () => {
    const { app, write } = await startBoard();
    const sockets = client(app.url);
    const { uncaught } = listenToUncaught();
    const error = new Error('of a function');
    const byTitle = (one: Card, other: Card): number => {
      if (one.title === '' || other.title === '') throw error;
      return other.title.localeCompare(one.title);
    };
    await write('PATCH', '/cards/2', { title: '' });
    const [sorted, plain] = [
      sockets.live<Card[]>('/boards/7/cards', { compare: byTitle }),
      sockets.live<Card[]>('/boards/7/cards'),
    ];
    for (const live of [sorted, plain]) live.subscribe(() => undefined);

    await Promise.all([sorted.ready(), plain.ready()]);
    expect([titles(sorted), titles(plain)]).toEqual([
      ['a', '', 'c'],
      ['a', '', 'c'],
    ]);
    await write('PATCH', '/cards/2', { title: 'b' });
    await eventually(() =>
      expect([titles(sorted), titles(plain)]).toEqual([
        ['c', 'b', 'a'],
        ['a', 'b', 'c'],
      ]),
    );
    await write('PATCH', '/cards/1', { title: '' });
    await eventually(() =>
      expect([titles(sorted), titles(plain)]).toEqual([
        ['', 'b', 'c'],
        ['', 'b', 'c'],
      ]),
    );

    expect(new Set(uncaught)).toEqual(new Set([error]));
  });

  it('keeps the shape of the body, and is read again where that says how many there are', async () => {
    const { app, cards, write } = await startBoard();
    const live = client(app.url).live<{ items: Card[]; total: number }>('/boards/7/page', { compare: byPosition });
    await live.ready();

    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(live.data).toMatchObject({ items: [{ title: 'A' }, {}, {}], total: 3 }));
    expect(cards.count('page 7')).toBe(1);

    const states = record(live);
    await write('DELETE', '/cards/1');
    await eventually(() => expect(live.data).toMatchObject({ items: [{ title: 'b' }, { title: 'c' }], total: 2 }));
    for (const { data } of states) expect(data?.items).toHaveLength(data!.total);
  });

  it('is read again where what is gone seems to be there again, since messages of two servers may cross', async () => {
    const { app, cards, write } = await startBoard();
    const live = client(app.url).live<Card[]>('/boards/7/cards', { compare: byPosition });
    await live.ready();
    const states = record(live);
    await write('DELETE', '/cards/1');
    await eventually(() => expect(titles(live)).toEqual(['b', 'c']));

    await app.channel<Card>('card').publishCreate({ ...cards.one(2), id: 1, title: 'late' });
    await eventually(() => expect(cards.count('list 7')).toBe(2));
    await write('PATCH', '/cards/2', { title: 'B' });
    await eventually(() => expect(titles(live)).toEqual(['B', 'c']));

    expect(states.map(({ data }) => data?.length)).toEqual([3, 2, 2]);
  });

  it('is read again whatever happens, if it is filtered and does not say what it includes', async () => {
    const { app, cards, write } = await startBoard();
    const live = client(app.url).live<Card[]>('/boards/7/cards', { query: { done: false } });
    await live.ready();

    await write('PATCH', '/cards/2', { done: true });
    await eventually(() => expect(titles(live)).toEqual(['a', 'c']));

    expect(cards.count('list 7')).toBe(2);
  });

  it('is not, if it says what it includes', async () => {
    const { app, cards, write } = await startBoard();
    const live = client(app.url).live<Card[]>('/boards/7/cards', {
      query: { done: false },
      includes: ({ done }) => !done,
      compare: byPosition,
    });
    await live.ready();

    await write('PATCH', '/cards/2', { done: true });
    await eventually(() => expect(titles(live)).toEqual(['a', 'c']));
    await write('PATCH', '/cards/2', { title: 'B' });
    await write('PATCH', '/cards/2', { done: false });
    await eventually(() => expect(titles(live)).toEqual(['a', 'B', 'c']));

    expect(cards.count('list 7')).toBe(1);
  });

  it('shows the changes of its own client, which are not sent to it', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const live = sockets.live<Card[]>('/boards/7/cards');
    await live.ready();

    await sockets.patch('/cards/1', { title: 'mine' });

    await eventually(() => expect(titles(live)).toEqual(['mine', 'b', 'c']));
    expect(cards.count('list 7')).toBe(2);
  });

  it('shows what is published while its route reads only together with the answer', async () => {
    const { app, cards } = await startBoard();
    cards.before = async () => {
      cards.before = undefined;
      await app.channel<Card>('card').publishUpdate(1, cards.put({ id: 1, title: 'a little later' }));
    };
    const live = client(app.url).live<Card[]>('/boards/7/cards');
    const states = record(live);

    await live.ready();

    expect(states.map(({ data }) => data?.[0].title)).toEqual([undefined, 'a little later']);
  });

  it('shows what was handed on to another one before its own answer came, which lacks it', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const first = sockets.live<Card[]>('/boards/7/cards');
    await first.ready();
    const gate = new Gate();
    cards.before = () => gate.opened;
    const late = sockets.live<{ items: Card[] }>('/boards/7/page');
    const states = record(late);
    await eventually(() => expect(cards.count('page 7')).toBe(1));

    await app.channel<Card>('card').publishUpdate(1, cards.put({ id: 1, title: 'aa' }));
    await eventually(() => expect(titles(first)).toEqual(['aa', 'b', 'c']));
    gate.open();

    await late.ready();
    expect(states.map(({ data }) => data?.items[0].title)).toEqual([undefined, 'aa']);
    expect(cards.count('page 7')).toBe(1);
  });
});

describe('A live record', () => {
  it('shows its changes, and nothing once it is destroyed', async () => {
    const { app, write } = await startBoard();
    const live = client(app.url).live<Card>('/cards/1');
    await live.ready();

    await write('PATCH', '/cards/1', { title: 'A', boardId: 8 });
    await eventually(() => expect(live.data).toMatchObject({ title: 'A', boardId: 8 }));
    await write('DELETE', '/cards/1');
    await eventually(() =>
      expect(live).toMatchObject({ data: undefined, status: 'error', error: { statusCode: 404 } }),
    );
  });

  it('says why there is none', async () => {
    const { app } = await startBoard();
    const live = client(app.url).live<Card>('/cards/99');

    await expect(live.ready()).rejects.toMatchObject({ statusCode: 404, code: 'NOT_FOUND' });
    expect(live).toMatchObject({ data: undefined, status: 'error' });
  });
});
