import { QueryClient, QueryObserver } from '@tanstack/query-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RequestError, type SocketsClient } from '../../../src/front-ends/client/index.js';
import { invalidateOn, liveOptions } from '../../../src/front-ends/tanstack-query/index.js';
import { type Card, startBoard } from '../../behaviour/client/live/support/board.js';
import { client, reaches } from '../../behaviour/client/support/client.js';
import { Line } from '../../behaviour/client/support/line.js';
import { eventually } from '../../support/eventually.js';
import { Gate } from '../../support/gate.js';

/** The queries of an application that has read by itself so far. */
function existing(sockets: SocketsClient, read = async () => (await sockets.get<Card[]>('/boards/7/cards')).body) {
  const queryClient = new QueryClient();
  const observer = new QueryObserver(queryClient, { queryKey: ['cards'], queryFn: read, retry: false });
  const end = observer.subscribe(() => undefined);
  onTestFinished(() => {
    end();
    queryClient.clear();
  });
  const titles = (): string | undefined =>
    observer
      .getCurrentResult()
      .data?.map(({ title }) => title)
      .join('');
  return { queryClient, titles };
}

const refusal = (): RequestError => new RequestError('no', { code: 'FORBIDDEN', statusCode: 403 });

async function connected(url: string): Promise<SocketsClient> {
  const sockets = client(url);
  await reaches(sockets, 'connected');
  return sockets;
}

