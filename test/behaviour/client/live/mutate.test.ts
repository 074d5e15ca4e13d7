import { describe, expect, it } from 'vitest';
import type { Live, LiveState, SocketsClient } from '../../../../src/front-ends/client/index.js';
import { eventually } from '../../../support/eventually.js';
import { Gate } from '../../../support/gate.js';
import { client, failure, reaches } from '../support/client.js';
import { Line } from '../support/line.js';
import { byPosition, type Card, record, REFUSED, startBoard } from './support/board.js';

const LIST = '/boards/7/cards';

const titled =
  (id: number, title: string) =>
  (data: Card[]): Card[] =>
    data.map((card) => (card.id === id ? { ...card, title } : card));

/** Changes the title of a card, and shows that at once. */
function retitle(live: Live<Card[]>, id: number, title: string, path = '/mirrored/cards'): Promise<unknown> {
  return live.mutate('patch', `${path}/${id}`, { title }, { optimistic: titled(id, title) });
}

/** Keeps from a client what the server tells it by an event, until the gate is opened. */
function holdEvents({ socket }: SocketsClient, event: string): Gate {
  const gate = new Gate();
  const listeners = socket.listeners(event);
  socket.off(event);
  for (const listener of listeners) socket.on(event, (...args) => void gate.opened.then(() => listener(...args)));
  return gate;
}

const titlesOf = (states: LiveState<Card[]>[]): (string | undefined)[] =>
  states.map(({ data }) => data?.map(({ title }) => title).join(' '));

