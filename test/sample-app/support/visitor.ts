import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { eventually } from '../../support/eventually.js';
import { Received } from './received.js';
import { PASSWORD } from './running-app.js';

/** Keeps the texts of all toasts that a page has shown: each is there for some seconds only. */
const KEEP_TOASTS = `
  window.toasts = [];
  new MutationObserver((changes) => {
    for (const added of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
      if (added.classList?.contains('toast')) toasts.push(added.textContent);
    }
  }).observe(document, { subtree: true, childList: true });
`;

/** A user with the board open in a browser of their own, and everything that the server has sent to it. */
export class Visitor {
  private constructor(
    readonly page: Page,
    readonly received: Received,
  ) {}

  static async enter(browser: Browser, url: string, name: string, options?: BrowserContextOptions): Promise<Visitor> {
    const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, ...options });
    const visitor = await Visitor.open(context, url);
    await visitor.signIn(name);
    await visitor.shows(visitor.card('Mend the greenhouse door'));
    await visitor.isConnected();
    return visitor;
  }

  static async open(context: BrowserContext, url: string): Promise<Visitor> {
    const page = await context.newPage();
    // A busy machine takes its time.
    page.setDefaultTimeout(120_000);
    await page.addInitScript(KEEP_TOASTS);
    const visitor = new Visitor(page, new Received(page));
    await page.goto(url);
    return visitor;
  }

  /** Opens another window with the same session, not a tab behind this one, which a browser would put to sleep. */
  async openAnother(): Promise<Visitor> {
    const browser = this.page.context().browser()!;
    const context = await browser.newContext({ storageState: await this.page.context().storageState() });
    const visitor = await Visitor.open(context, this.page.url());
    await visitor.isConnected();
    return visitor;
  }

  get signInForm(): Locator {
    return this.page.getByRole('form', { name: 'Who are you?' });
  }

  async signIn(name: string, password = PASSWORD): Promise<void> {
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  async signOut(): Promise<void> {
    await this.page.getByRole('button', { name: 'Sign out' }).click();
  }

  column(title: string): Locator {
    return this.page.getByRole('region', { name: title, exact: true });
  }

  card(title: string, within: Locator | Page = this.page): Locator {
    return within.locator('.card').filter({ hasText: title });
  }

  activity(text: string): Locator {
    return this.page.locator('#activity li', { hasText: text });
  }

  get connection(): Locator {
    return this.page.locator('#connection');
  }

  /** Waits until these are visible. */
  async shows(...locators: Locator[]): Promise<void> {
    for (const locator of locators) await locator.waitFor({ state: 'visible' });
  }

  /** Waits until it shows one that has not been waited for before, even if it is gone by now. */
  async showsToast(text: string): Promise<void> {
    const index = `toasts.findIndex((shown) => shown.includes(${JSON.stringify(text)}))`;
    const takeOne = `(${index} >= 0 && toasts.splice(${index}, 1).length)`;
    await eventually(async () => expect(await this.page.evaluate(takeOne), `toasts with “${text}”`).toBe(1));
  }

  /** Has `showsToast` wait for what is shown from now on. */
  async forgetToasts(): Promise<void> {
    await this.page.evaluate('void (toasts.length = 0)');
  }

  async showsNoMore(locator: Locator): Promise<void> {
    await locator.waitFor({ state: 'detached' });
  }

  async addCard(title: string, column = 'To do'): Promise<void> {
    await this.page.getByLabel(`New card in ${column}`).fill(title);
    await this.page.keyboard.press('Enter');
    await this.shows(this.card(title, this.column(column)));
  }

  async openCard(title: string): Promise<void> {
    await this.card(title).getByRole('button', { name: title, exact: true }).click();
    await this.shows(this.page.locator('#card-dialog'));
  }

  async closeCard(): Promise<void> {
    await this.page.getByRole('button', { name: 'Close' }).click();
  }

  async comment(text: string): Promise<void> {
    await this.page.getByLabel('Comment').fill(text);
    await this.page.getByRole('button', { name: 'Comment', exact: true }).click();
    await this.shows(this.page.locator('#comments li', { hasText: text }));
  }

  async sayHello(): Promise<void> {
    const said = () => this.received.socketCalls.filter(({ url, isAnswered }) => isAnswered && url.endsWith('/hello'));
    const before = said().length;
    await this.page.getByRole('button', { name: 'Say hello' }).click();
    await eventually(() => expect(said().length).toBeGreaterThan(before));
  }

  tab(name: string): Locator {
    return this.page.getByRole('navigation', { name: 'Boards' }).getByRole('button', { name });
  }

  /** Returns the titles of the cards, column by column, from top to bottom. */
  async titles(): Promise<string[][]> {
    const columns = await this.page.locator('.column').all();
    return Promise.all(columns.map((column) => column.locator('.card .open').allTextContents()));
  }

  private async isConnected(): Promise<void> {
    await eventually(() => expect(this.received.isConnected).toBe(true));
  }
}