describe('invalidateOn', () => {
  it('has the queries of a message fetched again, once for what comes at once', async () => {
    const { app, cards, write } = await startBoard();
    const sockets = await connected(app.url);
    const { queryClient, titles } = existing(sockets);
    const seen: unknown[] = [];
    invalidateOn(sockets, queryClient, {
      card: ({ verb, id }) => {
        seen.push([verb, id]);
        return [['cards'], ['card', id]];
      },
    });
    await eventually(() => expect(titles()).toBe('abc'));

    await Promise.all([1, 2, 3].map((id) => write('PATCH', `/cards/${id}`, { title: `${id}` })));

    await eventually(() => expect(titles()).toBe('123'));
    expect(seen).toHaveLength(3);
    expect(cards.count('list 7')).toBeLessThan(4);
  });

  it('does so, too, for a message that comes before the first answer', async () => {
    const { app, cards, write } = await startBoard();
    const sockets = await connected(app.url);
    await sockets.get('/boards/7/cards');
    const gate = new Gate();
    cards.before = () => gate.opened;
    // As a fetch over HTTP does, whose answer comes when it comes.
    const read = async () => {
      const { body } = await app.request('GET', '/boards/7/cards');
      return body as Card[];
    };
    const { queryClient, titles } = existing(sockets, read);
    const seen: unknown[] = [];
    invalidateOn(sockets, queryClient, { card: ({ id }) => (seen.push(id), [['cards']]) }, { wait: 0 });
    await eventually(() => expect(cards.count('list 7')).toBe(2));
    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(seen).toEqual([1]));
    await new Promise((resolve) => setTimeout(resolve));
    gate.open();

    await eventually(() => expect(titles()).toBe('Abc'));
  });

  it('has all of them fetched again after a reconnect, which subscribes them, but no live one', async () => {
    const { app, cards, write } = await startBoard();
    const line = await Line.to(app.url);
    const sockets = await connected(line.url);
    const { queryClient, titles } = existing(sockets);
    const live = new QueryObserver(queryClient, liveOptions<Card>(sockets, '/cards/4'));
    onTestFinished(live.subscribe(() => undefined));
    invalidateOn(sockets, queryClient, { card: () => [['cards']] });
    await eventually(() => expect(titles()).toBe('abc'));

    line.cut();
    await reaches(sockets, 'reconnecting');
    await write('PATCH', '/cards/1', { title: 'A' });
    line.mend();

    await eventually(() => expect(titles()).toBe('Abc'));
    await write('PATCH', '/cards/1', { title: 'AA' });
    await eventually(() => expect(titles()).toBe('AAbc'));
    expect(cards.count('one 4')).toBe(2);
  });

  it('has fetched again what was read before there was a connection', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url, { autoConnect: false });
    const { queryClient, titles } = existing(sockets, async () => {
      const { body } = await app.request('GET', '/boards/7/cards', undefined, sockets.httpHeaders());
      return body as Card[];
    });
    invalidateOn(sockets, queryClient, { card: () => [['cards']] });
    await eventually(() => expect(titles()).toBe('abc'));
    cards.put({ id: 1, title: 'A' });

    sockets.connect();

    await eventually(() => expect(titles()).toBe('Abc'));
    await app.request('PATCH', '/cards/1', { title: 'AA' });
    await eventually(() => expect(titles()).toBe('AAbc'));
  });

  describe.each([
    ['of records', { resource: 'card', ids: [1] }],
    ['to a slice', { resource: 'card', slice: { boardId: 7 } }],
    ['to a resource', { resource: 'card' }],
    ['to everything', { everything: true }],
  ])('once the right is revoked %s', (_, revocation) => {
    async function revocable() {
      const { app, cards } = await startBoard();
      const sockets = await connected(app.url);
      const { queryClient, titles } = existing(sockets);
      invalidateOn(sockets, queryClient, { card: () => [['cards']] });
      await eventually(() => expect(titles()).toBe('abc'));
      const revoke = (): void => void app.sockets.get(sockets.id!)?.emit('revoked', revocation);
      return { cards, queryClient, titles, revoke };
    }

    it('has all of them fetched again', async () => {
      const { cards, titles, revoke } = await revocable();
      cards.put({ id: 1, title: 'A' });

      revoke();

      await eventually(() => expect(titles()).toBe('Abc'));
    });

    it('has what is refused then forgotten, and what nobody shows', async () => {
      const { cards, queryClient, titles, revoke } = await revocable();
      await queryClient.query({ queryKey: ['hidden'], queryFn: () => 'read before' });
      queryClient.setQueryData(['draft'], 'of the page itself');
      cards.closed.add(7);

      revoke();

      await eventually(() => expect(titles()).toBeUndefined());
      expect(queryClient.getQueryState(['cards'])).toMatchObject({ status: 'error', error: { statusCode: 403 } });
      expect(queryClient.getQueryData(['hidden'])).toBeUndefined();
      expect(queryClient.getQueryData(['draft'])).toBe('of the page itself');
    });
  });

  describe('once a right is revoked', () => {
    type Options = Partial<ConstructorParameters<typeof QueryObserver<string>>[1]>;

    /** Queries beside that of the cards, whose last fetch fails as `fails` says. */
    async function revocable() {
      const { app, cards } = await startBoard();
      const sockets = await connected(app.url);
      const { queryClient, titles } = existing(sockets);
      invalidateOn(sockets, queryClient, { card: () => [['cards']] }, { wait: 0 });
      await eventually(() => expect(titles()).toBe('abc'));
      const show = (queryKey: string, queryFn: () => Promise<string>, options: Options = {}) => {
        const observer = new QueryObserver(queryClient, { queryKey: [queryKey], queryFn, retry: false, ...options });
        onTestFinished(observer.subscribe(() => undefined));
        return observer;
      };
      const revoke = (): void => void app.sockets.get(sockets.id!)?.emit('revoked', { resource: 'card' });
      return { cards, queryClient, titles, show, revoke };
    }

    const state = (observer: QueryObserver<string>) => observer.getCurrentResult();

    it('forgets what is refused at once, though another fetch never ends', async () => {
      const { cards, titles, show, revoke } = await revocable();
      let fetched = 0;
      const slow = show('slow', () => (++fetched === 1 ? Promise.resolve('read') : new Promise(() => undefined)));
      await eventually(() => expect(state(slow).data).toBe('read'));
      cards.closed.add(7);

      revoke();

      await eventually(() => expect(titles()).toBeUndefined());
      expect(state(slow)).toMatchObject({ data: 'read', fetchStatus: 'fetching' });
    });

    it('forgets it at the first refusal, though the fetch is tried again', async () => {
      const { show, revoke } = await revocable();
      let fetched = 0;
      const read = () => (++fetched === 1 ? Promise.resolve('read') : Promise.reject(refusal()));
      const retried = show('retried', read, { retry: true, retryDelay: 3_600_000 });
      await eventually(() => expect(state(retried).data).toBe('read'));

      revoke();

      await eventually(() => expect(state(retried).failureCount).toBe(1));
      expect(state(retried)).toMatchObject({ data: undefined, status: 'pending', fetchStatus: 'fetching' });
    });

    it('forgets what is shown though it is disabled, and fetches nothing for it', async () => {
      const { cards, titles, show, revoke } = await revocable();
      let fetched = 0;
      const disabled = show('disabled', async () => `read ${++fetched}`, { enabled: false });
      await disabled.refetch();
      expect(state(disabled).data).toBe('read 1');
      cards.put({ id: 1, title: 'A' });

      revoke();

      await eventually(() => expect(titles()).toBe('Abc'));
      expect(state(disabled)).toMatchObject({ data: undefined, status: 'pending', fetchStatus: 'idle' });
      expect(fetched).toBe(1);
    });

    it('forgets what is static, and fetches it', async () => {
      const { show, revoke } = await revocable();
      let fetched = 0;
      const gate = new Gate();
      const read = async () => (++fetched === 1 ? 'read' : gate.opened.then(() => 'still allowed'));
      const fixed = show('static', read, { staleTime: 'static' });
      await eventually(() => expect(state(fixed).data).toBe('read'));

      revoke();

      await eventually(() => expect(fetched).toBe(2));
      expect(state(fixed).data).toBeUndefined();
      gate.open();
      await eventually(() => expect(state(fixed).data).toBe('still allowed'));
    });

    it.each([
      ['fetch cannot reach the server', new TypeError('Failed to fetch')],
      ['fetch takes too long', new DOMException('The operation timed out', 'TimeoutError')],
      ['axios cannot reach it', Object.assign(new Error('Network Error'), { code: 'ERR_NETWORK' })],
      ['the server answers 503', Object.assign(new Error('no'), { response: { status: 503 } })],
      ['this client has no connection', new RequestError('no', { code: 'CONNECTION_LOST' })],
    ])('keeps what fails since %s, until it is refused', async (_, failure) => {
      const { show, revoke } = await revocable();
      const answers = [Promise.resolve('read'), Promise.reject(failure), Promise.reject(refusal())];
      for (const answer of answers) answer.catch(() => undefined);
      const failing = show('failing', () => answers.shift()!);
      await eventually(() => expect(state(failing).data).toBe('read'));

      revoke();

      await eventually(() => expect(state(failing)).toMatchObject({ status: 'error', error: failure }));
      expect(state(failing).data).toBe('read');
      await failing.refetch();
      expect(state(failing)).toMatchObject({ status: 'error', data: undefined });
    });

    it('keeps what the page does not wait for any more', async () => {
      const { queryClient, show, revoke } = await revocable();
      let fetched = 0;
      const slow = show('slow', () => (++fetched === 1 ? Promise.resolve('read') : new Promise(() => undefined)));
      await eventually(() => expect(state(slow).data).toBe('read'));
      revoke();
      await eventually(() => expect(fetched).toBe(2));

      await queryClient.cancelQueries({ queryKey: ['slow'] }, { revert: false });

      await eventually(() => expect(state(slow)).toMatchObject({ fetchStatus: 'idle', data: 'read' }));
    });

    it('forgets what fails for no reason that is known', async () => {
      const { show, revoke } = await revocable();
      let fetched = 0;
      const read = () => (++fetched === 1 ? Promise.resolve('read') : Promise.reject(new Error('not ok')));
      const failing = show('failing', read);
      await eventually(() => expect(state(failing).data).toBe('read'));

      revoke();

      await eventually(() => expect(state(failing).status).toBe('error'));
      expect(state(failing).data).toBeUndefined();
    });

    it('forgets a first answer from before it, once the next one is refused', async () => {
      const { cards, titles, show, revoke } = await revocable();
      const [first, second] = [new Gate(), new Gate()];
      let fetched = 0;
      const read = async () => {
        if (++fetched === 1) return first.opened.then(() => 'read before');
        await second.opened;
        throw refusal();
      };
      const early = show('early', read);
      cards.put({ id: 1, title: 'A' });
      revoke();
      await eventually(() => expect(titles()).toBe('Abc'));

      first.open();
      await eventually(() => expect(fetched).toBe(2));
      second.open();

      await eventually(() => expect(state(early)).toMatchObject({ status: 'error', data: undefined }));
    });
  });

  it('fetches nothing again for what it is not about', async () => {
    const { app, cards } = await startBoard();
    const sockets = await connected(app.url);
    const { queryClient, titles } = existing(sockets);
    invalidateOn(sockets, queryClient, { card: () => [['cards']] }, { wait: 0 });
    await eventually(() => expect(titles()).toBe('abc'));
    const told: unknown[] = [];
    sockets.onRevoked((revocation) => void told.push(revocation));

    for (const revocation of [{ room: 'lobby' }, { resource: 'board' }]) {
      app.sockets.get(sockets.id!)?.emit('revoked', revocation);
    }
    await eventually(() => expect(told).toHaveLength(2));
    await new Promise((resolve) => setTimeout(resolve));
    await sockets.get('/cards/4');

    expect(cards.count('list 7')).toBe(1);
  });

  it('does nothing more once it is ended', async () => {
    const { app, cards, write } = await startBoard();
    const sockets = await connected(app.url);
    const { queryClient, titles } = existing(sockets);
    const seen: unknown[] = [];
    const stop = invalidateOn(sockets, queryClient, { card: ({ id }) => (seen.push(id), [['cards']]) });
    await eventually(() => expect(titles()).toBe('abc'));
    let heard = 0;
    sockets.on('card', () => heard++);

    stop();
    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(heard).toBe(1));

    expect(seen).toEqual([]);
    expect(cards.count('list 7')).toBe(1);
  });
});
