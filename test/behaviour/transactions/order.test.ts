import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { InjectResource, OnPublication, type ResourceChannel } from '../../../src/index.js';
import { Gate } from '../../support/gate.js';
import { withCluster } from '../../support/cluster.js';
import { told, watchedCards, type Card } from './support/cards.js';

const startCluster = withCluster();

/** A view that takes its time over cards with this title. */
function slowView(title: string): { view: (card: Partial<Card>) => unknown; shown: Gate } {
  const shown = new Gate();
  return { shown, view: (card) => (card.title === title ? shown.opened.then(() => card) : card) };
}

describe('The order of what waits for a transaction', () => {
  it('is that of the commits, for transactions at the same time', async () => {
    const { app, cards, client } = await watchedCards();
    const [first, second] = [new Gate(), new Gate()];

    const slow = app.sockets.afterCommit(async () => {
      await cards.publishUpdate(1, {});
      await first.opened;
    });
    const quick = app.sockets.afterCommit(async () => {
      await cards.publishUpdate(2, {});
      await second.opened;
    });
    second.open();
    await quick;
    await cards.publishUpdate(3, {});
    first.open();
    await slow;
    await app.settle();

    expect(told(client)).toEqual(['updated 2', 'updated 3', 'updated 1']);
  });

  it('is kept where a view takes its time, and the transaction does not wait for that', async () => {
    const { view, shown } = slowView('slow');
    const { app, cards, client } = await watchedCards({ resources: { card: { view } } });

    await app.sockets.afterCommit(async () => {
      void cards.publishUpdate(1, { title: 'slow' });
      void cards.publishUpdate(2, { title: 'quick' });
    });
    void cards.publishUpdate(3, { title: 'later' });
    await app.settle();
    expect(told(client)).toEqual([]);

    shown.open();
    await client.next<{ id: number }>('card', ({ id }) => id === 3);
    expect(told(client)).toEqual(['updated 1', 'updated 2', 'updated 3']);
  });

  it('puts what a listener publishes after what waited with what it heard of', async () => {
    @Injectable()
    class Listener {
      constructor(@InjectResource('log') private readonly logs: ResourceChannel<{ id: number }>) {}

      @OnPublication('card')
      hear({ id }: { id: number }) {
        void this.logs.publishCreate({ id });
      }
    }
    const { app, cards, client } = await watchedCards({}, { providers: [Listener] });
    await app.channel('log').watch(client.id);

    await app.sockets.afterCommit(async () => {
      await cards.publishUpdate(1, {});
      await app.sockets.afterCommit(() => cards.publishUpdate(2, {}));
    });
    await app.settle();

    expect(told(client)).toEqual(['updated 1', 'updated 2', 'created 1', 'created 2']);
  });
});

describe('The option except of what waits for a transaction', () => {
  it('means who was named at the call', async () => {
    const { app, cards, client } = await watchedCards();
    const { sockets } = app;

    await sockets.afterCommit(async () => {
      await cards.publishUpdate(1, {}, { except: client.id });
      await sockets.blast('hello', {}, { except: [client.id] });
      await cards.publishUpdate(2, {});
    });
    await app.settle();

    expect(told(client)).toEqual(['updated 2']);
  });

  it('reaches sockets of other servers', async (context) => {
    const { a, b } = await startCluster(context);
    const client = await b.connect();
    await b.channel('card').watch(client.id);

    await a.sockets.afterCommit(async () => {
      await a.channel('card').publishUpdate(1, {}, { except: client.id });
      await a.channel('card').publishUpdate(2, {});
    });
    await client.next<{ id: number }>('card', ({ id }) => id === 2);

    expect(told(client)).toEqual(['updated 2']);
  });
});
