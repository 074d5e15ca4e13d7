import { beforeAll, describe, expect, it } from 'vitest';
import { isBrowserMissing } from '../support/browser.js';
import { openStage } from './support/stage.js';
import type { Visitor } from './support/visitor.js';

describe.skipIf(isBrowserMissing)('What a member does to a card', () => {
  const stage = openStage();
  let ada: Visitor;

  beforeAll(async () => {
    ada = await stage().enter('Ada Lovelace');
  });

  /** Notes what the page shows of a card, whenever that changes, and returns what was noted. */
  async function follow(title: string): Promise<() => Promise<unknown>> {
    await ada.page.evaluate(`{
      window.shown = [];
      window.following?.disconnect();
      const note = () => {
        const card = [...document.querySelectorAll('.card')].find((one) => one.textContent.includes('${title}'));
        const now = card.closest('.column').ariaLabel + ', ' + card.querySelector('.vote').textContent.trim();
        if (shown.at(-1) !== now) shown.push(now);
      };
      note();
      window.following = new MutationObserver(note);
      following.observe(document.getElementById('columns'), { subtree: true, childList: true });
    }`);
    return () => ada.page.evaluate('shown');
  }

  describe('is shown at once, and taken back if the server refuses:', () => {
    beforeAll(() => {
      for (const table of ['card', 'vote'])
        stage().app.query(
          `CREATE TRIGGER refuse_${table} BEFORE ${table === 'card' ? 'UPDATE' : 'INSERT'} ON ${table}
           BEGIN SELECT RAISE(ABORT, 'refused'); END`,
        );
    });

    it('a move', async () => {
      const shown = await follow('Order seed potatoes');

      await ada.page.getByRole('button', { name: 'Move Order seed potatoes to the right' }).click();
      await ada.showsToast('Internal server error');

      await expect.poll(shown).toEqual(['To do, 1', 'Doing, 1', 'To do, 1']);
    });

    it('a vote', async () => {
      const shown = await follow('Find somebody with a wheelbarrow');

      await ada.page.getByRole('button', { name: 'Vote for Find somebody with a wheelbarrow' }).click();

      await expect.poll(shown).toEqual(['To do, 0', 'To do, 1', 'To do, 0']);
    });
  });
});
