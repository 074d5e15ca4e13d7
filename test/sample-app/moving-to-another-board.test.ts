import { beforeAll, describe, expect, it } from 'vitest';
import { isBrowserMissing } from '../support/browser.js';
import { openStage } from './support/stage.js';
import type { Visitor } from './support/visitor.js';

describe.skipIf(isBrowserMissing)('A card that is moved to another board', () => {
  const stage = openStage();
  let ada: Visitor;
  let grace: Visitor;
  let alan: Visitor;

  beforeAll(async () => {
    ada = await stage().enter('Ada Lovelace');
    grace = await stage().enter('Grace Hopper');
    alan = await stage().enter('Alan Turing');
    await alan.tab('Summer party').click();
    await alan.shows(alan.card('Pick a date'));
  });

  const cardMessages = ({ received }: Visitor) =>
    received.messages.filter(({ event }) => event === 'card').map(({ data }) => data);

  async function move(title: string, board: string): Promise<void> {
    await ada.openCard(title);
    await ada.page.locator('#card-board').selectOption(board);
    await ada.showsNoMore(ada.card(title));
    await expect.poll(() => ada.page.locator('#card-dialog').isVisible()).toBe(false);
  }

  it('leaves one page, with nothing but its id, and enters the other', async () => {
    await move('Paint the sign at the gate', 'Summer party');

    await grace.showsNoMore(grace.card('Paint the sign at the gate'));
    await alan.shows(alan.card('Paint the sign at the gate', alan.column('Doing')));
    expect(cardMessages(grace)).toEqual([{ verb: 'left', id: 5 }]);
    expect(cardMessages(alan)).toEqual([
      { verb: 'entered', id: 5, data: expect.objectContaining({ boardId: 2, title: 'Paint the sign at the gate' }) },
    ]);
  });

  it('is counted on the board it is on', async () => {
    for (const visitor of [ada, grace, alan]) {
      await visitor.shows(visitor.tab('Community garden 6'), visitor.tab('Summer party 3'));
    }
  });

  it('is published there from then on, and no longer where it was', async () => {
    const before = cardMessages(grace).length;
    await alan.page.getByRole('button', { name: 'Move Paint the sign at the gate to the right' }).click();
    await alan.shows(alan.card('Paint the sign at the gate', alan.column('Done')));
    await ada.tab('Summer party').click();
    await ada.shows(ada.card('Paint the sign at the gate', ada.column('Done')));
    await ada.page.getByRole('button', { name: 'Move Paint the sign at the gate to the left' }).click();
    await alan.shows(alan.card('Paint the sign at the gate', alan.column('Doing')));

    await ada.tab('Community garden').click();
    await ada.shows(ada.card('Mend the greenhouse door'));
    await ada.page.getByRole('button', { name: 'Move Mend the greenhouse door to the right' }).click();
    await grace.shows(grace.card('Mend the greenhouse door', grace.column('Done')));
    expect(cardMessages(grace).slice(before)).toEqual([expect.objectContaining({ verb: 'updated', id: 4 })]);
  });

  it('that is private disappears without a trace of where it went', async () => {
    await move('Find somebody with a wheelbarrow', 'The cake');

    await grace.showsNoMore(grace.card('Find somebody with a wheelbarrow'));
    await grace.shows(grace.activity('Ada Lovelace moved “Find somebody with a wheelbarrow” to another board'));
    const everything = await grace.received.everything();
    expect(everything.includes('The cake')).toBe(false);
    expect(/\\?"boardId\\?":3\b/.exec(everything)).toBeNull();
  });
});
