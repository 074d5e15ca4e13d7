import { describe, expect, it } from 'vitest';
import type { LiveInitial, SocketsClient } from '../../../../src/front-ends/client/index.js';
import { SocketsModule, type SubscriptionPolicy } from '../../../../src/index.js';
import type { TestApplication } from '../../../support/application.js';
import { eventually } from '../../../support/eventually.js';
import { Gate } from '../../../support/gate.js';
import { client } from '../support/client.js';
import { byPosition, type Card, record, startBoard } from './support/board.js';

const LIST = '/boards/7/cards';

/** Reads a route as a server does that renders a page: over HTTP, without a socket. */
async function render(app: TestApplication, path: string): Promise<LiveInitial<Card[]>> {
  const response = await fetch(app.url + path, { headers: { 'realtime-since': 'new' } });
  return { body: (await response.json()) as Card[], position: response.headers.get('realtime-position') };
}

/** The requests that a client sends, from now on. */
function requestsOf(sockets: SocketsClient): string[] {
  const sent: string[] = [];
  sockets.socket.onAnyOutgoing((event: string) => void sent.push(event));
  return sent;
}

describe('A live query of what a server has rendered', () => {
  it('shows it at once, and asks for no body', async () => {
    const { app, cards, write } = await startBoard();
    const initial = await render(app, LIST);
    const sockets = client(app.url);
    const sent = requestsOf(sockets);
    const live = sockets.live<Card[]>(LIST, { initial });
    const states = record(live);
    expect(live.getSnapshot()).toEqual({ data: cards.list(({ boardId }) => boardId === 7), status: 'stale' });

    await live.ready();
    expect(states.map(({ status }) => status)).toEqual(['stale', 'live']);
    expect(states[1].data).toBe(initial.body);
    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(live.data?.[0].title).toBe('A'));
    expect(sent).toEqual(['head']);
  });

  it('shows what was published since, all at once, and only what has changed', async () => {
    const { app, write } = await startBoard();
    const initial = await render(app, LIST);
    await write('PATCH', '/cards/1', { title: 'A' });
    await write('DELETE', '/cards/2');
    await write('POST', '/cards', { title: 'e' });
    const sockets = client(app.url);
    const sent = requestsOf(sockets);
    const live = sockets.live<Card[]>(LIST, { initial, compare: byPosition });
    const states = record(live);

    await live.ready();

    expect(states.map(({ status, data }) => [status, data?.map(({ title }) => title)])).toEqual([
      ['stale', ['a', 'b', 'c']],
      ['live', ['A', 'c', 'e']],
    ]);
    expect(states[1].data?.[1]).toBe(initial.body[2]);
    expect(sent).toEqual(['head']);
  });

  it('does so beside others of the same resource, which have heard it before', async () => {
    const { app, write } = await startBoard();
    const [list, one] = [await render(app, LIST), await render(app, '/cards/1')];
    await write('PATCH', '/cards/1', { title: 'A' });
    const sockets = client(app.url);
    const first = sockets.live(LIST, { initial: list });
    await first.ready();
    await write('PATCH', '/cards/1', { done: true });
    await eventually(() => expect(first.data?.[0].done).toBe(true));

    const sent = requestsOf(sockets);
    const late = sockets.live('/cards/1', { initial: one });
    expect(await late.ready()).toMatchObject({ title: 'A', done: true });
    expect(sent).toEqual(['head']);
  });

  it('reads again if not all is known that its client has heard since', async () => {
    const { app, write } = await startBoard();
    const initial = await render(app, LIST);
    const sockets = client(app.url);
    await sockets.get(LIST);
    await write('PATCH', '/cards/1', { title: 'A' });
    await new Promise<void>((resolve) => sockets.once('card', () => resolve()));

    const live = sockets.live(LIST, { initial });
    const states = record(live);
    await live.ready();

    expect(states.map(({ status, data }) => [status, data?.[0].title])).toEqual([
      ['stale', 'a'],
      ['live', 'A'],
    ]);
  });

  it.each([
    ['what it shows has changed without anybody being told', (initial: LiveInitial<Card[]>) => initial, true],
    [
      'it was rendered long ago',
      ({ body }: LiveInitial<Card[]>) => ({ body, position: 'earlier; card=1 abc=1' }),
      false,
    ],
    ['it does not say how far it reaches', ({ body }: LiveInitial<Card[]>) => ({ body }), false],
  ])('reads again if %s', async (_why, made, isChanged) => {
    const { app, cards } = await startBoard();
    const initial = made(await render(app, '/open'));
    if (isChanged) cards.put({ id: 1, done: true });
    const sockets = client(app.url);
    const sent = requestsOf(sockets);
    const live = sockets.live<Card[]>('/open', { initial });
    const states = record(live);

    expect(await live.ready()).toEqual(cards.list(({ done }) => !done));
    expect(sent).toContain('get');
    expect(states.map(({ status }) => status)).toEqual(['stale', 'live']);
  });

  it('shows nothing of it any more if the route refuses its client', async () => {
    const { app, cards } = await startBoard();
    const initial = await render(app, LIST);
    cards.closed.add(7);
    const live = client(app.url).live(LIST, { initial });

    await expect(live.ready()).rejects.toMatchObject({ statusCode: 403 });
    expect(live).toMatchObject({ data: undefined, status: 'error', error: { statusCode: 403 } });
  });

  it('shows nothing of it again, by whatever rules, once the right to it was revoked', async () => {
    const { app, cards } = await startBoard();
    const initial = await render(app, LIST);
    const sockets = client(app.url);
    const first = sockets.live<Card[]>(LIST, { initial });
    const equal = sockets.live<Card[]>(LIST);
    for (const live of [first, equal]) live.subscribe(() => undefined);
    await equal.ready();
    cards.closed.add(7);
    app.sockets.get(sockets.id!)?.emit('revoked', { resource: 'card' });
    await eventually(() => expect(first).toMatchObject({ status: 'error', error: { code: 'FORBIDDEN' } }));

    const late = sockets.live<Card[]>(LIST, { initial, compare: byPosition });
    const states = record(late);

    await expect(late.ready()).rejects.toMatchObject({ statusCode: 403 });
    expect(states.map(({ status, data }) => [status, data])).toEqual([
      ['loading', undefined],
      ['error', undefined],
    ]);
  });

  it('shows nothing of it again, by whatever rules, once the right to a row of it was revoked', async () => {
    const { app, cards } = await startBoard();
    const initial = await render(app, LIST);
    const sockets = client(app.url);
    const first = sockets.live<Card[]>(LIST, { initial });
    await first.ready();
    const gate = new Gate();
    cards.before = () => gate.opened;
    app.sockets.get(sockets.id!)?.emit('revoked', { resource: 'card', ids: [1] });
    await eventually(() => expect(first.data?.map(({ id }) => id)).toEqual([2, 3]));

    const late = sockets.live<Card[]>(LIST, { initial, compare: byPosition });
    expect(late.getSnapshot()).toEqual({ data: undefined, status: 'loading' });
    gate.open();

    expect((await late.ready()).map(({ id }) => id)).toContain(2);
  });
});

describe('An answer to who has no socket', () => {
  it('says how far it reaches to who asks for that only', async () => {
    const { app } = await startBoard();
    const asked = await fetch(app.url + LIST, { headers: { 'realtime-since': 'new' } });
    const plain = await fetch(app.url + LIST);

    expect(asked.headers.get('realtime-position')).toMatch(/^[\w-]+; card=0 [\w-]+=0$/);
    expect(asked.headers.get('realtime-resource')).toMatch(/^card; id=id; select=items; slice=boardId$/);
    expect([...plain.headers.keys()].filter((name) => name.startsWith('realtime'))).toEqual([]);
  });

  it('says nothing of what its policy would not subscribe it to', async () => {
    const policy: SubscriptionPolicy = { canSubscribe: (_user, { slice }) => slice === undefined };
    const { app } = await startBoard({
      imports: [SocketsModule.forRoot({ resources: { card: { authorize: policy } } })],
    });

    expect((await render(app, LIST)).position).toBeNull();
    expect((await render(app, '/cards/1')).position).toMatch(/; card=0 /);
  });
});
