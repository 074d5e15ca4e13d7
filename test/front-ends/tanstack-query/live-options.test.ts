import {
  type DefaultOptions,
  dehydrate,
  type DehydratedState,
  hydrate,
  onlineManager,
  QueryClient,
  QueryObserver,
} from '@tanstack/query-core';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { LiveInitial, SocketsClient } from '../../../src/front-ends/client/index.js';
import { byPosition, type Card, startBoard } from '../../behaviour/client/live/support/board.js';
import { client, reaches } from '../../behaviour/client/support/client.js';
import { Line } from '../../behaviour/client/support/line.js';
import type { TestApplication } from '../../support/application.js';
import { eventually } from '../../support/eventually.js';
import { Gate } from '../../support/gate.js';

type TanStackQuery = typeof import('../../../src/front-ends/tanstack-query/index.js');
let liveOptions: TanStackQuery['liveOptions'];

// Each test is a page that was loaded just now.
beforeEach(async () => {
  vi.resetModules();
  ({ liveOptions } = await import('../../../src/front-ends/tanstack-query/index.js'));
});

/** Has the test go on as a server does, until the function is called that it returns. */
function leavePage(): () => void {
  const page = Object.getOwnPropertyDescriptor(globalThis, 'window')!;
  Reflect.deleteProperty(globalThis, 'window');
  const enter = (): void => void Object.defineProperty(globalThis, 'window', page);
  onTestFinished(enter);
  return enter;
}

/** Queries as an application has them, by default with the default options of TanStack Query. */
function queries(defaults: DefaultOptions['queries'] = {}): QueryClient {
  const queryClient = new QueryClient({ defaultOptions: { queries: defaults } });
  queryClient.mount();
  onTestFinished(() => {
    queryClient.clear();
    queryClient.unmount();
  });
  return queryClient;
}

const LIST = '/boards/:boardId/cards';

const cardsOf = (sockets: SocketsClient, options: { linger?: number; initial?: LiveInitial<Card[]> } = {}) =>
  liveOptions<Card[]>(sockets, LIST, { params: { boardId: 7 }, compare: byPosition, ...options });

type Options = Omit<ReturnType<typeof cardsOf>, 'retryOnMount'> & { retryOnMount: boolean };

/** A component that shows a query. */
function show(queryClient: QueryClient, options: Options): { titles: () => string | undefined; end: () => void } {
  const observer = new QueryObserver<Card[]>(queryClient, options);
  const end = observer.subscribe(() => undefined);
  onTestFinished(end);
  return {
    titles: () =>
      observer
        .getCurrentResult()
        .data?.map(({ title }) => title)
        .join(''),
    end,
  };
}

const stateOf = (queryClient: QueryClient, { queryKey }: Options) => queryClient.getQueryState(queryKey);

const watchers = async (app: TestApplication): Promise<number> =>
  (await app.channel('card').watchers({ boardId: 7 })).length;

