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

  it('row 51: when another server moves a remembered record, its old slice hears that, once', async (context) => {
    const cluster = await startCluster(context, { controllers: cardControllers(), providers: [Cards] });
    const { a, b } = cluster;
    const [seven, eight, writer] = [await cluster.connect(a), await cluster.connect(a), await cluster.connect(b)];
    await read(seven, '/boards/7/cards');
    for (const client of [eight, writer]) await read(client, '/boards/8/cards');

    await writer.socket.timeout(60_000).emitWithAck('patch', { url: '/cards/5', data: { boardId: 8 } });
    // There, back, and there again.
    for (let time = 0; time < 2; time++) await cluster.settle();
    await a.channel('card').publishUpdate(5, { title: 'secret' });
    await cluster.settle();

    expect(heard(seven)).toEqual(['left 5']);
    expect(heard(eight)).toEqual(['updated 5', 'entered 5', 'updated 5']);
    // Not of its own change.
    expect(heard(writer)).toEqual(['updated 5']);
  });

  it('who watches one hears that a record is gone which another server did not know', async (context) => {
    const cluster = await startCluster(context, { controllers: cardControllers(), providers: [Cards] });
    const { a, b } = cluster;
    const [seven, eight] = [await cluster.connect(a), await cluster.connect(b)];
    await read(seven, '/boards/7/cards');
    await read(eight, '/boards/8/cards');

    void b.channel('card').publishDestroy(5);
    // There, back, and there again.
    for (let time = 0; time < 2; time++) await cluster.settle();

    expect(heard(seven)).toEqual(['destroyed 5']);
    expect(heard(eight)).toEqual([]);
  });

  it('who watches one hears once of a move by a server that did not know where the record was', async (context) => {
    const cluster = await startCluster(context, { controllers: cardControllers(), providers: [Cards] });
    const { a, b } = cluster;
    const seven = [await cluster.connect(a), await cluster.connect(a)];
    for (const client of seven) await read(client, '/boards/7/cards');

    await b.request('PATCH', '/cards/5', { boardId: 8 });
    for (let time = 0; time < 2; time++) await cluster.settle();

    for (const client of seven) expect(heard(client)).toEqual(['left 5']);
  });
});
