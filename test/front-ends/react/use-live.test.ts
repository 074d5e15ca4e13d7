import { createElement as h, useState } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { LiveOptions, SocketsClient } from '../../../src/front-ends/client/index.js';
import { type LiveResult, useConnectionState, useLive, useSockets } from '../../../src/front-ends/react/index.js';
import { byPosition, type Card, startBoard } from '../../behaviour/client/live/support/board.js';
import { client, reaches } from '../../behaviour/client/support/client.js';
import { Line } from '../../behaviour/client/support/line.js';
import { eventually } from '../../support/eventually.js';
import { pageOf, Rendered } from '../support/rendered.js';

const LIST = '/boards/:boardId/cards';

interface BoardProps {
  boardId?: number | null;
  options?: LiveOptions<Card, Card[]>;
  /** Given each result that is rendered. */
  results?: LiveResult<Card[]>[];
}

function Board({ boardId = 7, options, results }: BoardProps) {
  const result = useLive<Card[]>(boardId && LIST, { params: { boardId: boardId ?? 0 }, ...options });
  results?.push(result);
  const { data, status, isLoading, error } = result;
  const titles = data?.map(({ title }) => title).join('');
  return h('p', null, [status, isLoading ? 'loading…' : titles, error?.statusCode].filter(Boolean).join(' '), '. ');
}

function watchersOf(app: Awaited<ReturnType<typeof startBoard>>['app'], boardId = 7): Promise<number> {
  return app
    .channel('card')
    .watchers({ boardId })
    .then(({ length }) => length);
}

