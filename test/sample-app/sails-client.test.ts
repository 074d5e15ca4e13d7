import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../src/index.js';
import { SESSION_COOKIE, startWithSessions } from '../behaviour/requests/sails/support/sails-sessions.js';
import type { TestApplication } from '../support/application.js';
import { platforms } from '../support/platforms.js';
import { isBrowserMissing, launchBrowser } from '../support/browser.js';
import { PageServer } from './support/page-server.js';

interface Jwr {
  body: unknown;
  statusCode: number;
}

let browser: Browser;
let pages: PageServer;

beforeAll(async () => {
  if (isBrowserMissing) return;
  pages = await PageServer.start();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await pages?.stop();
});

/** Sends a request with the page's client, and returns its response. */
function ask(page: Page, method: 'get' | 'post', url: string, data: object = {}): Promise<Jwr> {
  const args = [url, data].map((arg) => JSON.stringify(arg)).join(', ');
  return page.evaluate(`new Promise((resolve) => io.socket.${method}(${args}, (body, jwr) => resolve(jwr.toPOJO())))`);
}

describe.skipIf(isBrowserMissing).each(platforms)(
  'Sails row 55: sails.io.js in Chromium, on a page of another origin than the application on $name',
  (platform) => {
    const startFor = (options: SocketsModuleOptions): Promise<TestApplication> =>
      startWithSessions({ platform, imports: [SocketsModule.forRoot(options)] });

    /** Opens the page in a profile of its own, or in the profile of another page. */
    async function open(
      app: TestApplication,
      { beside, connects = true }: { beside?: Page; connects?: boolean } = {},
    ): Promise<Page> {
      const context = beside?.context() ?? (await browser.newContext());
      if (!beside) onTestFinished(() => context.close());
      const page = await context.newPage();
      await page.goto(pages.pageFor(app.url, { connects }));
      return page;
    }

    it('fetches the cookie, connects, and shares the session with other pages and with HTTP', async () => {
      const app = await startFor({ origins: [pages.origin] });
      const one = await open(app);

      const login = await ask(one, 'post', '/login', { name: 'ada' });
      const other = await open(app, { beside: one });
      const stranger = await open(app);

      expect(login).toMatchObject({ statusCode: 201, body: { user: 'ada' } });
      expect((await ask(other, 'get', '/whoami')).body).toEqual({ user: 'ada', count: 0 });
      const overHttp = await one.context().request.get(`${app.url}/whoami`);
      expect(await overHttp.json()).toEqual({ user: 'ada', count: 0 });
      expect((await ask(stranger, 'get', '/whoami')).body).toEqual({ user: null, count: 0 });
    });

    it('has a cookie that no script can read', async () => {
      const app = await startFor({ origins: [pages.origin] });
      const page = await open(app);
      await ask(page, 'get', '/whoami');

      const cookies = await page.context().cookies(app.url);

      expect(cookies).toMatchObject([{ name: SESSION_COOKIE, httpOnly: true }]);
      expect(await page.evaluate('document.cookie')).toBe('');
    });

    it('fetches the cookie from the route that the option "cookieRoute" names', async () => {
      const app = await startFor({ origins: [pages.origin], requests: { cookieRoute: '/cookie.js' } });
      const page = await open(app, { connects: false });

      const answer = await page.evaluate(`new Promise((resolve) => {
        const socket = io.sails.connect('${app.url}', { useCORSRouteToGetCookie: '/cookie.js' });
        socket.post('/login', { name: 'ada' }, resolve);
      })`);

      expect(answer).toEqual({ user: 'ada' });
      const overHttp = await page.context().request.get(`${app.url}/whoami`);
      expect(await overHttp.json()).toMatchObject({ user: 'ada' });
    });

    it('does the same by polling, with the cookie on each request', async () => {
      const app = await startFor({ origins: [pages.origin] });
      const page = await open(app, { connects: false });

      const answers = await page.evaluate(`new Promise((resolve) => {
        const socket = io.sails.connect('${app.url}', { transports: ['polling'] });
        socket.post('/login', { name: 'ada' }, (login) =>
          socket.get('/whoami', (whoami) => resolve([login, whoami, socket._raw.io.engine.transport.name])));
      })`);

      expect(answers).toEqual([{ user: 'ada' }, { user: 'ada', count: 0 }, 'polling']);
      const overHttp = await page.context().request.get(`${app.url}/whoami`);
      expect(await overHttp.json()).toMatchObject({ user: 'ada' });
    });

    it('is refused if its origin is not allowed to connect', async () => {
      const app = await startFor({});
      const page = await open(app, { connects: false });

      const failed = await page.evaluate(`new Promise((resolve, reject) => {
        io.sails.connect('${app.url}')
          .on('connect_error', () => resolve('refused'))
          .on('connect', () => reject(new Error('It connected.')));
      })`);

      expect(failed).toBe('refused');
      expect(app.sockets.server.sockets.sockets.size).toBe(0);
    });
  },
);
