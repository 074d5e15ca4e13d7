import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { createElement as h } from 'react';
import { expect, it, onTestFinished } from 'vitest';
import type { SocketsClient } from '../../../src/front-ends/client/index.js';
import { liveOptions } from '../../../src/front-ends/tanstack-query/index.js';
import { byPosition, type Card, startBoard } from '../../behaviour/client/live/support/board.js';
import { client } from '../../behaviour/client/support/client.js';
import { eventually } from '../../support/eventually.js';
import { Rendered } from '../support/rendered.js';

function Board({ sockets }: { sockets: SocketsClient }) {
  const { data, isPending } = useQuery({
    ...liveOptions<Card[]>(sockets, '/boards/7/cards', { compare: (one, other) => byPosition(one, other) }),
    select: (cards) => cards.map(({ title }) => title).join(''),
  });
  return isPending ? 'One moment … ' : `${data}. `;
}

it('useQuery of React shows live data in StrictMode, for all components by one read', async () => {
  const { app, cards, write } = await startBoard();
  const sockets = client(app.url);
  const queryClient = new QueryClient();
  onTestFinished(() => queryClient.clear());
  const page = Rendered.show(
    sockets,
    h(QueryClientProvider, { client: queryClient }, h(Board, { sockets }), h(Board, { sockets })),
  );
  await eventually(() => expect(page.text).toBe('One moment … One moment … '));

  await eventually(() => expect(page.text).toBe('abc. abc. '));
  await write('POST', '/cards', { title: 'e' });
  await write('PATCH', '/cards/1', { title: 'A' });

  await eventually(() => expect(page.text).toBe('Abce. Abce. '));
  expect(cards.count('list 7')).toBe(1);
  expect(page.complaints).toEqual([]);
});
