import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBrowserMissing, launchBrowser } from '../support/browser.js';
import { CuttableLine } from './support/cuttable-line.js';
import { RunningApp } from './support/running-app.js';
import { Visitor } from './support/visitor.js';

describe.skipIf(isBrowserMissing)('A page whose connection was lost', () => {
  let app: RunningApp;
  let line: CuttableLine;
  let browser: Browser;
  let ada: Visitor;
  let grace: Visitor;

  beforeAll(async () => {
    browser = await launchBrowser();
    app = await RunningApp.start();
    line = await CuttableLine.to(app.url);
    ada = await Visitor.enter(browser, line.url, 'Ada Lovelace');
    grace = await Visitor.enter(browser, app.url, 'Grace Hopper');
    await ada.openCard('Mend the greenhouse door');

    line.cut();
    await ada.shows(ada.connection.getByText('Reconnecting'));
    await grace.addCard('Written meanwhile');
    await grace.page.getByRole('button', { name: 'Move Order seed potatoes to the right' }).click();
    await grace.openCard('Mend the greenhouse door');
    await grace.comment('Meanwhile it creaks');
    line.mend();
    await ada.shows(ada.page.locator('#connection[data-state=connected]'));
  });

  afterAll(async () => {
    await browser?.close();
    await line?.remove();
    await app?.dispose();
  });

  it('shows what happened meanwhile, without signing in again', async () => {
    await ada.shows(ada.page.locator('#comments li', { hasText: 'Meanwhile it creaks' }));
    await ada.closeCard();
    await ada.shows(ada.card('Written meanwhile'), ada.card('Order seed potatoes', ada.column('Doing')));
    expect(await ada.signInForm.isVisible()).toBe(false);
  });

  it('is subscribed again, to the cards that it knew and to new ones', async () => {
    await grace.comment('And now it does not');
    await grace.closeCard();
    await grace.page.getByRole('button', { name: 'Move Order seed potatoes to the right' }).click();
    await grace.page.getByRole('button', { name: 'Move Written meanwhile to the right' }).click();
    await grace.addCard('Written afterwards');

    await ada.shows(
      ada.card('Order seed potatoes', ada.column('Done')),
      ada.card('Written meanwhile', ada.column('Doing')),
      ada.card('Written afterwards'),
      ada.activity('Grace Hopper added “Written afterwards”'),
      ada.card('Mend the greenhouse door').getByTitle('4 comments'),
    );
  });

  it('is back in the room of its board, and is told about new boards', async () => {
    await grace.sayHello();
    await ada.showsToast('Grace Hopper says hello to everyone on this board');

    await grace.page.getByRole('button', { name: 'New board' }).click();
    await ada.shows(ada.tab('New board 0'));
  });
});
