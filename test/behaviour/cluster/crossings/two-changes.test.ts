import { describe, expect, it } from 'vitest';
import type { ResourceChannel } from '../../../../src/index.js';
import { sharesJournal, withCluster } from '../../../support/cluster.js';
import {
  agreedOn,
  beginAgain,
  type Card,
  type Change,
  cross,
  destroy,
  expectOn,
  inTurn,
  moveTo,
  rename,
  shownAfter,
  shownOn,
  type Variant,
  withBoards,
} from './support/boards.js';

const startBoards = withBoards(withCluster());

/** What both servers do at the same time. */
const CROSSINGS: ReadonlyArray<[what: string, Change, Change]> = [
  ['both move it', moveTo(8), moveTo(9)],
  ['one moves it, and the other says nothing of boards', moveTo(8), rename],
  ['one moves it, and the other has read it before', moveTo(8), moveTo(7)],
  ['one moves it, and the other destroys it', moveTo(8), destroy],
];

const VARIANTS: ReadonlyArray<[string, Variant]> = [
  ['in one namespace', {}],
  ['in several namespaces', { namespace: '/admin' }],
];

describe.for(VARIANTS)('A record that two servers change at the same time, %s', ([, variant]) => {
  it.for(CROSSINGS)('is shown in one place, where the journal has it last: %s', async (crossing, context) => {
    const [, ...changes] = crossing;
    const boards = await startBoards(context, variant);
    const { cluster, readers } = boards;

    for (let round = 0; round < 6; round++) {
      const made = await cross(boards, round, changes);
      const shown = sharesJournal ? shownAfter(made) : await agreedOn(readers, changes.includes(destroy) ? 0 : 1);
      await expect.poll(() => shownOn(readers)).toEqual(shown);
      await cluster.settle();
      expect(shownOn(readers)).toEqual(shown);
      for (const board of Object.keys(shown)) await expectOn(board, boards);
      await cluster.settle();
      await beginAgain(boards);
    }
  });
});

describe('A record that two servers change at the same time', () => {
  it('is shown where its newest version says, and nowhere else', async (context) => {
    const boards = await startBoards(context, { version: 'version' });
    const [first, second] = [8, 9].map((board, index): Change => {
      const make = (cards: ResourceChannel<Card>, title: string): Promise<void> =>
        cards.publishUpdate(1, { boardId: board, title, version: 2 + index });
      return { make, verb: 'updated', board };
    });

    for (let round = 0; round < 6; round++) {
      const { readers, cluster } = boards;
      const [cards, elsewhere] = inTurn(boards, round);
      const change = (): Promise<void> => first.make(cards, `a ${round}`);
      const changeLater = (): Promise<void> => second.make(elsewhere, `b ${round}`);
      const calls = round > 2 ? [changeLater, change] : [change, changeLater];
      await Promise.all(calls.map((call) => call()));
      await expect.poll(() => shownOn(readers)).toEqual({ 9: [`b ${round}`, `b ${round}`] });
      await cluster.settle();
      expect(shownOn(readers)).toEqual({ 9: [`b ${round}`, `b ${round}`] });
      await expectOn(9, boards, 4);
      await cluster.settle();
      await beginAgain(boards);
    }
  });

  it('is shown in one place, though both give their changes the same version', async (context) => {
    const boards = await startBoards(context, { version: 'version' });
    const moveTo2 = (boardId: number): Change => ({
      ...moveTo(boardId),
      make: (cards, title) => cards.publishUpdate(1, { boardId, title, version: 2 }),
    });

    for (let round = 0; round < 4; round++) {
      await cross(boards, round, [moveTo2(8), moveTo2(9)]);
      const [board] = Object.keys(await agreedOn(boards.readers, 1));
      await expectOn(board, boards, 3);
      await boards.cluster.settle();
      await beginAgain(boards);
    }
  });
});
