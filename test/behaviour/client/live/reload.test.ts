import { ForbiddenException } from '@nestjs/common';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { eventually } from '../../../support/eventually.js';
import { Gate } from '../../../support/gate.js';
import { client, failure, reaches } from '../support/client.js';
import { Line } from '../support/line.js';
import { byPosition, type Card, type Cards, record, startBoard } from './support/board.js';

const LIST = '/boards/7/cards';

const titles = (cards: Card[] = []): string => cards.map(({ title }) => title).join(' ');

/** Has the next read wait after it has read. */
function holdNext(cards: Cards): Gate {
  const gate = new Gate();
  cards.before = () => {
    cards.before = undefined;
    return gate.opened;
  };
  return gate;
}

describe('Reloading a live query', () => {
  it('waits for a read that begins after the call, also while the first one is under way', async () => {
    const { app, cards } = await startBoard();
    const gate = holdNext(cards);
    const live = client(app.url).live<Card[]>(LIST);
    const first = live.ready();
    await eventually(() => expect(cards.count('list 7')).toBe(1));
    cards.put({ id: 1, title: 'silent' });

    const reloaded = live.reload();
    gate.open();

    expect(titles(await first)).toBe('a b c');
    expect(titles(await reloaded)).toBe('silent b c');
    expect(cards.count('list 7')).toBe(2);
  });

  it('reads anew if the first read was refused that was under way', async () => {
    const { app, cards } = await startBoard();
    const gate = new Gate();
    cards.before = async () => {
      await gate.opened;
      throw new ForbiddenException();
    };
    const live = client(app.url).live<Card[]>(LIST);
    const first = failure(live.ready());
    await eventually(() => expect(cards.count('list 7')).toBe(1));
    cards.before = undefined;

    const reloaded = live.reload();
    gate.open();

    expect(await first).toMatchObject({ statusCode: 403 });
    expect(titles(await reloaded)).toBe('a b c');
    expect(live.status).toBe('live');
  });

  it('is over with the first read of the next connection, if the connection is lost', async () => {
    const { app, cards } = await startBoard();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const live = sockets.live<Card[]>(LIST);
    live.subscribe(() => undefined);
    await live.ready();
    const gate = holdNext(cards);
    const one = live.reload();
    await eventually(() => expect(cards.count('list 7')).toBe(2));
    const other = live.reload();

    line.cut();
    await reaches(sockets, 'reconnecting');
    const third = live.reload();
    cards.put({ id: 1, title: 'silent' });
    gate.open();
    line.mend();

    expect((await Promise.all([one, other, third])).map(titles)).toEqual(Array(3).fill('silent b c'));
    expect(cards.count('list 7')).toBe(3);
  });

  it('is over with the answer to a first read that was sent once more on the next connection', async () => {
    const { app, cards } = await startBoard();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const gate = holdNext(cards);
    const live = sockets.live<Card[]>(LIST);
    live.subscribe(() => undefined);
    await eventually(() => expect(cards.count('list 7')).toBe(1));
    const reloaded = live.reload();

    line.cut();
    await reaches(sockets, 'reconnecting');
    cards.put({ id: 1, title: 'silent' });
    gate.open();
    line.mend();

    expect(titles(await reloaded)).toBe('silent b c');
    expect(cards.count('list 7')).toBe(2);
  });

  it('fails if the client is closed', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const live = sockets.live<Card[]>(LIST);
    await live.ready();
    const gate = holdNext(cards);
    const one = failure(live.reload());
    await eventually(() => expect(cards.count('list 7')).toBe(2));
    const other = failure(live.reload());

    sockets.close();
    const late = failure(live.reload());
    gate.open();

    expect((await Promise.all([one, other, late])).map(({ code }) => code)).toEqual(Array(3).fill('CLOSED'));
  });

  it('shows what was read in the end where an answer was overtaken, and a change was settled meanwhile', async () => {
    const { app, cards, write } = await startBoard();
    const live = client(app.url).live<Card[]>(LIST, { compare: byPosition });
    await live.ready();
    const states = record(live);
    const gate = holdNext(cards);
    const one = live.reload();
    await eventually(() => expect(cards.count('list 7')).toBe(2));

    const fresh: Card = { id: -1, boardId: 7, title: 'new', done: false, position: 9, labels: [] };
    const optimistic = (data: Card[]): Card[] => [...data, fresh];
    await live.mutate('post', '/cards', { title: 'new', position: 9 }, { optimistic });
    const other = live.reload();
    await write('PATCH', '/cards/2', { title: 'B' });
    await eventually(() => expect(titles(live.data)).toBe('a B c new'));
    gate.open();

    expect((await Promise.all([one, other])).map(titles)).toEqual(Array(2).fill('a B c new'));
    expect(live.data?.map(({ id }) => id)).toEqual([1, 2, 3, 5]);
    expect(states.map(({ data }) => titles(data))).toEqual(['a b c', 'a b c new', 'a B c new', 'a B c new']);
  });
});

describe('A live query that is being read again', () => {
  it.for([true, false])('reads once more where the answer is older than a change (journal: %s)', async (hasJournal) => {
    const journal = hasJournal ? {} : { journal: false as const };
    const { app, cards, write } = await startBoard({ imports: [SocketsModule.forRoot(journal)] });
    const sockets = client(app.url);
    const live = sockets.live<Card>('/cards/1');
    await live.ready();
    const calls = cards.count('one 1');
    const gate = holdNext(cards);
    const reloaded = live.reload();
    await eventually(() => expect(cards.count('one 1')).toBe(calls + 1));

    const heard = once(sockets.socket as never, 'card');
    await write('PATCH', '/cards/1', { title: 'changed' });
    await heard;
    gate.open();

    await reloaded;
    await expect.poll(() => live.data?.title).toBe('changed');
  });
});
