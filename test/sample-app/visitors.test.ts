import type { Locator } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { isBrowserMissing } from '../support/browser.js';
import { openStage } from './support/stage.js';
import type { Visitor } from './support/visitor.js';

describe.skipIf(isBrowserMissing)('A member who is viewing a board', () => {
  const stage = openStage();
  let ada: Visitor;
  let grace: Visitor;

  beforeAll(async () => {
    ada = await stage().enter('Ada Lovelace');
    grace = await stage().enter('Grace Hopper');
  });

  const others = ({ page }: Visitor): Promise<string[]> => page.locator('#visitors .name').allTextContents();
  const presenceOf = ({ received }: Visitor, id: string) =>
    received.messages
      .filter(({ event, data }) => event === 'presence' && data.id === id)
      .map(({ data }) => data.status);

  it('is shown to the others there, to those who came earlier and later alike', async () => {
    await expect.poll(() => others(ada)).toEqual(['Grace Hopper']);
    await expect.poll(() => others(grace)).toEqual(['Ada Lovelace']);
  });

  it('counts once, however many windows they have open, and is gone with the last one', async () => {
    const before = presenceOf(ada, '2').length;
    const gracesOther = await grace.openAnother();
    await gracesOther.shows(gracesOther.card('Mend the greenhouse door'));
    expect(await others(gracesOther)).toEqual(['Ada Lovelace']);
    await grace.tab('Summer party').click();
    await grace.shows(grace.card('Pick a date'));
    expect(await others(ada)).toEqual(['Grace Hopper']);
    expect(await others(grace)).toEqual([]);

    await gracesOther.page.context().close();

    await expect.poll(() => others(ada)).toEqual([]);
    expect(presenceOf(ada, '2').slice(before)).toEqual(['left']);
    await grace.tab('Community garden').click();
    await expect.poll(() => others(ada)).toEqual(['Grace Hopper']);
    expect(presenceOf(ada, '2').slice(before)).toEqual(['left', 'joined']);
  });

  describe('and is typing', () => {
    const typing = (within: Locator): Locator => within.getByText('Ada Lovelace is typing…');

    it('a comment is shown to those who have the same card open', async () => {
      await ada.openCard('Measure the beds');
      await grace.openCard('Measure the beds');

      await ada.page.getByLabel('Comment').pressSequentially('In feet');

      await grace.shows(typing(grace.page.locator('#card-dialog')));
      await ada.page.getByRole('button', { name: 'Comment', exact: true }).click();
      await grace.shows(grace.page.locator('#comments li', { hasText: 'In feet' }));
      await expect.poll(() => typing(grace.page.locator('#card-dialog')).count()).toBe(0);
      await ada.closeCard();
      await grace.closeCard();
    });

    it('a new card is shown in its column, until they pause', async () => {
      await ada.page.getByLabel('New card in Doing').pressSequentially('Mow');

      await grace.shows(typing(grace.column('Doing')));
      expect(await typing(grace.column('To do')).count()).toBe(0);
      await expect.poll(() => typing(grace.column('Doing')).count()).toBe(0);
      await ada.page.getByLabel('New card in Doing').fill('');
    });

    it('is not shown to anyone on another board', async () => {
      await grace.tab('Summer party').click();
      await grace.shows(grace.card('Pick a date'));
      const signals = () => grace.received.messages.filter(({ event }) => event === 'typing').length;
      const before = signals();

      await ada.page.getByLabel('New card in Done').pressSequentially('Mow the lawn');
      await ada.page.keyboard.press('Enter');
      // The tab's count arrives after the signals.
      await grace.shows(grace.tab('Community garden 8'));

      expect(signals()).toBe(before);
    });
  });
});
