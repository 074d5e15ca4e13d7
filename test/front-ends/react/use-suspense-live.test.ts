import { Component, createElement as h, type ReactNode, Suspense } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { LiveOptions } from '../../../src/front-ends/client/index.js';
import { useSuspenseLive } from '../../../src/front-ends/react/index.js';
import { byPosition, type Card, startBoard } from '../../behaviour/client/live/support/board.js';
import { client } from '../../behaviour/client/support/client.js';
import { eventually } from '../../support/eventually.js';
import { pageOf, Rendered } from '../support/rendered.js';

function Board({ options }: { options?: LiveOptions<Card, Card[]> }) {
  const { data, status } = useSuspenseLive<Card[]>('/boards/7/cards', options);
  return h('p', null, `${status} ${data.map(({ title }) => title).join('')}. `);
}

const waiting = (...children: ReactNode[]): ReactNode => h(Suspense, { fallback: 'One moment … ' }, ...children);

/** Shows why it could not show what is in it, until it is reset. */
class Boundary extends Component<{ of: { reset?: () => void }; children?: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};
  static getDerivedStateFromError = (error: Error): { error: Error } => ({ error });

  override render(): ReactNode {
    const { of, children } = this.props;
    of.reset = () => this.setState({ error: undefined });
    return this.state.error ? `failed: ${this.state.error.message}` : children;
  }
}

describe('useSuspenseLive', () => {
  it('lets React show the fallback until the first data are there, and then each change', async () => {
    const { app, cards, write } = await startBoard();
    const options = { compare: byPosition };
    const page = Rendered.show(client(app.url), waiting(h(Board, { options }), h(Board, { options })));
    await eventually(() => expect(page.text).toBe('One moment … '));

    await eventually(() => expect(page.text).toBe('live abc. live abc. '));
    await write('PATCH', '/cards/1', { title: 'A' });

    await eventually(() => expect(page.text).toBe('live Abc. live Abc. '));
    expect(cards.count('list 7')).toBe(1);
    expect(page.complaints).toEqual([]);
  });

  it('reads once, though it is to end at once when nobody shows it', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const page = Rendered.show(sockets, waiting(h(Board, { options: { linger: 0 } })));

    await eventually(() => expect(page.text).toBe('live abc. '));
    await sockets.get('/cards/4');
    expect(cards.count('list 7')).toBe(1);
  });

  it('throws what the route refuses with to the error boundary, and reads again once that is reset', async () => {
    const { app, cards } = await startBoard();
    cards.closed.add(7);
    const boundary: { reset?: () => void } = {};
    const page = Rendered.show(client(app.url), h(Boundary, { of: boundary }, waiting(h(Board))));
    await eventually(() => expect(page.text).toBe('failed: Forbidden'));

    cards.closed.clear();

    await eventually(() => {
      // As somebody does who clicks on "try again".
      if (page.text.startsWith('failed')) boundary.reset?.();
      expect(page.text).toBe('live abc. ');
    });
  });

  it('throws the end of the right to what it shows', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const page = Rendered.show(sockets, h(Boundary, { of: {} }, waiting(h(Board))));
    await eventually(() => expect(page.text).toBe('live abc. '));

    cards.closed.add(7);
    await app.channel('card').unwatch(sockets.id!, { boardId: 7 });
    app.sockets.get(sockets.id!)?.emit('revoked', { resource: 'card', slice: { boardId: 7 } });

    await eventually(() => expect(page.text).toMatch(/^failed/));
  });

  it('renders on a server what it is given', async () => {
    const options = { initial: { body: [{ title: 'a' }] as Card[] } };
    const sockets = client('http://localhost:1', { autoConnect: false });

    expect(renderToString(pageOf(sockets, [waiting(h(Board, { options }))]))).toContain('stale a. ');
  });

  it('has a server that is given nothing render the fallback, and reads in the page', async () => {
    const { app } = await startBoard();
    const html = renderToString(pageOf(client(app.url, { autoConnect: false }), [waiting(h(Board))]));
    expect(html).toContain('One moment … ');

    const page = Rendered.hydrate(client(app.url), html, waiting(h(Board)));

    await eventually(() => expect(page.text).toBe('live abc. '));
    expect(String(page.complaints[0])).toContain('give it the option "initial"');
  });
});
