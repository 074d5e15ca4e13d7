import { Controller, Param, ParseIntPipe, Post } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  belongsTo,
  hasMany,
  Publish,
  type ResourceChannel,
  Resourceful,
  type ResourceOptions,
} from '../../../../src/index.js';
import { withCluster } from '../../../support/cluster.js';
import { cardControllers, Cards, heard, read, type Card } from './support/cards.js';

const startCluster = withCluster();

@Controller('archive')
@Resourceful('card', { verbs: ['archived'] })
class ArchiveController {
  @Post(':id')
  @Publish('archived')
  archive(@Param('id', ParseIntPipe) id: number) {
    return { id, boardId: 8 };
  }
}

type Fields = Record<string, unknown>;

/** What code publishes to those who hear of card 5, and does not say where the card is. */
const messagesOf: Record<string, (cards: ResourceChannel<Fields>) => Promise<void>> = {
  publishVerb: (cards) => cards.publishVerb('archived', 5, 'why'),
  'publishVerb, once': (cards) => cards.publishVerb('archived', 5, 'why', { once: randomUUID() }),
  message: (cards) => cards.message(5, 'hello'),
  publish: (cards) => cards.publish([5, 6], 'hello'),
  publishAdd: (cards) => cards.publishAdd(5, 'children', 70),
  publishRemove: (cards) => cards.publishRemove(5, 'children', 70),
  publishReplace: (cards) => cards.publishReplace(5, 'children', [70]),
  'the reverse of a relation': (cards) =>
    cards.publishUpdate(70, { parent: 5, boardId: 9 }, { previous: { parent: null } }),
};

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

  it('who watches one hears of a move by a verb of your own, too, whose server did not know the record', async (context) => {
    const controllers = [...cardControllers(), ArchiveController];
    const cluster = await startCluster(context, { controllers, providers: [Cards] });
    const { a, b } = cluster;
    const [seven, eight] = [await cluster.connect(a), await cluster.connect(a)];
    await read(seven, '/boards/7/cards');
    await read(eight, '/boards/8/cards');

    await b.request('POST', '/archive/5');
    for (let time = 0; time < 2; time++) await cluster.settle();
    await a.channel('card').publishUpdate(5, { title: 'secret' });
    await cluster.settle();

    expect(heard(seven)).toEqual(['left 5']);
    expect(heard(eight)).toEqual(['archived 5', 'entered 5', 'updated 5']);
  });

  it('a server goes by a move of another, though that had read the record where it is before it told', async (context) => {
    const cluster = await startCluster(context, { controllers: cardControllers(), providers: [Cards] });
    const { a, b } = cluster;
    const [seven, reader] = [await cluster.connect(a), await cluster.connect(b)];
    await read(seven, '/boards/7/cards');
    b.nest.get(Cards).save({ id: 5, boardId: 8 });
    await read(reader, '/boards/8/cards');

    await b.channel<Card>('card').publishUpdate(5, { boardId: 8 }, { previous: { boardId: 7 } });
    for (let time = 0; time < 2; time++) await cluster.settle();
    await a.channel('card').publishUpdate(5, { title: 'secret' });
    await cluster.settle();

    expect(heard(seven)).toEqual(['left 5']);
    expect(heard(reader)).toEqual(['entered 5', 'updated 5']);
  });

  it('what has the id of a record that another server has destroyed is heard where it is, and nowhere else', async (context) => {
    const cluster = await startCluster(context, { controllers: cardControllers(), providers: [Cards] });
    const { a, b } = cluster;
    const [seven, eight] = [await cluster.connect(a), await cluster.connect(a)];
    await read(seven, '/boards/7/cards');
    await read(eight, '/boards/8/cards');

    await b.request('DELETE', '/cards/5');
    await b.request('POST', '/boards/8/cards', { id: 5 });
    for (let time = 0; time < 2; time++) await cluster.settle();
    await a.channel('card').publishUpdate(5, { title: 'secret' });
    await cluster.settle();

    expect(heard(seven)).toEqual(['destroyed 5']);
    expect(heard(eight)).toContain('created 5');
  });

  it('who watches one reads again when a server changes a record that does not know it, nor says where it is', async (context) => {
    const cluster = await startCluster(context, { controllers: cardControllers(), providers: [Cards] });
    const { a, b } = cluster;
    const [seven, eight, far] = [await cluster.connect(a), await cluster.connect(a), await cluster.connect(b)];
    await read(seven, '/boards/7/cards');
    await read(eight, '/boards/8/cards');
    await b.channel('card').watch(far.id, { boardId: 7 });

    for (const title of ['first', 'second']) await b.channel<Card>('card').publishUpdate(5, { title });
    await Promise.all([seven.next('sockets:stale'), far.next('sockets:stale')]);
    await a.channel<Card>('card').publishUpdate(5, { title: 'third' });
    await cluster.settle();

    // It is known here where it is, and nobody was told that it had left.
    expect(heard(seven)).toEqual(['updated 5']);
    expect(eight.heard('sockets:stale')).toEqual([]);
    expect(heard(eight)).toEqual([]);
  });

  it.for(Object.keys(messagesOf))(
    'who watches one reads again when a server that does not know the record publishes by %s',
    async (method, context) => {
      const options: ResourceOptions = {
        verbs: ['archived'],
        relations: { parent: belongsTo('card', 'children'), children: hasMany('card', 'parent') },
      };
      const cluster = await startCluster(context, { controllers: cardControllers(options), providers: [Cards] });
      const { a, b } = cluster;
      const [seven, eight, far] = [await cluster.connect(a), await cluster.connect(a), await cluster.connect(b)];
      await read(seven, '/boards/7/cards');
      await read(eight, '/boards/8/cards');
      await b.channel('card').watch(far.id, { boardId: 7 });

      await messagesOf[method](b.channel<Fields>('card'));
      await Promise.all([seven.next('sockets:stale'), far.next('sockets:stale')]);
      // Of what the record's own server publishes, everybody is told.
      await messagesOf[method](a.channel<Fields>('card'));
      await Promise.all([seven.next('card'), far.next('card')]);
      await cluster.settle();

      for (const client of [seven, far]) expect(client.heard('card')).toHaveLength(1);
      expect([eight.heard('card'), eight.heard('sockets:stale')]).toEqual([[], []]);
    },
  );

  const lastWords: Record<string, (cards: ResourceChannel<Card>) => Promise<void>> = {
    'has sent a message': (cards) => cards.message(5, 'hello'),
    'has moved a record': (cards) => cards.publishUpdate(5, { boardId: 8 }),
  };
  it.for(Object.keys(lastWords))(
    'who watches one reads again though the server that %s ends at once',
    async (what, context) => {
      const cluster = await startCluster(context, { controllers: cardControllers(), providers: [Cards] });
      const { a, b } = cluster;
      const seven = await cluster.connect(a);
      await read(seven, '/boards/7/cards');

      void lastWords[what](b.channel<Card>('card'));
      await b.nest.close();
      await seven.next('sockets:stale');
    },
  );

  it('who watches one hears of a move, or reads again where more records are moved than can be asked about', async (context) => {
    const cluster = await startCluster(context, { controllers: cardControllers(), providers: [Cards] });
    const { a, b } = cluster;
    const [seven, eight] = [await cluster.connect(a), await cluster.connect(a)];
    await read(seven, '/boards/7/cards');
    await read(eight, '/boards/8/cards');

    const moved = [5, ...Array.from({ length: 2_000 }, (_, index) => index + 100), 9];
    for (const id of moved) void b.channel<Card>('card').publishUpdate(id, { boardId: 1 });
    for (const client of [seven, eight]) await Promise.race([client.next('card'), client.next('sockets:stale')]);

    expect(['left 5', undefined]).toContain(heard(seven)[0]);
    expect(['left 9', undefined]).toContain(heard(eight)[0]);
  });

  it('who watches one reads again where the answer comes too late that the record was in it', async (context) => {
    const cluster = await startCluster(context, { controllers: cardControllers(), providers: [Cards] });
    const { a, b } = cluster;
    const [seven, eight] = [await cluster.connect(a), await cluster.connect(a)];
    await read(seven, '/boards/7/cards');
    await read(eight, '/boards/8/cards');
    const now = performance.now.bind(performance);
    let passed = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + passed);
    onTestFinished(() => clock.mockRestore());

    void b.channel<Card>('card').publishUpdate(5, { boardId: 1 });
    passed = 10_000;
    // What has been waiting for too long is given up when something else is asked.
    void b.channel<Card>('card').publishUpdate(9, { boardId: 1 });
    await Promise.all([seven.next('sockets:stale'), eight.next('card')]);
    await cluster.settle();

    expect([heard(seven), heard(eight)]).toEqual([[], ['left 9']]);
    expect(eight.heard('sockets:stale')).toEqual([]);
  });

  it('who watches one is not told that a record has left which has come back before the answer', async (context) => {
    const cluster = await startCluster(context, { controllers: cardControllers(), providers: [Cards] });
    const { a, b } = cluster;
    const seven = await cluster.connect(a);
    await read(seven, '/boards/7/cards');

    for (const boardId of [8, 7]) void b.channel<Card>('card').publishUpdate(5, { boardId });
    await seven.next('sockets:stale');
    await cluster.settle();

    expect(heard(seven)).toEqual(['entered 5']);
  });
});