describe('useLive', () => {
  it('shows that it is loading, then what the route answers, and then each change', async () => {
    const { app, write } = await startBoard();
    const page = Rendered.show(client(app.url), h(Board, { options: { compare: byPosition } }));
    await eventually(() => expect(page.text).toBe('loading loading…. '));

    await eventually(() => expect(page.text).toBe('live abc. '));
    await write('PATCH', '/cards/1', { title: 'A' });
    await write('DELETE', '/cards/2');
    await write('POST', '/cards', { title: 'd' });

    await eventually(() => expect(page.text).toBe('live Acd. '));
    expect(page.complaints).toEqual([]);
  });

  it('reads once for all components in StrictMode, and ends on the server after the last of them', async () => {
    const { app, cards, write } = await startBoard();
    const results: LiveResult<Card[]>[] = [];
    const options = { linger: 0 };
    const sockets = client(app.url);
    const page = Rendered.show(sockets, h(Board, { options, results }), h(Board, { options }));
    await eventually(() => expect(page.text).toBe('live abc. live abc. '));
    page.show(sockets, h(Board, { options, results }));
    await write('PATCH', '/cards/1', { title: 'A' });
    await eventually(() => expect(page.text).toBe('live Abc. '));
    expect(await watchersOf(app)).toBe(1);

    page.unmount();

    await eventually(async () => expect(await watchersOf(app)).toBe(0));
    const rendered = results.length;
    await write('PATCH', '/cards/1', { title: 'unheard' });
    await sockets.get('/cards/4');
    expect(results).toHaveLength(rendered);
    expect(cards.count('list 7')).toBe(1);
  });

  it('shows at once what another component has shown a moment ago, with what has changed since', async () => {
    const { app, cards, write } = await startBoard();
    const sockets = client(app.url);
    const page = Rendered.show(sockets, h(Board));
    await eventually(() => expect(page.text).toBe('live abc. '));
    page.show(sockets);
    await eventually(() => expect(page.text).toBe(''));
    await write('PATCH', '/cards/1', { title: 'A' });
    await sockets.get('/cards/4');

    const results: LiveResult<Card[]>[] = [];
    page.show(sockets, h(Board, { results }));

    await eventually(() => expect(page.text).toBe('live Abc. '));
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['live']));
    expect(cards.count('list 7')).toBe(1);
  });

  it('waits while it has no url, and shows what another url answers', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const page = Rendered.show(sockets, h(Board, { boardId: null }));
    await eventually(() => expect(page.text).toBe('idle. '));
    await sockets.get('/cards/4');
    expect(cards.calls).toEqual(['one 4']);

    page.show(sockets, h(Board, { boardId: 7 }));
    await eventually(() => expect(page.text).toBe('live abc. '));
    page.show(sockets, h(Board, { boardId: 8 }));

    await eventually(() => expect(page.text).toBe('live d. '));
    page.show(sockets, h(Board, { boardId: null }));
    await eventually(() => expect(page.text).toBe('idle. '));
  });

  it('has no use for a reload without a url', async () => {
    const { app } = await startBoard();
    const results: LiveResult<Card[]>[] = [];
    Rendered.show(client(app.url), h(Board, { boardId: null, results }));
    await eventually(() => expect(results).not.toEqual([]));

    await expect(results[0].reload()).rejects.toThrow(/without a url/);
  });

  it('goes by the functions of the last render, and does not read again for them', async () => {
    const { app, cards, write } = await startBoard();
    const sockets = client(app.url);
    const backwards = { compare: (one: Card, other: Card) => byPosition(other, one) };
    const page = Rendered.show(sockets, h(Board, { options: { compare: byPosition } }));
    await eventually(() => expect(page.text).toBe('live abc. '));

    page.show(sockets, h(Board, { options: backwards }));
    await eventually(() => expect(page.text).toBe('live cba. '));
    await write('PATCH', '/cards/1', { title: 'A', position: 1.5 });

    await eventually(() => expect(page.text).toBe('live cbA. '));
    expect(cards.count('list 7')).toBe(1);
  });

  it('is in the order of a function that it was not given before, and in that of the route without one', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const backwards = (one: Card, other: Card) => byPosition(other, one);
    const results: LiveResult<Card[]>[] = [];
    const page = Rendered.show(sockets, h(Board));
    await eventually(() => expect(page.text).toBe('live abc. '));

    page.show(sockets, h(Board, { results, options: { compare: backwards } }));
    await eventually(() => expect(page.text).toBe('live cba. '));
    cards.put({ id: 2, title: 'B' });
    await results.at(-1)?.reload();
    await eventually(() => expect(page.text).toBe('live cBa. '));
    page.show(sockets, h(Board, { options: { compare: undefined } }));

    await eventually(() => expect(page.text).toBe('live aBc. '));
    expect(cards.count('list 7')).toBe(2);
  });

  it('shows no row any more that the function of the last render does not include, without a connection, too, nor after it', async () => {
    const { app, cards } = await startBoard();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const without = (...titles: string[]) => ({
      options: { includes: ({ title }: Card) => !titles.includes(title), compare: byPosition },
    });
    const page = Rendered.show(sockets, h(Board, without()));
    await eventually(() => expect(page.text).toBe('live abc. '));

    page.show(sockets, h(Board, without('a')));
    await eventually(() => expect(page.text).toBe('live bc. '));
    line.cut();
    await reaches(sockets, 'reconnecting');
    page.show(sockets, h(Board, without('a', 'b')));

    await eventually(() => expect(page.text).toBe('stale c. '));
    expect(cards.count('list 7')).toBe(1);
    line.mend();

    await eventually(() => expect(page.text).toBe('live c. '));
    expect(cards.count('list 7')).toBe(2);
    page.show(sockets, h(Board, { boardId: 8, ...without('d') }));
    // What a route answers is not taken out by functions for the answer of another.
    await eventually(() => expect(page.text).toBe('live d. '));
  });

  it('goes by the relations of the last render', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const results: LiveResult<Card[]>[] = [];
    const by = (field: string) => h(Board, { results, options: { relations: { labels: field } } });
    const page = Rendered.show(sockets, by('elsewhere'));
    await eventually(() => expect(page.text).toBe('live abc. '));

    page.show(sockets, by('labels'), 'again');
    await eventually(() => expect(page.text).toBe('live abc. again'));
    await app.channel('card').publishAdd(1, 'labels', 11);

    await eventually(() => expect(results.at(-1)?.data?.[0].labels).toEqual([11]));
    expect(cards.count('list 7')).toBe(1);
  });

  it('renders nothing anew that has not changed', async () => {
    const { app, write } = await startBoard();
    const results: LiveResult<Card[]>[] = [];
    const sockets = client(app.url);
    const page = Rendered.show(sockets, h(Board, { results, options: { compare: byPosition } }));
    await eventually(() => expect(page.text).toBe('live abc. '));
    const before = results.at(-1);

    await write('PATCH', '/cards/2', { title: 'B' });
    await eventually(() => expect(page.text).toBe('live aBc. '));
    const after = results.at(-1);
    const rendered = results.length;
    await results[0].reload();
    await sockets.get('/cards/4');

    expect([0, 1, 2].map((n) => after?.data?.[n] === before?.data?.[n])).toEqual([true, false, true]);
    expect(results).toHaveLength(rendered);
  });

  it('keeps its data while there is no connection, and then shows what it has missed', async () => {
    const { app, write } = await startBoard();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    function Connection() {
      return h('b', null, useConnectionState().status, '. ');
    }
    const page = Rendered.show(sockets, h(Board), h(Connection));
    await eventually(() => expect(page.text).toBe('live abc. connected. '));

    line.cut();
    await reaches(sockets, 'reconnecting');
    await eventually(() => expect(page.text).toBe('stale abc. reconnecting. '));
    await write('PATCH', '/cards/1', { title: 'A' });
    line.mend();

    await eventually(() => expect(page.text).toBe('live Abc. connected. '));
  });

  it('says why there are no data, and reads again when it is told to', async () => {
    const { app, cards } = await startBoard();
    cards.closed.add(7);
    const results: LiveResult<Card[]>[] = [];
    const page = Rendered.show(client(app.url), h(Board, { results }));
    await eventually(() => expect(page.text).toBe('error 403. '));
    await expect(results.at(-1)?.reload()).rejects.toMatchObject({ statusCode: 403 });

    cards.closed.clear();

    await expect(results.at(-1)?.reload()).resolves.toHaveLength(3);
    await eventually(() => expect(page.text).toBe('live abc. '));
  });

  it('forgets what its user may no longer read', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const page = Rendered.show(sockets, h(Board));
    await eventually(() => expect(page.text).toBe('live abc. '));

    cards.closed.add(7);
    await app.channel('card').unwatch(sockets.id!, { boardId: 7 });
    app.sockets.get(sockets.id!)?.emit('revoked', { resource: 'card', slice: { boardId: 7 } });

    await eventually(() => expect(page.text).toBe('error 403. '));
  });

  it('changes to another client with its provider', async () => {
    const [one, other] = [await startBoard(), await startBoard()];
    other.cards.put({ id: 1, title: 'other ' });
    const page = Rendered.show(client(one.app.url), h(Board));
    await eventually(() => expect(page.text).toBe('live abc. '));

    page.show(client(other.app.url), h(Board));

    await eventually(() => expect(page.text).toBe('live other bc. '));
  });
});

