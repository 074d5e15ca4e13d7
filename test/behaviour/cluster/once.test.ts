import { Injectable } from '@nestjs/common';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { type DeliveryNote, OnPublication } from '../../../src/index.js';
import type { TestClient } from '../../support/client.js';
import { type ClusterOptions, sharesJournal, withCluster } from '../../support/cluster.js';

interface Card {
  id: number;
  boardId?: number;
  title?: string;
}

/** What the listeners of all servers were told. */
const announced: string[] = [];

@Injectable()
class Listener {
  @OnPublication('card', 'updated')
  hear({ id, data }: { id: number; data: Card }): void {
    announced.push(`${id} ${data.title}`);
  }
}

const startCluster = withCluster();

/** Two servers that know that card 1 is on board 7, and watchers of boards 7 and 8 at the second one. */
async function startBoards(context: TestContext, options: ClusterOptions = {}) {
  announced.length = 0;
  const sockets = { resources: { card: { idType: 'number', slices: ['boardId'] } } } as const;
  const cluster = await startCluster(context, { sockets, providers: [Listener], ...options });
  const { a, b } = cluster;
  const [seven, eight] = [await cluster.connect(b), await cluster.connect(b)];
  await b.channel('card').watch(seven.id, { boardId: 7 });
  await b.channel('card').watch(eight.id, { boardId: 8 });
  const [cards, elsewhere] = [a.channel<Card>('card'), b.channel<Card>('card')];
  for (const one of [cards, elsewhere]) await one.publishUpdate(1, { boardId: 7, title: 'known' });
  for (const client of [seven, eight]) await expect.poll(() => told(client)).toHaveLength(client === seven ? 2 : 0);
  await cluster.settle();
  for (const client of [seven, eight]) client.forget();
  return { cluster, cards, elsewhere, seven, eight };
}

const told = (client: TestClient): string[] =>
  client.heard('card').map((message) => {
    const { verb, id, data } = message as { verb: string; id: number; data?: Card };
    return [verb, id, data?.title].filter((part) => part !== undefined).join(' ');
  });

/** Where the journal has what told a client that the card has entered its board. */
function positionOfEntry(client: TestClient): number {
  const [, , note] = client.received.find(([, message]) => (message as { verb?: string }).verb === 'entered') ?? [];
  const [[, position] = [0, 0]] = Object.values((note as DeliveryNote).topics ?? {});
  return position;
}

