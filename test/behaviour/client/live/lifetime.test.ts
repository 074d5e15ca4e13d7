import { describe, expect, it } from 'vitest';
import { from } from 'rxjs';
import type { Live, LiveState } from '../../../../src/front-ends/client/index.js';
import { eventually } from '../../../support/eventually.js';
import { Gate } from '../../../support/gate.js';
import { client, reaches } from '../support/client.js';
import { Line } from '../support/line.js';
import { byPosition, type Card, record, startBoard } from './support/board.js';

const LIST = '/boards/7/cards';

describe('Equal live queries', () => {
  it('share one read, in whatever order their queries are written', async () => {
    const { app, cards, write } = await startBoard();
    const sockets = client(app.url);
    const all = [
      sockets.live<Card[]>(LIST),
      sockets.live<Card[]>('/boards/:id/cards', { params: { id: 7 }, query: {} }),
      sockets.live<Card[]>(LIST, { query: { done: undefined } }),
    ];
    await Promise.all(all.map((live) => live.ready()));

    await write('PATCH', '/cards/1', { title: 'aa' });
    await eventually(() => {
      for (const live of all) expect(live.data?.[0].title).toBe('aa');
    });
    expect(cards.count('list 7')).toBe(1);
    expect(all[1].getSnapshot()).toBe(all[0].getSnapshot());
  });

  it('show what they share by rules of their own, if these differ', async () => {
    const { app, cards, write } = await startBoard();
    const sockets = client(app.url);
    const byTitle = (one: Card, other: Card): number => other.title.localeCompare(one.title);
    const up = sockets.live<Card[]>(LIST, { compare: byPosition });
    const down = sockets.live<Card[]>(LIST, { compare: byTitle });
    const open = sockets.live<Card[]>(LIST, { includes: ({ done }) => !done, compare: byPosition });
    const idle = sockets.live<Card[]>(LIST, { otherwise: 'ignore' });
    await Promise.all([up, down, open, idle].map((live) => live.ready()));
    const titles = (): (string | undefined)[] =>
      [up, down, open, idle].map(({ data }) => data?.map(({ title }) => title).join(''));

    await write('POST', '/cards', { title: 'e', position: 0 });
    await eventually(() => expect(titles()).toEqual(['eabc', 'ecba', 'eabc', 'abc']));
    await write('PATCH', '/cards/1', { done: true });
    await eventually(() => expect(titles()).toEqual(['eabc', 'ecba', 'ebc', 'abc']));
    expect(cards.count('list 7')).toBe(1);

    const late = sockets.live<Card[]>(LIST, { includes: ({ done }) => done, compare: byPosition });
    expect(late.status).toBe('live');
    expect(cards.count('list 7')).toBe(1);
  });

  it('show each change once more to who begins later, by rules of its own', async () => {
    const { app, cards, write } = await startBoard();
    const sockets = client(app.url);
    const first = sockets.live<Card[]>(LIST, { compare: byPosition });
    await first.ready();
    await write('PATCH', '/cards/2', { title: 'B', position: 9 });
    await eventually(() => expect(first.data?.[2].title).toBe('B'));

    const late = sockets.live<Card[]>(LIST, { compare: (one, other) => byPosition(other, one) });

    expect(late.getSnapshot()).toEqual({ status: 'live', data: first.data?.toReversed() });
    expect(cards.count('list 7')).toBe(1);
  });

  it('read once where a component is mounted, unmounted and mounted again', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    for (let mount = 0; mount < 3; mount++) {
      const live = sockets.live<Card[]>(LIST);
      live.subscribe(() => undefined)();
      live.close();
    }
    const live = sockets.live<Card[]>(LIST);
    live.subscribe(() => undefined);

    expect(await live.ready()).toHaveLength(3);
    expect(cards.count('list 7')).toBe(1);
  });

  it('end their subscription on the server when the last of them has ended, and begin anew', async () => {
    const { app, cards, write } = await startBoard();
    const sockets = client(app.url);
    const [one, other] = [1, 2].map(() => sockets.live<Card[]>(LIST, { linger: 0 }));
    const ends = [one, other].map((live) => live.subscribe(() => undefined));
    await one.ready();
    const watchers = async (): Promise<number> => (await app.channel('card').watchers({ boardId: 7 })).length;
    expect(await watchers()).toBe(1);

    ends[0]();
    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(other.data?.[0].title).toBe('A'));
    ends[1]();
    await eventually(async () => expect(await watchers()).toBe(0));
    expect(other.status).toBe('stale');
    await write('PATCH', '/cards/1', { title: 'unheard' });

    one.subscribe(() => undefined);
    expect((await one.ready())[0].title).toBe('unheard');
    expect(cards.count('list 7')).toBe(2);
  });

  it('go on for as long as any of them is to linger', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const channel = app.channel('card');
    const equal = [sockets.live<Card[]>(LIST), sockets.live<Card[]>(LIST, { linger: 0 })];
    for (const live of equal) await live.ready();
    for (const live of equal) live.subscribe(() => undefined)();
    const brief = sockets.live<Card>('/cards/4', { linger: 0 });
    brief.subscribe(() => undefined);
    await brief.ready();
    expect(await channel.subscribers(4)).toHaveLength(1);
    brief.close();

    await eventually(async () => expect(await channel.subscribers(4)).toEqual([]));
    expect(await channel.watchers({ boardId: 7 })).toHaveLength(1);
    expect(equal.map(({ status }) => status)).toEqual(['live', 'live']);
    expect(cards.count('list 7')).toBe(1);
  });

  it('leave no subscription behind if they end before they are answered', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const gate = new Gate();
    cards.before = () => gate.opened;
    const live = sockets.live<Card[]>(LIST, { linger: 0 });
    live.subscribe(() => undefined);
    await eventually(() => expect(cards.count('list 7')).toBe(1));
    live.close();
    await sockets.get('/cards/99').catch(() => undefined);
    gate.open();

    await sockets.get('/cards/99').catch(() => undefined);
    await eventually(async () => expect(await app.channel('card').watchers({ boardId: 7 })).toEqual([]));
    expect(live).toMatchObject({ data: undefined, status: 'closed' });
  });
});

