import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { BeforePublication, type EnteredMessage } from '../../../src/index.js';
import { withCluster } from '../../support/cluster.js';
import { Logs } from '../../support/logs.js';
import { Rollback, told, watchedCards, type Card, type Stage } from './support/cards.js';

const resources = { card: { slices: ['boardId'], idType: 'number' } } as const;

/** Somebody who watches board 7, and somebody who watches board 8. Card 1 is on board 7. */
async function boards(stage: Pick<Stage, 'app' | 'cards'>) {
  const [seven, eight] = [await stage.app.connect(), await stage.app.connect()];
  await stage.cards.watch(seven.id, { boardId: 7 });
  await stage.cards.watch(eight.id, { boardId: 8 });
  await stage.cards.publishCreate({ id: 1, boardId: 7 });
  await stage.app.settle();
  for (const client of [seven, eight]) client.forget();
  return { seven, eight };
}

const startCluster = withCluster();

describe('A record that is new in a transaction, or gone', () => {
  it('was never there if that is rolled back', async () => {
    const stage = await watchedCards({ resources });
    const { app, cards } = stage;
    const { seven, eight } = await boards(stage);

    const failing = app.sockets.afterCommit(async () => {
      await cards.publishCreate({ id: 2, boardId: 8 });
      throw new Rollback();
    });
    await expect(failing).rejects.toThrow(Rollback);
    await cards.publishUpdate(2, { title: 'never created' });
    await app.settle();

    expect([told(seven), told(eight)]).toEqual([[], []]);
  });

  it('keeps its place and its subscribers if the end of it is rolled back, and loses them with the commit', async () => {
    const stage = await watchedCards({ resources });
    const { app, cards } = stage;
    const { seven } = await boards(stage);
    const reader = await app.connect();
    await cards.subscribe(reader.id, 1);

    const failing = app.sockets.afterCommit(async () => {
      await cards.publishDestroy(1);
      throw new Rollback();
    });
    await expect(failing).rejects.toThrow(Rollback);
    await cards.publishUpdate(1, { title: 'still there' });
    await app.settle();
    expect([told(seven), told(reader)]).toEqual([['updated 1'], ['updated 1']]);

    await app.sockets.afterCommit(async () => {
      await cards.publishDestroy(1);
      expect(await cards.subscribers(1)).toContain(reader.id);
    });
    expect(await cards.subscribers(1)).not.toContain(reader.id);
    await app.settle();
    expect([told(seven), told(reader)]).toEqual([
      ['updated 1', 'destroyed 1'],
      ['updated 1', 'destroyed 1'],
    ]);
  });
});

describe('A record that is moved to another slice in a transaction', () => {
  it('is where it was if that is rolled back, so that later changes are told there', async () => {
    const stage = await watchedCards({ resources });
    const { app, cards } = stage;
    const { seven, eight } = await boards(stage);

    const failing = app.sockets.afterCommit(async () => {
      await cards.publishUpdate(1, { boardId: 8 });
      throw new Rollback();
    });
    await expect(failing).rejects.toThrow(Rollback);
    await cards.publishUpdate(1, { title: 'secret' });
    await app.settle();

    expect(seven.heard('card')).toEqual([{ verb: 'updated', id: 1, data: { title: 'secret' } }]);
    expect(told(eight)).toEqual([]);
  });

  it('is where it was for everybody else while the transaction is open', async () => {
    const stage = await watchedCards({ resources });
    const { app, cards } = stage;
    const { seven, eight } = await boards(stage);

    await app.sockets.afterCommit(async () => {
      await cards.publishUpdate(1, { boardId: 8 });
      await cards.publishUpdate(1, { title: 'meanwhile' }, { immediately: true });
      await app.settle();
      expect([told(seven), told(eight)]).toEqual([['updated 1'], []]);
    });
    await cards.publishUpdate(1, { title: 'moved' });
    await app.settle();

    expect(told(seven)).toEqual(['updated 1', 'left 1']);
    expect(told(eight)).toEqual(['entered 1', 'updated 1']);
  });

  it('is told as it happened if it moves several times', async () => {
    const stage = await watchedCards({ resources });
    const { app, cards } = stage;
    const { seven, eight } = await boards(stage);

    await app.sockets.afterCommit(async () => {
      await cards.publishUpdate(1, { boardId: 8 });
      await cards.publishUpdate(1, { title: 'x' });
      await cards.publishUpdate(1, { boardId: 7 });
      await cards.publishDestroy(1);
    });
    await app.settle();

    expect(told(seven)).toEqual(['left 1', 'entered 1', 'destroyed 1']);
    expect(told(eight)).toEqual(['entered 1', 'updated 1', 'left 1']);
  });

  it('stays where it was if its messages are refused while they are sent, and the rest is sent', async () => {
    /** Lets no card enter board 8. */
    @Injectable()
    class Bouncer {
      @BeforePublication('card', 'entered')
      check({ data }: EnteredMessage<Partial<Card>>) {
        if (data.boardId === 8) throw new Error('nobody enters board 8');
      }
    }
    const logs = new Logs();
    const stage = await watchedCards({ resources }, { providers: [Bouncer], main: logs.open });
    const { app, cards } = stage;
    const { seven, eight } = await boards(stage);

    const result = await app.sockets.afterCommit(async () => {
      await cards.publishUpdate(1, { boardId: 8 });
      await cards.publishCreate({ id: 2, boardId: 7 });
      return 'committed';
    });
    await cards.publishUpdate(1, { title: 'still here' });
    await app.settle();

    expect(result).toBe('committed');
    expect(told(seven)).toEqual(['created 2', 'updated 1']);
    expect(told(eight)).toEqual([]);
    expect(logs.naming('nobody enters board 8').errors).toHaveLength(1);
  });

  it('is where it was on every server of a cluster if that is rolled back', async (context) => {
    const cluster = await startCluster(context, { sockets: { resources } });
    const { a, b } = cluster;
    const [here, there] = [a.channel<Card>('card'), b.channel<Card>('card')];
    const [seven, eight] = [await cluster.connect(a), await cluster.connect(b)];
    await here.watch(seven.id, { boardId: 7 });
    await there.watch(eight.id, { boardId: 8 });
    await here.publishUpdate(1, { boardId: 7 }, { previous: { boardId: 7 } });
    await there.publishUpdate(1, { boardId: 7 }, { previous: { boardId: 7 } });
    await cluster.settle();
    for (const client of [seven, eight]) client.forget();

    const failing = a.sockets.afterCommit(async () => {
      await here.publishUpdate(1, { boardId: 8 });
      throw new Rollback();
    });
    await expect(failing).rejects.toThrow(Rollback);
    await cluster.settle();
    for (const channel of [here, there]) await channel.publishUpdate(1, { title: 'secret' });
    await cluster.settle();
    expect([told(seven), told(eight)]).toEqual([['updated 1', 'updated 1'], []]);

    await a.sockets.afterCommit(() => here.publishUpdate(1, { boardId: 8 }));
    await cluster.settle();
    await there.publishUpdate(1, { title: 'moved' });
    await cluster.settle();
    expect(told(seven)).toEqual(['updated 1', 'updated 1', 'left 1']);
    expect(told(eight)).toEqual(['entered 1', 'updated 1']);
  });
});
