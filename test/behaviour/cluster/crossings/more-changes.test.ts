import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { BeforePublication, OnPublication } from '../../../../src/index.js';
import { withCluster } from '../../../support/cluster.js';
import {
  agreedOn,
  beginAgain,
  type CardMessage,
  type Change,
  cross,
  expectOn,
  inTurn,
  messagesOf,
  moveTo,
  shownBy,
  shownOn,
  withBoards,
} from './support/boards.js';

/** What is done when a card is moved to board 8. */
let onMoved: (() => void) | undefined;

@Injectable()
class MoveListener {
  @OnPublication('card', 'updated')
  hear({ data }: CardMessage): void {
    if (data?.boardId === 8) onMoved?.();
  }
}

/** Reads what not every message has. */
@Injectable()
class TitleReader {
  @BeforePublication('card')
  read({ verb }: CardMessage): void {
    if (verb === 'left') throw new TypeError('It has no data.');
  }
}

const startBoards = withBoards(withCluster());

describe('A record that two servers change at the same time', () => {
  it('is shown in one place, though one of them changes it twice', async (context) => {
    const boards = await startBoards(context);
    const { channels, readers, cluster } = boards;

    for (let round = 0; round < 6; round++) {
      const first = channels[0].publishUpdate(1, { boardId: 8, title: 'moved' });
      // It has read the card before.
      const stale = channels[1].publishUpdate(1, { boardId: 7, title: 'stale' });
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([first, stale, channels[0].publishUpdate(1, { boardId: 10, title: 'moved again' })]);
      await cluster.settle();
      const [board] = Object.keys(await agreedOn(readers, 1));
      await expectOn(board, boards);
      await cluster.settle();
      await beginAgain(boards);
    }
  });

  it('is shown where one has moved it, though the other one changes it twice', async (context) => {
    const boards = await startBoards(context);
    const { channels, readers, cluster } = boards;

    for (let round = 0; round < 6; round++) {
      const renamed = channels[0].publishUpdate(1, { title: 'renamed' });
      const moved = channels[1].publishUpdate(1, { boardId: 9, title: 'moved' });
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([renamed, moved, channels[0].publishUpdate(1, { title: 'renamed again' })]);
      await cluster.settle();
      await expect.poll(() => Object.keys(shownOn(readers))).toEqual(['9']);
      await cluster.settle();
      await expectOn(9, boards);
      await cluster.settle();
      await beginAgain(boards);
    }
  });

  it('is shown by who watches both slices to which it was moved', async (context) => {
    const boards = await startBoards(context);
    const { channels, readers, cluster } = boards;
    const watchers = await Promise.all(
      [cluster.a, cluster.b].map(async (server) => {
        const client = await cluster.connect(server);
        for (const boardId of [8, 9]) await server.channel('card').watch(client.id, { boardId });
        return { board: 0, client };
      }),
    );

    for (let round = 0; round < 4; round++) {
      const made = await cross(boards, round, [moveTo(8), moveTo(9)]);
      await agreedOn(readers, 1);
      await cluster.settle();
      for (const watcher of watchers) expect(made.map(([, title]) => title)).toContain(shownBy(watcher));
      await channels[0].publishDestroy(1);
      for (const watcher of watchers) await expect.poll(() => shownBy(watcher)).toBeUndefined();
      await cluster.settle();
      await beginAgain(boards);
    }
  });

  it('is shown in its slices of other fields, where only one has moved it in each', async (context) => {
    const boards = await startBoards(context, { slices: ['boardId', 'ownerId'] });
    const giveTo6: Change = { make: (cards, title) => cards.publishUpdate(1, { ownerId: 6, title }), verb: 'updated' };

    for (let round = 0; round < 4; round++) {
      await cross(boards, round, [moveTo(8), giveTo6]);
      expect(Object.keys(await agreedOn(boards.readers, 1))).toEqual(['8']);
      await boards.cluster.settle();
      expect(Object.keys(shownOn(boards.readers))).toEqual(['8']);
      await boards.channels[0].publishDestroy(1);
      await boards.cluster.settle();
      await beginAgain(boards);
    }
  });

  it('is not told to have left what only data about it went to', async (context) => {
    const boards = await startBoards(context);
    const { channels, readers, cluster } = boards;

    for (let round = 0; round < 4; round++) {
      for (const { client } of readers) client.forget();
      await Promise.all([channels[0].publishDestroy(1), channels[1].publish([1, 2], { id: 2, round })]);
      await expect.poll(() => readers.filter(({ client }) => messagesOf(client).length > 0)).toHaveLength(2);
      await cluster.settle();
      const told = readers.flatMap(({ client }) => messagesOf(client).map(({ verb, id }) => `${verb} ${id}`));
      expect([...new Set(told)].filter((words) => words.startsWith('left'))).toEqual([]);
      await beginAgain(boards);
    }
  });

  it('does no harm to a server whose listener refuses what follows from that', async (context) => {
    const boards = await startBoards(context, { providers: [TitleReader] });
    const { channels, readers, cluster } = boards;

    await Promise.allSettled([channels[0].publishUpdate(1, { title: 'renamed' }), channels[1].publishDestroy(1)]);
    await cluster.settle();

    await beginAgain({ ...boards, readers: readers.filter(({ board }) => board === 7) });
  });

  it('is known to both by what is said of it where it is by then', async (context) => {
    const boards = await startBoards(context);
    const { readers, cluster } = boards;
    const heardOn = (board: number): unknown[][] =>
      readers.filter((one) => one.board === board).map(({ client }) => messagesOf(client).filter(isSaid));
    const isSaid = ({ verb }: CardMessage): boolean => verb === 'messaged';

    for (let round = 0; round < 6; round++) {
      const [cards, elsewhere] = inTurn(boards, round);
      for (const { client } of readers) client.forget();
      await Promise.all([cards.publishUpdate(1, { boardId: 8 }), elsewhere.message(1, { round })]);
      await cluster.settle();
      const said = [{ verb: 'messaged', id: 1, data: { round } }];
      const places = (): unknown[] => [heardOn(7), heardOn(8)].filter((heard) => heard.flat().length > 0);
      // It is before the move, or after it.
      await expect.poll(places).toContainEqual([said, said]);
      await cards.publishUpdate(1, { boardId: 7 });
      await cluster.settle();
    }
  });
});