describe('A query of liveOptions', () => {
  it('shows what the route answers, and each change, without being fetched for it', async () => {
    const { app, cards, write } = await startBoard();
    const [queryClient, options] = [queries(), cardsOf(client(app.url))];
    const list = show(queryClient, options);
    await eventually(() => expect(list.titles()).toBe('abc'));

    await write('PATCH', '/cards/1', { title: 'A' });
    await write('PATCH', '/cards/2', { boardId: 8 });
    await write('PATCH', '/cards/4', { boardId: 7 });
    await write('POST', '/cards', { title: 'e' });
    await eventually(() => expect(list.titles()).toBe('Acde'));

    expect(cards.count('list 7')).toBe(1);
    expect(options.queryKey).toEqual(['sockets', LIST, { params: { boardId: 7 } }]);
  });

  it('is not fetched for ever, and shows what comes after it was fetched again', async () => {
    const { app, cards, write } = await startBoard();
    const [queryClient, options] = [queries(), cardsOf(client(app.url))];
    const list = show(queryClient, options);
    await eventually(() => expect(list.titles()).toBe('abc'));
    expect(stateOf(queryClient, options)?.fetchStatus).toBe('idle');

    await queryClient.refetchQueries({ queryKey: ['sockets'] });
    await write('POST', '/cards', { title: 'e' });
    await eventually(() => expect(list.titles()).toBe('abce'));
    await queryClient.invalidateQueries({ queryKey: ['sockets', LIST] });
    await write('POST', '/cards', { title: 'f' });

    await eventually(() => expect(list.titles()).toBe('abcef'));
    expect(stateOf(queryClient, options)?.fetchStatus).toBe('idle');
    expect(cards.count('list 7')).toBe(3);
  });

  it('is read once and subscribed once for two who show it, and ends some time after the last of them', async () => {
    const { app, cards, write } = await startBoard();
    const [queryClient, options] = [queries(), cardsOf(client(app.url), { linger: 0 })];
    const one = show(queryClient, options);
    await eventually(() => expect(one.titles()).toBe('abc'));
    const other = show(queryClient, options);
    expect(other.titles()).toBe('abc');
    expect(stateOf(queryClient, options)?.fetchStatus).toBe('idle');

    one.end();
    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(other.titles()).toBe('Abc'));
    expect(await watchers(app)).toBe(1);
    other.end();

    await eventually(async () => expect(await watchers(app)).toBe(0));
    expect(cards.count('list 7')).toBe(1);
  });

  it('shows what happened after it had ended, to who shows it then', async () => {
    const { app, cards, write } = await startBoard();
    const [queryClient, options] = [queries(), cardsOf(client(app.url), { linger: 0 })];
    const first = show(queryClient, options);
    await eventually(() => expect(first.titles()).toBe('abc'));
    first.end();
    await eventually(async () => expect(await watchers(app)).toBe(0));
    await write('PATCH', '/cards/1', { title: 'A' });

    const second = show(queryClient, options);

    expect(second.titles()).toBe('abc');
    await eventually(() => expect(second.titles()).toBe('Abc'));
    expect(cards.count('list 7')).toBe(2);
  });

  it('does so, too, where the application reads nothing again that it shows again', async () => {
    const { app, cards, write } = await startBoard();
    const queryClient = queries({ refetchOnMount: false, retryOnMount: false, staleTime: 'static' });
    const options = cardsOf(client(app.url), { linger: 0 });
    cards.closed.add(7);
    const first = show(queryClient, options);
    await eventually(() => expect(stateOf(queryClient, options)?.status).toBe('error'));
    first.end();
    cards.closed.clear();

    const second = show(queryClient, options);
    await eventually(() => expect(second.titles()).toBe('abc'));
    second.end();
    await eventually(async () => expect(await watchers(app)).toBe(0));
    await write('PATCH', '/cards/1', { title: 'A' });

    const third = show(queryClient, options);
    await eventually(() => expect(third.titles()).toBe('Abc'));
  });

  it('is in step, and not read again, for who shows it a moment after it was shown last', async () => {
    const { app, cards, write } = await startBoard();
    const sockets = client(app.url);
    const [queryClient, options] = [queries(), cardsOf(sockets)];
    const first = show(queryClient, options);
    await eventually(() => expect(first.titles()).toBe('abc'));
    first.end();
    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(queryClient.getQueryData(options.queryKey)?.[0].title).toBe('A'));

    const second = show(queryClient, options);

    expect(second.titles()).toBe('Abc');
    await sockets.get('/cards/4');
    expect(cards.count('list 7')).toBe(1);
  });

  it('is followed after it was fetched ahead, for who shows it then', async () => {
    const { app, cards, write } = await startBoard();
    const [queryClient, options] = [queries(), cardsOf(client(app.url))];
    await queryClient.query(options);
    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(queryClient.getQueryData(options.queryKey)?.[0].title).toBe('A'));

    const list = show(queryClient, options);

    expect(list.titles()).toBe('Abc');
    expect(cards.count('list 7')).toBe(1);
  });

  it('ends with its query, be it removed or fetched for nobody', async () => {
    const { app } = await startBoard();
    const sockets = client(app.url);
    const queryClient = queries();
    await queryClient.query(cardsOf(sockets, { linger: 0 }));
    await eventually(async () => expect(await watchers(app)).toBe(0));
    await queryClient.query(cardsOf(sockets, { linger: 1_000_000 }));
    expect(await watchers(app)).toBe(1);

    queryClient.removeQueries();

    await eventually(async () => expect(await watchers(app)).toBe(0));
  });

  it('shows no older answer in place of what was heard while it was on its way', async () => {
    const { app, cards, write } = await startBoard();
    const [queryClient, options] = [queries(), cardsOf(client(app.url))];
    const list = show(queryClient, options);
    await eventually(() => expect(list.titles()).toBe('abc'));
    const gate = new Gate();
    cards.before = () => gate.opened;
    const fetched = queryClient.refetchQueries();
    await eventually(() => expect(cards.count('list 7')).toBe(2));

    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(list.titles()).toBe('Abc'));
    gate.open();
    await fetched;

    expect(list.titles()).toBe('Abc');
  });

  it('shows what was heard after its answer, though that is handed on late', async () => {
    const { app, write } = await startBoard();
    const sockets = client(app.url);
    const [queryClient, options] = [queries(), cardsOf(sockets)];
    const heard = new Promise<unknown>((resolve) => sockets.once('card', resolve));
    const queryFn: Options['queryFn'] = async (context) => {
      const answer = await options.queryFn(context);
      await write('PATCH', '/cards/1', { title: 'A' });
      await heard;
      return answer;
    };

    const list = show(queryClient, { ...options, queryFn });

    await eventually(() => expect(list.titles()).toBe('Abc'));
  });

  it('keeps its data while there is no connection, and then shows what it has missed', async () => {
    const { app, write } = await startBoard();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const [queryClient, options] = [queries(), cardsOf(sockets)];
    const list = show(queryClient, options);
    await eventually(() => expect(list.titles()).toBe('abc'));

    line.cut();
    onlineManager.setOnline(false);
    onTestFinished(() => onlineManager.setOnline(true));
    await reaches(sockets, 'reconnecting');
    await write('PATCH', '/cards/1', { title: 'A' });
    expect(list.titles()).toBe('abc');
    line.mend();
    onlineManager.setOnline(true);

    await eventually(() => expect(list.titles()).toBe('Abc'));
    expect(stateOf(queryClient, options)).toMatchObject({ status: 'success', fetchStatus: 'idle' });
  });

  it('fails at once with what the route refuses it with, and is there once it does not', async () => {
    const { app, cards } = await startBoard();
    cards.closed.add(7);
    const [queryClient, options] = [queries(), cardsOf(client(app.url))];
    const list = show(queryClient, options);
    await eventually(() =>
      expect(stateOf(queryClient, options)).toMatchObject({ status: 'error', error: { statusCode: 403 } }),
    );
    expect(cards.count('list 7')).toBe(1);

    cards.closed.clear();
    await queryClient.refetchQueries();

    expect(list.titles()).toBe('abc');
    expect(stateOf(queryClient, options)).toMatchObject({ status: 'success', error: null });
  });

  describe.each([
    ['to a slice', { resource: 'card', slice: { boardId: 7 } }],
    ['to a resource', { resource: 'card' }],
    ['to everything', { everything: true }],
  ])('whose user loses the right %s', (_, revocation) => {
    async function revocable(initial?: LiveInitial<Card[]>) {
      const { app, cards } = await startBoard();
      const sockets = client(app.url);
      const [queryClient, options] = [queries(), cardsOf(sockets, initial && { initial })];
      const list = show(queryClient, options);
      await eventually(() => expect(list.titles()).toBe('abc'));
      const revoke = (): void => {
        cards.closed.add(7);
        app.sockets.get(sockets.id!)?.emit('revoked', revocation);
      };
      return { cards, sockets, queryClient, options, list, revoke };
    }

    it('forgets its data', async () => {
      const { queryClient, options, list, revoke } = await revocable();

      revoke();

      await eventually(() =>
        expect(stateOf(queryClient, options)).toMatchObject({ status: 'error', error: { code: 'FORBIDDEN' } }),
      );
      expect(queryClient.getQueryData(options.queryKey)).toBeUndefined();
      expect(list.titles()).toBeUndefined();
    });

    it('forgets them, too, while it is being fetched', async () => {
      const { cards, sockets, queryClient, options, list, revoke } = await revocable();
      const revoked = new Promise((resolve) => sockets.onRevoked(resolve));
      const gate = new Gate();
      cards.before = () => gate.opened;
      const fetched = queryClient.refetchQueries();
      await eventually(() => expect(cards.count('list 7')).toBe(2));

      revoke();
      await revoked;
      await eventually(() => expect(list.titles()).toBeUndefined());
      gate.open();
      await fetched;

      await eventually(() => expect(stateOf(queryClient, options)).toMatchObject({ error: { code: 'FORBIDDEN' } }));
      expect(list.titles()).toBeUndefined();
    });

    it('shows nothing again that a server has rendered', async () => {
      const initial = { body: [{ id: 1, title: 'rendered' } as Card] };
      const { sockets, queryClient, options, revoke } = await revocable(initial);
      revoke();
      await eventually(() => expect(stateOf(queryClient, options)?.status).toBe('error'));

      const list = show(queryClient, { ...cardsOf(sockets, { initial }), retryOnMount: false });

      expect(list.titles()).toBeUndefined();
    });
  });

  it('shows no record any more to which its user has lost the right', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const [queryClient, options] = [queries(), cardsOf(sockets)];
    const list = show(queryClient, options);
    await eventually(() => expect(list.titles()).toBe('abc'));
    const gate = new Gate();
    cards.before = () => gate.opened;
    cards.all.delete(1);

    app.sockets.get(sockets.id!)?.emit('revoked', { resource: 'card', ids: [1] });

    await eventually(() => expect(list.titles()).toBe('bc'));
    gate.open();
    expect(stateOf(queryClient, options)?.status).toBe('success');
  });

  it('forgets its data when the route refuses to be read again', async () => {
    const { app, cards } = await startBoard();
    const [queryClient, options] = [queries(), cardsOf(client(app.url))];
    const list = show(queryClient, options);
    await eventually(() => expect(list.titles()).toBe('abc'));
    cards.closed.add(7);

    await queryClient.refetchQueries();

    expect(list.titles()).toBeUndefined();
    expect(stateOf(queryClient, options)).toMatchObject({ status: 'error', error: { statusCode: 403 } });
  });

  it('has rows that are the same objects until they change', async () => {
    const { app, write } = await startBoard();
    const [queryClient, options] = [queries(), cardsOf(client(app.url))];
    const list = show(queryClient, options);
    await eventually(() => expect(list.titles()).toBe('abc'));
    const before = queryClient.getQueryData(options.queryKey);

    await write('PATCH', '/cards/2', { title: 'B' });
    await eventually(() => expect(list.titles()).toBe('aBc'));
    await queryClient.refetchQueries();

    const after = queryClient.getQueryData(options.queryKey);
    expect([0, 1, 2].map((n) => after?.[n] === before?.[n])).toEqual([true, false, true]);
  });

  it('shows what a server has dehydrated, and is read once for it to be in step', async () => {
    const { app, cards, write } = await startBoard();
    const onServer = queries();
    const readBySockets = client(app.url);
    const beInPage = leavePage();
    await onServer.query(cardsOf(readBySockets));
    const state = JSON.parse(JSON.stringify(dehydrate(onServer))) as unknown;
    beInPage();
    readBySockets.close();
    await write('PATCH', '/cards/1', { title: 'A' });

    const [queryClient, options] = [queries(), cardsOf(client(app.url))];
    hydrate(queryClient, state as DehydratedState);
    const list = show(queryClient, options);

    expect(list.titles()).toBe('abc');
    await eventually(() => expect(list.titles()).toBe('Abc'));
    expect(cards.count('list 7')).toBe(2);
  });

  it('goes on from what a server has rendered, without a second read', async () => {
    const { app, write } = await startBoard();
    const response = await fetch(`${app.url}/boards/7/cards`, { headers: { 'realtime-since': 'new' } });
    const body = (await response.json()) as Card[];
    const initial = { body, position: response.headers.get('realtime-position') };
    await write('PATCH', '/cards/1', { title: 'A' });
    const sockets = client(app.url);
    const requests: string[] = [];
    sockets.socket.onAnyOutgoing((event: string) => void requests.push(event));

    const [queryClient, options] = [queries(), cardsOf(sockets, { initial })];
    const list = show(queryClient, options);

    expect(list.titles()).toBe('abc');
    await eventually(() => expect(list.titles()).toBe('Abc'));
    await write('PATCH', '/cards/1', { title: 'AA' });
    await eventually(() => expect(list.titles()).toBe('AAbc'));
    expect(requests).toEqual(['head']);
  });

  it('shows nothing of one user to the next, who has another client', async () => {
    const { app } = await startBoard();
    const ofOther = await startBoard();
    ofOther.cards.put({ id: 1, title: 'A' });
    const [queryClient, first] = [queries(), client(app.url)];
    const observer = new QueryObserver<Card[]>(queryClient, cardsOf(first));
    onTestFinished(observer.subscribe(() => undefined));
    const titles = () =>
      observer
        .getCurrentResult()
        .data?.map(({ title }) => title)
        .join('');
    await eventually(() => expect(titles()).toBe('abc'));

    first.close();
    observer.setOptions(cardsOf(client(ofOther.app.url)));

    expect(titles()).toBeUndefined();
    await eventually(() => expect(titles()).toBe('Abc'));
    await ofOther.write('PATCH', '/cards/2', { title: 'B' });
    await eventually(() => expect(titles()).toBe('ABc'));
  });

  it('is of its client, where one page shows two servers', async () => {
    const [one, other] = [await startBoard(), await startBoard()];
    other.cards.put({ id: 1, title: 'A' });
    const queryClient = queries();
    const ofOne = show(queryClient, cardsOf(client(one.app.url)));
    await eventually(() => expect(ofOne.titles()).toBe('abc'));
    const ofOther = show(queryClient, cardsOf(client(other.app.url)));
    await eventually(() => expect(ofOther.titles()).toBe('Abc'));

    await one.write('PATCH', '/cards/2', { title: '1' });
    await other.write('PATCH', '/cards/2', { title: '2' });

    await eventually(() => expect([ofOne.titles(), ofOther.titles()]).toEqual(['a1c', 'A2c']));
  });

  it('is out of date once its client is closed, and in step again once that is connected', async () => {
    const { app, write } = await startBoard();
    const sockets = client(app.url);
    const queryClient = queries();
    const observer = new QueryObserver<Card[]>(queryClient, cardsOf(sockets));
    const stale: boolean[] = [];
    onTestFinished(observer.subscribe(({ isStale }) => void stale.push(isStale)));
    const shown = () => {
      const { data, isStale } = observer.getCurrentResult();
      return [data?.[0].title, isStale];
    };
    await eventually(() => expect(shown()).toEqual(['a', false]));

    sockets.close();
    expect(shown()).toEqual(['a', true]);
    await eventually(() => expect(stale.at(-1)).toBe(true));
    expect((await observer.refetch()).error).toMatchObject({ code: 'CLOSED' });
    sockets.connect();

    await eventually(() => expect(shown()).toEqual(['a', false]));
    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(shown()).toEqual(['A', false]));
  });

  it('is read by whoever reads it, where clients have the same key, as on a server', async () => {
    leavePage();
    const [one, other] = [await startBoard(), await startBoard()];
    other.cards.put({ id: 1, title: 'A' });
    const [queryClient, ofOne] = [queries(), cardsOf(client(one.app.url))];
    const ofOther = cardsOf(client(other.app.url));
    expect(ofOther.queryKey).toEqual(ofOne.queryKey);
    const titleIn = async (options: Options) => (await queryClient.query(options))[0].title;

    expect(await titleIn(ofOne)).toBe('a');
    expect(await titleIn(ofOther)).toBe('A');
    await other.write('PATCH', '/cards/1', { title: 'AA' });

    await eventually(() => expect(queryClient.getQueryData(ofOne.queryKey)?.[0].title).toBe('AA'));
  });

  it('tells apart the clients of two namespaces, and different queries', () => {
    const keyOf = (namespace: string, query?: Record<string, unknown>) =>
      liveOptions(client(`http://localhost:1${namespace}`, { autoConnect: false }), '/cards', { query }).queryKey;

    expect(keyOf('')).toEqual(['sockets', '/cards', {}]);
    expect(keyOf('/admin', { done: true })).toEqual([
      'sockets',
      '/cards',
      { query: { done: true }, namespace: '/admin' },
    ]);
  });

  it('says what its query function needs', () => {
    const { queryFn } = cardsOf(client('http://localhost:1', { autoConnect: false }));

    expect(() => queryFn({ queryKey: [] } as never)).toThrow(/TanStack Query 5\.69 or later/);
  });
});