describe('A change of a live query', () => {
  it('is shown at once, and is the data when it was published, without a state in between', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const live = sockets.live<Card[]>(LIST, { compare: byPosition });
    await live.ready();
    const states = record(live);

    const done = retitle(live, 1, 'A');
    expect(titlesOf(states)).toEqual(['a b c', 'A b c']);
    expect(await done).toMatchObject({ statusCode: 200, body: { title: 'A' } });

    expect(titlesOf(states)).toEqual(['a b c', 'A b c']);
    expect(cards.one(1).title).toBe('A');
    await retitle(live, 1, 'B');
    expect(titlesOf(states)).toEqual(['a b c', 'A b c', 'B b c']);
    await sockets.get('/cards/1');
    expect(cards.count('list 7')).toBe(1);
  });

  it('is shown until it is read, if its own client is not told of it', async () => {
    const { app, cards, write } = await startBoard();
    const live = client(app.url).live<Card[]>(LIST);
    await live.ready();
    const states = record(live);

    await retitle(live, 1, 'A', '/cards');
    await eventually(() => expect(cards.count('list 7')).toBe(2));
    await write('PATCH', '/cards/1', { title: 'theirs' });
    await eventually(() => expect(live.data?.[0].title).toBe('theirs'));

    expect(titlesOf(states)).toEqual(['a b c', 'A b c', 'theirs b c']);
  });

  it('stays over what happens until the server has done it', async () => {
    const { app, cards, write } = await startBoard();
    const gate = new Gate();
    cards.beforeChange = ({ title }) => (title === 'A' ? gate.opened : undefined);
    const live = client(app.url).live<Card[]>(LIST, { compare: byPosition });
    await live.ready();
    const states = record(live);

    const done = retitle(live, 1, 'A');
    await write('PATCH', '/cards/2', { title: 'B' });
    await eventually(() => expect(live.data?.[1].title).toBe('B'));
    await write('PATCH', '/cards/1', { title: 'theirs', done: true });
    await eventually(() => expect(live.data?.[0].done).toBe(true));
    await live.reload();
    gate.open();
    await done;

    expect(titlesOf(states)).toEqual(['a b c', 'A b c', 'A B c', 'A B c']);
    expect(live.data?.[0]).toMatchObject({ title: 'A', done: true });
  });

  it('holds back what is told of its own record only, as long as the server is at work', async () => {
    const { app, cards, write } = await startBoard();
    const gate = new Gate();
    let asked = 0;
    cards.beforeChange = ({ title }) => (title === 'A' ? (asked++, gate.opened) : undefined);
    const live = client(app.url).live<Card[]>(LIST, { compare: byPosition });
    await live.ready();
    const states = record(live);

    const options = { optimistic: titled(1, 'A'), headers: { 'mutation-id': 'slow' } };
    const done = live.mutate('patch', '/mirrored/cards/1', { title: 'A' }, options);
    await eventually(() => expect(asked).toBe(1));
    // The first of what the change publishes.
    await app.channel<Card>('card').publishUpdate(1, cards.put({ id: 1, done: true }), { mutation: 'slow' });
    await write('PATCH', '/cards/1', { title: 'theirs' });
    await write('PATCH', '/cards/2', { title: 'B' });
    await write('DELETE', '/cards/3');
    await write('POST', '/cards', { title: 'e' });
    await eventually(() => expect(live.data?.map(({ title }) => title)).toEqual(['A', 'B', 'e']));
    expect(live.data?.[0].done).toBe(false);
    gate.open();
    await done;

    expect(titlesOf(states)).toEqual(['a b c', 'A b c', 'A B c', 'A B', 'A B e', 'A B e']);
    expect(live.data?.[0]).toMatchObject({ title: 'A', done: true });
    expect(cards.count('list 7')).toBe(1);
  });

  it('is taken back if it is refused, and leaves the others', async () => {
    const { app, cards, write } = await startBoard();
    const gate = new Gate();
    cards.beforeChange = ({ title }) => (title === 'C' ? undefined : gate.opened);
    const live = client(app.url).live<Card[]>(LIST, { compare: byPosition });
    await live.ready();
    const states = record(live);

    const refused = failure(retitle(live, 1, REFUSED));
    const done = retitle(live, 2, 'B');
    await write('PATCH', '/cards/3', { title: 'C' });
    await eventually(() => expect(live.data?.[2].title).toBe('C'));
    gate.open();

    expect(await refused).toMatchObject({ statusCode: 403 });
    await done;
    expect(titlesOf(states)).toEqual(['a b c', 'refused b c', 'refused B c', 'refused B C', 'a B C']);
  });

  it('is one of several, which are shown in the order in which they were made', async () => {
    const { app, cards } = await startBoard();
    const gates = new Map(['A', 'B', 'C'].map((title) => [title, new Gate()]));
    cards.beforeChange = ({ title = '' }) => gates.get(title)?.opened;
    const live = client(app.url).live<Card[]>(LIST, { compare: byPosition });
    await live.ready();
    const states = record(live);

    const all = ['A', 'B', 'C'].map((title) => retitle(live, 1, title));
    for (const [index, gate] of [...gates.values()].entries()) {
      gate.open();
      await all[index];
      expect(live.data?.[0].title).toBe('C');
    }

    expect(titlesOf(states)).toEqual(['a b c', 'A b c', 'B b c', 'C b c']);
  });

  it('is shown without a connection, and is sent when there is one', async () => {
    const { app, cards, write } = await startBoard();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const live = sockets.live<Card[]>(LIST);
    await live.ready();
    line.cut();
    await reaches(sockets, 'reconnecting');
    const states = record(live);

    const done = retitle(live, 1, 'A');
    expect(live).toMatchObject({ status: 'stale', data: [{ title: 'A' }, {}, {}] });
    await write('PATCH', '/cards/2', { title: 'B' });
    line.mend();
    await done;

    expect(titlesOf(states)).toEqual(['a b c', 'A b c', 'A B c']);
    expect(cards.one(1).title).toBe('A');
  });

  it('stays where nobody knows whether it was done, until an answer says so', async () => {
    const { app, cards } = await startBoard();
    const gate = new Gate();
    let asked = 0;
    cards.beforeChange = () => {
      asked++;
      return gate.opened;
    };
    const line = await Line.to(app.url);
    const live = client(line.url).live<Card[]>(LIST);
    await live.ready();
    const states = record(live);

    const lost = failure(retitle(live, 1, 'A'));
    await eventually(() => expect(asked).toBe(1));
    line.cut();
    expect(await lost).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(live).toMatchObject({ status: 'stale', data: [{ title: 'A' }, {}, {}] });
    line.mend();

    await eventually(() => expect(live).toMatchObject({ status: 'live', data: [{ title: 'a' }, {}, {}] }));
    expect(titlesOf(states)).toEqual(['a b c', 'A b c', 'A b c', 'a b c']);
    gate.open();
  });

  it('stays over an answer that has come before it was done, and is shown after it', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    await reaches(sockets, 'connected');
    const shown = holdEvents(sockets, 'sockets:recovered');
    const live = sockets.live<Card[]>(LIST, { initial: { body: cards.list(({ boardId }) => boardId === 7) } });
    const states = record(live);
    await eventually(() => expect(cards.count('list 7')).toBe(1));
    // Its answer comes after that of the list.
    await sockets.get('/cards/4');
    expect(live.status).toBe('stale');

    const read = new Gate();
    cards.before = () => read.opened;
    await retitle(live, 1, 'A', '/cards');
    await eventually(() => expect(cards.count('list 7')).toBe(2));
    shown.open();
    await live.ready();
    expect(titlesOf(states)).toEqual(['a b c', 'A b c', 'A b c']);
    cards.before = undefined;
    read.open();
    cards.put({ id: 1, title: 'silent' });
    await live.reload();

    expect(titlesOf(states)).toEqual(['a b c', 'A b c', 'A b c', 'silent b c']);
  });

  it('has a new record take the place of the one that was expected, at once', async () => {
    const { app } = await startBoard();
    const live = client(app.url).live<Card[]>(LIST, { compare: byPosition });
    await live.ready();
    const states = record(live);
    const fresh: Card = { id: -1, boardId: 7, title: 'new', done: false, position: 9, labels: [] };

    await live.mutate(
      'post',
      '/mirrored/cards',
      { title: 'new', position: 9 },
      {
        optimistic: (data) => [...data, fresh],
      },
    );

    expect(titlesOf(states)).toEqual(['a b c', 'a b c new', 'a b c new']);
    expect(states.map(({ data }) => data?.[3]?.id)).toEqual([undefined, -1, 5]);
  });

  it('is not sent if what it will do to the data cannot be said', async () => {
    const { app, cards } = await startBoard();
    const live = client(app.url).live<Card[]>(LIST);
    await live.ready();
    const optimistic = (): Card[] => {
      throw new Error('no such card');
    };

    await expect(live.mutate('patch', '/cards/1', { title: 'A' }, { optimistic })).rejects.toThrow('no such card');
    await expect(live.mutate('patch', '/cards/2', {}, { optimistic: 5 as never })).rejects.toThrow(TypeError);
    await live.mutate('patch', '/cards/3', { title: 'C' });

    await eventually(() => expect(live.data?.map(({ title }) => title)).toEqual(['a', 'b', 'C']));
    expect(cards.one(1).title).toBe('a');
  });
});