describe('A record that one server moves, and changes at once', () => {
  it('is where it was moved for the other one, though its own server has not known where it was', async (context) => {
    const { channels, readers, cluster } = await startBoards(context);
    const [cards, elsewhere] = channels;
    await cards.publishDestroy(1);
    await cluster.settle();
    await elsewhere.publishCreate({ id: 1, boardId: 7, title: 'of another server' });
    await cluster.settle();

    void cards.publishUpdate(1, { boardId: 8, title: 'moved' });
    void cards.publishUpdate(1, { title: 'changed' });
    const heardOn = (board: number, title: string): number =>
      readers.filter((one) => one.board === board && messagesOf(one.client).some(({ data }) => data?.title === title))
        .length;
    await expect.poll(() => heardOn(8, 'changed')).toBe(2);
    await expect.poll(() => shownOn(readers)).not.toHaveProperty('7');
    await cluster.settle();
    await elsewhere.publishUpdate(1, { title: 'by the other' });

    await expect.poll(() => heardOn(8, 'by the other')).toBe(2);
    await cluster.settle();
    expect(heardOn(7, 'by the other')).toBe(0);
  });

  it('is where a listener has moved it on for the other one, too', async (context) => {
    const { channels, readers, cluster } = await startBoards(context, { providers: [MoveListener] });
    const [cards, elsewhere] = channels;
    onMoved = () => {
      onMoved = undefined;
      void cards.publishUpdate(1, { boardId: 9, title: 'by a listener' });
    };

    await cards.publishUpdate(1, { boardId: 8, title: 'moved' });
    await expect.poll(() => shownOn(readers)).toEqual({ 9: ['by a listener', 'by a listener'] });
    await cluster.settle();
    await elsewhere.publishUpdate(1, { title: 'by the other' });

    await expect.poll(() => shownOn(readers)).toEqual({ 9: ['by the other', 'by the other'] });
  });

  it('is where it was moved for the other one, though a listener changes it', async (context) => {
    const { channels, readers, cluster } = await startBoards(context, { providers: [MoveListener] });
    const [cards, elsewhere] = channels;
    onMoved = () => {
      onMoved = undefined;
      void cards.publishUpdate(1, { title: 'by a listener' });
    };

    await cards.publishUpdate(1, { boardId: 8, title: 'moved' });
    await expect.poll(() => shownOn(readers)).toEqual({ 8: ['by a listener', 'by a listener'] });
    await cluster.settle();
    await elsewhere.publishUpdate(1, { title: 'by the other' });

    await expect.poll(() => shownOn(readers)).toEqual({ 8: ['by the other', 'by the other'] });
  });
});