describe('useLive on a server', () => {
  it('renders what it is given, and nothing is read by the server', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const { body } = await app.request('GET', '/boards/7/cards');
    const initial = { body: body as Card[] };

    const html = renderToString(pageOf(sockets, [h(Board, { options: { initial } }), h(Board, { boardId: 8 })]));

    expect(html.replace(/<[^>]*>/g, '')).toBe('stale abc. loading loading…. ');
    await sockets.get('/cards/4');
    expect(cards.calls).toEqual(['list 7', 'one 4']);
  });

  it('is taken over by the page as it is, and goes on from there without a second read', async () => {
    const { app, write } = await startBoard();
    const response = await fetch(`${app.url}/boards/7/cards`, { headers: { 'realtime-since': 'new' } });
    const body = (await response.json()) as Card[];
    const initial = { body, position: response.headers.get('realtime-position') };
    const board = (): ReturnType<typeof h> => h(Board, { options: { initial } });
    const html = renderToString(pageOf(client(app.url, { autoConnect: false }), [board()]));
    await write('PATCH', '/cards/1', { title: 'A' });

    const sockets = client(app.url);
    const requests: string[] = [];
    sockets.socket.onAnyOutgoing((event: string) => void requests.push(event));
    const page = Rendered.hydrate(sockets, html, board());
    expect(page.text).toBe('stale abc. ');

    await eventually(() => expect(page.text).toBe('live Abc. '));
    expect(page.complaints).toEqual([]);
    expect(requests).toEqual(['head']);
  });
});

describe('useSockets', () => {
  it('gives the client for requests', async () => {
    const { app } = await startBoard();
    const sockets = client(app.url);
    let given: SocketsClient | undefined;
    function Button() {
      given = useSockets();
      return useState('button')[0];
    }
    Rendered.show(sockets, h(Button));

    await eventually(() => expect(given).toBe(sockets));
  });

  it('says what is missing where no provider is', () => {
    expect(() => renderToString(h(Board))).toThrow(/no <SocketsProvider> is above the component.*Wrap the page in/);
  });
});
