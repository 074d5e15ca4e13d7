import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, RequestError, type SocketsClient } from '../../src/front-ends/client/index.js';
import { isBrowserMissing, launchBrowser } from '../support/browser.js';
import { RunningApp } from './support/running-app.js';
import { Visitor } from './support/visitor.js';

/** A board of Ada's from the demo data, one of its cards, and texts on it. */
const board = '/boards/3';
const card = 10;
const secrets = ['The cake', 'shape of a moth', 'on holiday'];

describe('A private board', () => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await RunningApp.start();
  });

  afterAll(() => app?.dispose());

  describe('does not exist for anyone but its owner', () => {
    let grace: SocketsClient;

    beforeAll(async () => {
      grace = connect(app.url, { extraHeaders: { cookie: await app.signIn('Grace Hopper') } });
    });

    afterAll(() => grace?.close());

    it.each([
      ['get', board, undefined],
      ['patch', board, { title: 'Mine' }],
      ['delete', board, undefined],
      ['get', `${board}/cards`, undefined],
      ['post', `${board}/cards`, { title: 'Peep' }],
      ['get', `${board}/cards/${card}`, undefined],
      ['patch', `${board}/cards/${card}`, { title: 'Peep' }],
      ['delete', `${board}/cards/${card}`, undefined],
      ['get', `${board}/activity`, undefined],
      ['post', `${board}/hello`, undefined],
      ['put', `${board}/visit`, undefined],
      ['get', `${board}/visitors`, undefined],
      ['put', `${board}/members/2`, undefined],
      ['delete', `${board}/members/2`, undefined],
      ['get', `/cards/${card}/comments`, undefined],
      ['post', `/cards/${card}/comments`, { text: 'Peep' }],
      ['put', `/cards/${card}/voters/2`, undefined],
      ['delete', `/cards/${card}/voters/2`, undefined],
    ] as const)('so that %s %s finds nothing', async (method, url, data) => {
      const refusal = (path: string): Promise<unknown> =>
        grace.request({ method, url: path, data }).catch((error: unknown) => error);

      const [refused, absent] = await Promise.all([url, url.replace(/(3|10)/, '4711')].map(refusal));

      expect(refused).toBeInstanceOf(RequestError);
      expect(refused).toMatchObject({ statusCode: 404 });
      // Its text does not give away that the board exists, either.
      const wordsOf = (error: unknown) => (error as RequestError).message.replaceAll(/\d+/g, 'N');
      expect(wordsOf(refused)).toBe(wordsOf(absent));
    });

    it('and is in no list', async () => {
      const { body } = await grace.get<{ id: number }[]>('/boards');

      expect(body.map(({ id }) => id)).toEqual([1, 2]);
    });

    it('and stays as it was', () => {
      expect(app.query('select title from board where id = 3')).toEqual([{ title: 'The cake' }]);
      expect(app.query('select id from card where boardId = 3')).toHaveLength(2);
      expect(app.query(`select * from comment where cardId = ${card}`)).toEqual([]);
      expect(app.query(`select * from vote where cardId = ${card}`)).toEqual([]);
    });
  });

  describe.skipIf(isBrowserMissing)('in the browsers', () => {
    let browser: Browser;
    let ada: Visitor;
    let adasOther: Visitor;
    let grace: Visitor;

    beforeAll(async () => {
      browser = await launchBrowser();
      ada = await Visitor.enter(browser, app.url, 'Ada Lovelace');
      adasOther = await ada.openAnother();
      grace = await Visitor.enter(browser, app.url, 'Grace Hopper');
    });

    afterAll(() => browser?.close());

    it('has a lock on its tab and in its header', async () => {
      await ada.tab('Private The cake').click();

      await ada.shows(ada.card('shape of a moth'), ada.page.getByText('Only you can see this board'));
      await ada.tab('Summer party').click();
      await ada.shows(ada.card('Pick a date'));
      expect(await ada.page.getByText('Only you can see this board').isVisible()).toBe(false);
    });

    it('appears in its owner’s other window at once, and stays in sync there', async () => {
      await ada.page.getByRole('button', { name: 'New private board' }).click();
      await ada.shows(ada.page.locator('#board-title:focus'));
      await ada.page.getByLabel('Board title').fill('Poems, badly rhymed');
      await ada.page.keyboard.press('Enter');
      await ada.addCard('An ode to the loom');

      await adasOther.tab('Private Poems, badly rhymed 1').click();
      await adasOther.shows(adasOther.card('An ode to the loom'));
      await adasOther.page.getByRole('button', { name: 'Move An ode to the loom to the right' }).click();
      await ada.shows(ada.card('An ode to the loom', ada.column('Doing')));
      await ada.shows(ada.activity('Ada Lovelace moved “An ode to the loom” to Doing'));
    });

    it('reaches nobody else, whatever happens on it: in no response and no frame', async () => {
      await ada.tab('Poems, badly rhymed').click();
      await ada.openCard('An ode to the loom');
      await ada.page.getByLabel('Assigned to').selectOption('Grace Hopper');
      await ada.comment('Grace must never read this');
      await ada.closeCard();
      await ada.page.getByRole('button', { name: 'Vote for An ode to the loom' }).click();
      await ada.shows(ada.page.getByRole('button', { name: 'Vote for An ode to the loom, 1 so far' }));
      await ada.addCard('Something short-lived');
      await ada.openCard('Something short-lived');
      await ada.page.getByRole('button', { name: 'Delete this card' }).click();
      await ada.showsNoMore(ada.card('Something short-lived'));
      await ada.sayHello();
      await adasOther.showsToast('Ada Lovelace says hello');
      ada.page.once('dialog', (dialog) => void dialog.accept());
      await ada.page.getByRole('button', { name: 'Delete this board' }).click();
      await adasOther.showsNoMore(adasOther.tab('Poems, badly rhymed'));

      // Once this, on a public board, has arrived, everything before it would have arrived, too.
      const heardBefore = grace.received.messages.length;
      await ada.tab('Community garden').click();
      await ada.shows(ada.card('Mend the greenhouse door'));
      await ada.sayHello();
      await grace.showsToast('Ada Lovelace says hello');

      // Except for the presence of those who open that board.
      const heard = grace.received.messages.slice(heardBefore).filter(({ event }) => event !== 'presence');
      expect(heard).toEqual([{ event: 'hello', data: { memberId: 1 } }]);
      const everything = await grace.received.everything();
      expect(everything.includes('Mend the greenhouse door')).toBe(true);
      const never = [...secrets, '"isPrivate":true', 'Poems', 'ode to the loom', 'never read this', 'short-lived'];
      expect(never.filter((secret) => everything.includes(secret))).toEqual([]);
      const ids = [...everything.matchAll(/\\?"boardId\\?":(\d+)/g)].map(([, id]) => id);
      expect(new Set(ids)).toEqual(new Set(['1']));
      expect(await grace.page.locator('#boards li').count()).toBe(2);
      await expect.poll(() => ada.tab('The cake').count()).toBe(1);
    });
  });
});
