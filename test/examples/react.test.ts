import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Visitor } from '../sample-app/support/visitor.js';
import { PASSWORD } from '../sample-app/support/running-app.js';
import { openStage } from '../sample-app/support/stage.js';
import { isBrowserMissing } from '../support/browser.js';

describe.skipIf(isBrowserMissing)("The board in React, beside the sample application's own", () => {
  const stage = openStage();
  let grace: Visitor;
  let react: Page;

  const card = (title: string, column?: string) =>
    (column ? react.getByRole('region', { name: column, exact: true }) : react)
      .locator('article')
      .filter({ hasText: title });

  async function signIn(): Promise<void> {
    await react.getByLabel('Name').fill('Ada Lovelace');
    await react.getByLabel('Password').fill(PASSWORD);
    await react.getByRole('button', { name: 'Sign in' }).click();
    await card('Mend the greenhouse door').waitFor();
  }

  beforeAll(async () => {
    grace = await stage().enter('Grace Hopper');
    const context = await stage().browser.newContext();
    react = await context.newPage();
    react.setDefaultTimeout(120_000);
    // Not localhost, which Socket.IO takes to be there without a network, too.
    await react.goto(`${stage().app.url.replace('localhost', '127.0.0.1')}/react/`);
    await signIn();
  });

  it('shows what the other adds and moves, and the other way round', async () => {
    await grace.addCard('Buy twine');
    await card('Buy twine', 'To do').waitFor();
    await react.getByRole('button', { name: 'Move Buy twine to the right' }).click();
    await grace.shows(grace.card('Buy twine', grace.column('Doing')));
    await card('Buy twine', 'Doing').waitFor();

    await react.getByLabel('New card in To do').fill('Sharpen the shears');
    await react.keyboard.press('Enter');

    await grace.shows(grace.card('Sharpen the shears', grace.column('To do')));
    await card('Sharpen the shears', 'To do').waitFor();
  });

  it('keeps what it shows while its tab is offline, and then shows what it has missed', async () => {
    await react.context().setOffline(true);
    await react.locator('#connection', { hasText: 'reconnecting' }).waitFor();
    await grace.addCard('Written meanwhile');
    expect(await card('Buy twine').count()).toBe(1);

    await react.context().setOffline(false);

    await card('Written meanwhile').waitFor();
  });

  it('goes on after the server was killed, and somebody has signed in again', async () => {
    await stage().app.stop();
    await react.locator('#connection', { hasText: 'reconnecting' }).waitFor();
    expect(await card('Buy twine').count()).toBe(1);
    await stage().app.start();
    await signIn();
    await grace.signIn('Grace Hopper');

    await grace.addCard('After the restart');

    await card('After the restart').waitFor();
  });
});
