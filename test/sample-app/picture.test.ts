import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { isBrowserMissing } from '../support/browser.js';
import { openStage } from './support/stage.js';
import { lookAt, sideBySide, sizeOf } from './support/side-by-side.js';
import type { Visitor } from './support/visitor.js';

/** The picture in the README. `UPDATE_SCREENSHOT=1` takes it again. */
const committedPicture = join(import.meta.dirname, '../../docs/board.png');

describe.skipIf(isBrowserMissing)('The picture of two browsers', () => {
  const stage = openStage();
  let ada: Visitor;
  let grace: Visitor;

  beforeAll(async () => {
    const window = { viewport: { width: 1000, height: 771 }, deviceScaleFactor: 2 };
    ada = await stage().enter('Ada Lovelace', { ...window, colorScheme: 'light' });
    grace = await stage().enter('Grace Hopper', { ...window, colorScheme: 'dark' });

    await grace.page.getByRole('button', { name: 'Vote for Paint the sign at the gate' }).click();
    await ada.addCard('Build a bench', 'Doing');
    await grace.shows(grace.card('Build a bench'));
    await grace.page.getByRole('button', { name: 'Move Order seed potatoes to the right' }).click();
    await ada.shows(ada.card('Order seed potatoes', ada.column('Doing')));
  });

  const boxesOf = async (locator: Locator) =>
    Promise.all((await locator.all()).map(async (each) => (await each.boundingBox())!));

  it('shows the same cards in both', async () => {
    expect(await ada.titles()).toEqual(await grace.titles());
    expect((await ada.titles()).map((titles) => titles.length)).toEqual([2, 4, 2]);
  });

  it('has three columns next to each other, with every card inside its column', async () => {
    for (const { page } of [ada, grace]) {
      const columns = await boxesOf(page.locator('.column'));
      expect(columns).toHaveLength(3);
      expect(new Set(columns.map(({ y }) => y)).size).toBe(1);
      const [todo, doing, done] = columns;
      expect(todo.x + todo.width).toBeLessThan(doing.x);
      expect(doing.x + doing.width).toBeLessThan(done.x);

      for (const [index, column] of (await page.locator('.column').all()).entries()) {
        const { x, y, width, height } = columns[index];
        for (const card of await boxesOf(column.locator('.card'))) {
          expect(card.x).toBeGreaterThan(x);
          expect(card.x + card.width).toBeLessThan(x + width);
          expect(card.y).toBeGreaterThan(y);
          expect(card.y + card.height).toBeLessThan(y + height);
        }
      }
    }
  });

  it.each([
    { width: 1600, height: 1000 },
    { width: 390, height: 844 },
  ])('is no wider than a window of $width pixels', async (size) => {
    const { page } = ada;
    const before = page.viewportSize()!;
    await page.setViewportSize(size);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(size.width);
    await page.setViewportSize(before);
  });

  it('shows both windows in full detail, one light and one dark', async () => {
    await ada.sayHello();
    await ada.showsToast('You said hello to everyone on this board');
    await grace.showsToast('Ada Lovelace says hello to everyone on this board');
    // A pointer resting on a button does not belong in the picture.
    for (const { page } of [ada, grace]) await page.mouse.move(0, 0);
    const [light, dark] = await Promise.all(
      [ada, grace].map(({ page }) => page.screenshot({ animations: 'disabled', caret: 'hide' })),
    );
    const picture = await sideBySide(stage().browser, light, dark);

    expect(sizeOf(light)).toEqual({ width: 2000, height: 1542 });
    expect(sizeOf(dark)).toEqual({ width: 2000, height: 1542 });
    expect(sizeOf(picture)).toEqual({ width: 1640, height: 666 });
    const [seenLight, seenDark] = [await lookAt(stage().browser, light), await lookAt(stage().browser, dark)];
    expect(seenLight.colours).toBeGreaterThan(1000);
    expect(seenDark.colours).toBeGreaterThan(1000);
    expect(seenLight.light).toBeGreaterThan(200);
    expect(seenDark.light).toBeLessThan(80);

    if (process.env.UPDATE_SCREENSHOT) await writeFile(committedPicture, picture);
    expect(sizeOf(await readFile(committedPicture))).toEqual(sizeOf(picture));
  });
});