describe('A live query', () => {
  it('keeps its data while there is no connection, and then shows what it has missed, at once', async () => {
    const { app, write } = await startBoard();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const live = sockets.live<Card[]>(LIST, { compare: byPosition });
    await live.ready();
    const states = record(live);

    line.cut();
    await reaches(sockets, 'reconnecting');
    await write('PATCH', '/cards/1', { title: 'A' });
    await write('DELETE', '/cards/2');
    expect(live).toMatchObject({ status: 'stale', data: [{ title: 'a' }, {}, {}] });
    line.mend();

    await eventually(() => expect(live).toMatchObject({ status: 'live', data: [{ title: 'A' }, { title: 'c' }] }));
    expect(states.map(({ status, data }) => [status, data?.length])).toEqual([
      ['live', 3],
      ['stale', 3],
      ['live', 2],
    ]);
  });

  it('is read again if what was lost is only told after its own answer, by that to another one', async () => {
    const { app, cards } = await startBoard();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const [one, other] = [sockets.live<Card>('/cards/1'), sockets.live<Card[]>('/boards/8/cards')];
    for (const live of [one, other]) live.subscribe(() => undefined);
    await Promise.all([one.ready(), other.ready()]);
    let isLost = false;
    const [listener] = sockets.socket.listeners('sockets:recovered');
    sockets.socket.off('sockets:recovered').on('sockets:recovered', (end: object) => {
      listener(isLost ? { ...end, recovered: false, resources: ['card'] } : end);
      isLost = false;
    });
    line.cut();
    await reaches(sockets, 'reconnecting');
    const gate = new Gate();
    cards.before = () => (cards.calls.at(-1) === 'list 8' ? gate.opened : undefined);
    line.mend();
    await eventually(() => expect([cards.count('one 1'), cards.count('list 8')]).toEqual([2, 2]));

    await sockets.get('/cards/2');
    isLost = true;
    gate.open();
    await eventually(() => expect([one.status, other.status]).toEqual(['live', 'live']));
  });

  it('goes on after its client was closed and opened again', async () => {
    const { app, write } = await startBoard();
    const sockets = client(app.url);
    const live = sockets.live<Card[]>(LIST);
    live.subscribe(() => undefined);
    await live.ready();

    sockets.close();
    expect(live.status).toBe('closed');
    await write('PATCH', '/cards/1', { title: 'A' });
    sockets.connect();

    await eventually(() => expect(live).toMatchObject({ status: 'live', data: [{ title: 'A' }, {}, {}] }));
  });

  it('forgets what its client may no longer read, and says so', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const live = sockets.live<Card[]>(LIST);
    await live.ready();
    const states = record(live);

    cards.closed.add(7);
    await app.channel('card').unwatch(sockets.id!, { boardId: 7 });
    app.sockets.get(sockets.id!)?.emit('revoked', { resource: 'card', slice: { boardId: 7 } });

    await eventually(() =>
      expect(live).toMatchObject({ status: 'error', error: { statusCode: 403, code: 'FORBIDDEN' } }),
    );
    expect(states[1]).toMatchObject({ data: undefined, status: 'error', error: { code: 'REVOKED' } });
    expect(cards.count('list 7')).toBe(2);
  });

  it('drops an answer that is on its way while the right to it is revoked', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const gate = new Gate();
    cards.before = () => gate.opened;
    const live = sockets.live<Card[]>(LIST);
    const states = record(live);
    await eventually(() => expect(cards.count('list 7')).toBe(1));

    cards.closed.add(7);
    app.sockets.get(sockets.id!)?.emit('revoked', { resource: 'card', slice: { boardId: 7 } });
    await eventually(() => expect(live.status).toBe('error'));
    gate.open();
    await sockets.get('/cards/4');

    expect(cards.count('list 7')).toBe(2);
    expect(states.filter(({ data }) => data !== undefined)).toEqual([]);
    expect(live.error).toMatchObject({ statusCode: 403 });
  });

  it('is closed at the end of the block that uses it', async () => {
    const { app } = await startBoard();
    const sockets = client(app.url);
    let kept: Live<Card[]>;
    {
      using live = sockets.live<Card[]>(LIST, { linger: 0 });
      live.subscribe(() => undefined);
      await live.ready();
      kept = live;
    }

    expect(kept).toMatchObject({ status: 'closed', data: [{}, {}, {}] });
    await eventually(async () => expect(await app.channel('card').watchers({ boardId: 7 })).toEqual([]));
  });

  it('gives its states to a loop, and to RxJS', async () => {
    const { app, write } = await startBoard();
    const live = client(app.url).live<Card>('/cards/1');
    const observed: LiveState<Card>[] = [];
    let isComplete = false;
    from(live).subscribe({ next: (state) => void observed.push(state), complete: () => (isComplete = true) });
    const looped: LiveState<Card>[] = [];
    for await (const state of live) {
      looped.push(state);
      if (state.data?.title === 'a') void write('PATCH', '/cards/1', { title: 'b' });
      if (state.data?.title === 'b') live.close();
    }

    expect(looped.map(({ data, status }) => [data?.title, status])).toEqual([
      [undefined, 'loading'],
      ['a', 'live'],
      ['b', 'live'],
      ['b', 'closed'],
    ]);
    expect(observed).toEqual(looped);
    expect(isComplete).toBe(true);
  });

  it.each([
    ['a url that is none', () => ['boards'] as const, /must be a path/],
    [
      'a parameter that is missing',
      () => ['/boards/:boardId', { params: {} }] as const,
      /needs the parameter "boardId"/,
    ],
    ['no parameters where there are names', () => ['/boards/:boardId'] as const, /needs the parameter "boardId"/],
    ['an option that is none', () => ['/a', { compere: byPosition }] as const, /there is no option "compere"/],
  ])('does not begin with %s', async (_what, args, message) => {
    const sockets = client('http://localhost:1', { autoConnect: false });
    expect(() => sockets.live(...(args() as unknown as [string]))).toThrow(message);
  });
});
