import { describe, expect, it } from 'vitest';
import { withCluster } from '../../../support/cluster.js';
import { cardControllers, Cards, heard, read, type Card } from './support/cards.js';

const startCluster = withCluster();

describe('slices on two servers of a cluster', () => {
  it('who watches one on either server hears of its records, and that they move', async (context) => {
    const cluster = await startCluster(context, {
      controllers: cardControllers({}, { previous: ({ args }) => ({ id: args[0], boardId: 7 }) }),
      providers: [Cards],
    });
    const { a, b } = cluster;
    const [here, there, eight] = [await cluster.connect(a), await cluster.connect(b), await cluster.connect(b)];
    for (const client of [here, there]) await read(client, '/boards/7/cards');
    await read(eight, '/boards/8/cards');

    await a.request('PATCH', '/cards/5', { title: 'x' });
    await a.request('PATCH', '/cards/5', { boardId: 8 });
    await cluster.settle();

    for (const client of [here, there]) expect(heard(client)).toEqual(['updated 5', 'left 5']);
    expect(heard(eight)).toEqual(['entered 5']);
    expect(await a.channel<Card>('card').watchers({ boardId: 7 })).toEqual(expect.arrayContaining([here.id, there.id]));
  });

  it('row 51: when another server moves a remembered record, its old slice no longer hears of it', async (context) => {
    const cluster = await startCluster(context, { controllers: cardControllers(), providers: [Cards] });
    const { a, b } = cluster;
    const [seven, eight] = [await cluster.connect(a), await cluster.connect(a)];
    await read(seven, '/boards/7/cards');
    await read(eight, '/boards/8/cards');

    await b.request('PATCH', '/cards/5', { boardId: 8 });
    await cluster.settle();
    await a.channel('card').publishUpdate(5, { title: 'secret' });
    await cluster.settle();

    expect(heard(seven)).toEqual([]);
    expect(heard(eight)).toEqual(['updated 5', 'updated 5']);
  });
});