describe('What is published { once } on two servers', () => {
  it('changes nothing as a copy, so that what follows at once goes where the record is', async (context) => {
    const { cluster, cards, elsewhere, seven, eight } = await startBoards(context);
    const move = { boardId: 8, title: 'moved' };

    await cards.publishUpdate(1, move, { once: 'move' });
    await eight.next('card');
    await cluster.settle();
    await elsewhere.publishUpdate(1, { boardId: 7, title: 'back' });
    await cluster.settle();
    for (const one of [cards, elsewhere]) {
      void one.publishUpdate(1, move, { once: 'move' });
      await one.publishUpdate(1, { title: 'after a copy' });
    }
    await expect.poll(() => told(seven)).toHaveLength(4);
    await cluster.settle();

    expect(told(seven)).toEqual(['left 1', 'entered 1 back', 'updated 1 after a copy', 'updated 1 after a copy']);
    expect(told(eight)).toEqual(['entered 1 moved', 'left 1']);
  });

  it('moves the record for what follows at once, where it is the first', async (context) => {
    const { cluster, cards, seven, eight } = await startBoards(context);

    void cards.publishUpdate(1, { boardId: 8, title: 'moved' }, { once: 'move' });
    await cards.publishUpdate(1, { title: 'after it' });
    await expect.poll(() => told(eight)).toHaveLength(2);
    await cluster.settle();

    expect(told(seven)).toEqual(['left 1']);
    expect(told(eight)).toEqual(['entered 1 moved', 'updated 1 after it']);
  });

  it('moves the record for servers that have nobody to tell of it, too', async (context) => {
    const { cluster, cards, elsewhere, seven, eight } = await startBoards(context);

    await elsewhere.publishUpdate(1, { boardId: 8, title: 'moved' }, { once: 'move' });
    await eight.next('card');
    await cluster.settle();
    await cards.publishUpdate(1, { title: 'after it' });
    await expect.poll(() => told(eight)).toHaveLength(2);
    await cluster.settle();

    expect(told(seven)).toEqual(['left 1']);
    expect(told(eight)).toEqual(['entered 1 moved', 'updated 1 after it']);
  });

  it('is told once though the bus stands still in between, and a copy is not', async (context) => {
    const { cluster, cards, elsewhere, seven } = await startBoards(context, { ownProgram: true });
    const { program } = cluster.bus;
    if (!program) throw new Error('The program is the own one of this test.');
    onTestFinished(() => program.thaw());
    announced.length = 0;

    program.freeze();
    await cards.publishUpdate(1, { title: 'job' }, { once: 'job' });
    // What is not sent once at most does not wait for it.
    const here = await cluster.connect(cluster.a);
    await cards.publishUpdate(2, { title: 'for whom it is said' }, { to: here.id });
    await here.next('card');
    program.thaw();
    await expect.poll(() => told(seven)).toEqual(['updated 1 job']);
    await cluster.settle();
    await elsewhere.publishUpdate(1, { title: 'job' }, { once: 'job' });
    await elsewhere.publishUpdate(1, { title: 'last' });
    await expect.poll(() => told(seven)).toContain('updated 1 last');
    await cluster.settle();

    expect(told(seven)).toEqual(['updated 1 job', 'updated 1 last']);
    expect(announced.toSorted()).toEqual(['1 job', '1 last', '2 for whom it is said']);
  });

  it('lets nothing go to the slice that it may have left, though the bus does not say in time', async (context) => {
    const { cluster, cards, seven, eight } = await startBoards(context, { ownProgram: true });
    const { program } = cluster.bus;
    if (!program) throw new Error('The program is the own one of this test.');
    onTestFinished(() => program.thaw());
    const near = await cluster.connect(cluster.a);
    await cluster.a.channel('card').watch(near.id, { boardId: 7 });

    program.freeze();
    void cards.publishUpdate(1, { boardId: 8, title: 'moved' }, { once: 'move' });
    void cards.publishUpdate(1, { title: 'secret' });
    // It goes on after a while, though nobody knows by then where the record is.
    await cards.publishUpdate(2, { title: 'for whom it is said' }, { to: near.id });
    await near.next('card', ({ id }: Card) => id === 2);
    program.thaw();
    await expect.poll(() => told(eight)).toContain('entered 1 moved');
    await cluster.settle();

    // Who is told twice that it has left has not got it, either.
    expect([...new Set(told(near))].toSorted()).toEqual(['left 1', 'updated 2 for whom it is said']);
    expect([...new Set(told(seven))]).toEqual(['left 1']);
  });
});

describe('What is published { once } on two servers at the same time', () => {
  it('moves the record to where the journal has it last, if there is one for both', async (context) => {
    const { cluster, cards, elsewhere, eight } = await startBoards(context);
    const nine = await cluster.connect(cluster.b);
    await cluster.b.channel('card').watch(nine.id, { boardId: 9 });

    for (let round = 0; round < 5; round++) {
      for (const client of [eight, nine]) client.forget();
      await Promise.all([
        cards.publishUpdate(1, { boardId: 8 }, { once: `to-8-${round}` }),
        elsewhere.publishUpdate(1, { boardId: 9 }, { once: `to-9-${round}` }),
      ]);
      for (const client of [eight, nine]) await expect.poll(() => told(client)).toContain('entered 1');
      await cluster.settle();
      // Where each server has a journal of its own, none of them says which was the last.
      if (!sharesJournal) return;
      const [last, first] = positionOfEntry(eight) > positionOfEntry(nine) ? [eight, nine] : [nine, eight];

      for (const one of [cards, elsewhere]) await one.publishUpdate(1, { title: 'afterwards' });
      const afterwards = (client: TestClient) => told(client).filter((words) => words === 'updated 1 afterwards');
      await expect.poll(() => afterwards(last)).toHaveLength(2);
      await cluster.settle();
      expect(afterwards(first)).toEqual([]);
      await cards.publishUpdate(1, { boardId: 7 });
      await cluster.settle();
    }
  });
});
