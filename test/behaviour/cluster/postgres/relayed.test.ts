import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { OnPublication } from '../../../../src/index.js';
import { BoardsController, type Card, cardsOf, readBoards, toldOf } from './support/boards.js';
import { leaveBehind, startTwo, untilTold, withPostgres } from './support/outbox.js';

const postgres = withPostgres();

/** What listeners on all servers were told. */
const announced: string[] = [];

@Injectable()
class Listener {
  @OnPublication('card', 'updated')
  hear(message: { id: number; data: Card }): void {
    announced.push(`updated ${message.id} ${message.data.title}`);
  }
}

describe('A server that tells what another has written in the outbox, and has not told', () => {
  it('ends the subscriptions to a record that is destroyed, on all servers', async (context) => {
    const subject = await startTwo(postgres, context);
    const { app, other } = subject;
    const clients = [await app.connect(), await other.connect()];
    for (const client of clients) {
      for (const id of [1, 2]) await client.socket.emitWithAck('get', { url: `/cards/${id}` });
    }
    const [cards, elsewhere] = cardsOf(subject);

    await leaveBehind(subject, (client) => cards.publishDestroy(1, { outbox: client }));
    await untilTold(subject);
    for (const client of clients) await expect.poll(() => toldOf(client)).toEqual(['destroyed 1']);
    await elsewhere.publishUpdate(1, { title: 'of a card that came later' });
    await elsewhere.publishUpdate(2, { title: 'afterwards' });

    for (const client of clients) {
      await expect.poll(() => toldOf(client)).toContain('updated 2 afterwards');
      expect(toldOf(client)).toEqual(['destroyed 1', 'updated 2 afterwards']);
    }
  });

  it.for<[string, Partial<Card>]>([
    ['changed', { title: 'of which list?' }],
    ['moved', { boardId: 8 }],
  ])(
    'has the watchers of a list read again whose record was %s by a server that did not know that list',
    async ([, change], context) => {
      const subject = await startTwo(postgres, context, { controllers: [BoardsController] });
      const seven = await subject.other.connect();
      await seven.socket.emitWithAck('get', { url: '/boards/7/cards' });
      const [cards] = cardsOf(subject);

      await leaveBehind(subject, (client) => cards.publishUpdate(1, change, { outbox: client }));
      await seven.next('sockets:stale');
      expect(toldOf(seven)).toEqual([]);
    },
  );

  it('has all servers know the slice of a record that was moved', async (context) => {
    const subject = await startTwo(postgres, context, { controllers: [BoardsController] });
    const boards = await readBoards(subject);
    const [cards, elsewhere] = cardsOf(subject);

    await leaveBehind(subject, (client) => cards.publishUpdate(1, { boardId: 8 }, { outbox: client }));
    await untilTold(subject);
    for (const { seven, eight } of boards) {
      await expect.poll(() => toldOf(seven)).toEqual(['left 1']);
      await expect.poll(() => toldOf(eight)).toEqual(['entered 1']);
    }
    // Neither says where the card is.
    await cards.publishUpdate(1, { title: 'for board 8' });
    await elsewhere.publishUpdate(1, { title: 'for board 8, too' });
    await elsewhere.publishCreate({ id: 2, boardId: 7, title: 'afterwards' });

    for (const { seven, eight } of boards) {
      await expect.poll(() => toldOf(seven)).toEqual(['left 1', 'created 2 afterwards']);
      // Each of a server of its own.
      const heard = (): string[] => toldOf(eight).toSorted();
      await expect.poll(heard).toEqual(['entered 1', 'updated 1 for board 8', 'updated 1 for board 8, too']);
    }
  });

  it('has all servers know the slice of a record that was moved several times, and changed since', async (context) => {
    const subject = await startTwo(postgres, context, { controllers: [BoardsController] });
    const [{ eight }, other] = await readBoards(subject);
    const [cards, elsewhere] = cardsOf(subject);

    await leaveBehind(subject, (client) => cards.publishUpdate(1, { boardId: 9 }, { outbox: client }));
    await leaveBehind(subject, (client) =>
      cards.publishUpdate(1, { boardId: 8 }, { outbox: client, previous: { boardId: 9 } }),
    );
    for (const one of [cards, elsewhere]) await one.publishUpdate(1, { title: 'which says nothing of boards' });
    await untilTold(subject);
    for (const client of [eight, other.eight]) await expect.poll(() => toldOf(client)).toEqual(['entered 1']);
    await cards.publishUpdate(1, { title: 'for board 8' });
    await elsewhere.publishUpdate(1, { title: 'for board 8, too' });

    for (const client of [eight, other.eight]) {
      const heard = (): string[] => toldOf(client).toSorted();
      await expect.poll(heard).toEqual(['entered 1', 'updated 1 for board 8', 'updated 1 for board 8, too']);
    }
  });

  it('has nobody take a record for where it was before it was moved again', async (context) => {
    const subject = await startTwo(postgres, context, { controllers: [BoardsController] });
    const [{ eight }, other] = await readBoards(subject);
    const [cards, elsewhere] = cardsOf(subject);

    await leaveBehind(subject, (client) => cards.publishUpdate(1, { boardId: 8 }, { outbox: client }));
    // By a server that was faster than the one that tells of the first move.
    await elsewhere.publishUpdate(1, { boardId: 9 });
    await untilTold(subject);
    await expect.poll(() => toldOf(eight)).toEqual(['entered 1']);
    await elsewhere.publishUpdate(1, { title: 'not for board 8' });
    await cards.publishUpdate(1, { title: 'not for board 8, either' });
    await elsewhere.publishCreate({ id: 2, boardId: 8, title: 'afterwards' });

    for (const client of [eight, other.eight]) {
      await expect.poll(() => toldOf(client)).toEqual(['entered 1', 'created 2 afterwards']);
    }
  });

  it('runs the listeners to publications, on one server and once', async (context) => {
    const subject = await startTwo(postgres, context, { providers: [Listener] });
    const [cards, elsewhere] = cardsOf(subject);
    announced.length = 0;

    await leaveBehind(subject, async (client) => {
      await cards.publishUpdate(1, { title: 'first' }, { outbox: client });
      await cards.publishUpdate(1, { title: 'second' }, { outbox: client });
    });
    await untilTold(subject);
    await expect.poll(() => announced).toContain('updated 1 second');
    await elsewhere.publishUpdate(1, { title: 'afterwards' });

    await expect.poll(() => announced).toContain('updated 1 afterwards');
    expect(announced).toEqual(['updated 1 first', 'updated 1 second', 'updated 1 afterwards']);
  });
});
