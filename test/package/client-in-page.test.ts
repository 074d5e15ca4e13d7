import { Controller, Get, Header } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { SocketsClient } from '../../src/front-ends/client/index.js';
import { DeskController, Journal, type Note, NotesController } from '../behaviour/client/support/desk.js';
import { isBrowserMissing, launchBrowser } from '../support/browser.js';
import { start, type TestApplication } from '../support/application.js';
import { requireBuild } from './support/build.js';
import { root } from './support/repository.js';

/** A page without a bundler: the client is served as it is built, and Socket.IO serves its own. */
const PAGE = `<!doctype html>
<script type="importmap">
  { "imports": { "socket.io-client": "/socket.io/socket.io.esm.min.js" } }
</script>
<script type="module">
  import { connect } from '/nestjs-sockets/client/index.js';

  window.sockets = connect({ reconnectionDelay: 50, reconnectionDelayMax: 50 });
  window.states = [];
  window.notes = [];
  sockets.onState(({ status }) => states.push(status));
  sockets.on('note', ({ data }) => notes.push(data.text));
  const show = ({ body }) => (document.title = body.length + ' notes');
  show(await sockets.get('/notes', undefined, { repeat: ({ response }) => show(response) }));
</script>`;

@Controller('page')
class PageController {
  @Get()
  @Header('content-type', 'text/html')
  show(): string {
    return PAGE;
  }
}

/** What the page's script keeps. */
interface PageWindow {
  sockets: SocketsClient;
}

describe.skipIf(isBrowserMissing)('The client in a page, as a module without a bundler', () => {
  let browser: Browser;
  const complaints: string[] = [];

  beforeAll(async () => {
    requireBuild();
    browser = await launchBrowser();
  });

  afterAll(() => browser.close());

  async function open(): Promise<{ app: TestApplication; page: Page }> {
    const app = await start({
      controllers: [PageController, NotesController, DeskController],
      providers: [Journal],
      main: (nest) =>
        void (nest as NestExpressApplication).useStaticAssets(join(root, 'dist'), { prefix: '/nestjs-sockets/' }),
    });
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.goto(`${app.url}/page`);
    await page.waitForFunction('document.title');
    return { app, page };
  }

  test('connects to where the page came from, reads, and hears what happens to it', async () => {
    const { app, page } = await open();

    expect(await page.title()).toBe('1 notes');
    await app.request('POST', '/notes', { text: 'elsewhere' });
    await app.channel<Note>('note').publishCreate({ id: 2, text: 'news' });
    await page.waitForFunction('notes.length > 0');

    expect(await page.evaluate('notes')).toEqual(['news']);
    expect(await page.evaluate('states')).toEqual(['connecting', 'connected']);
    expect(complaints).toEqual([]);
  });

  test('sends what the page sends, and tells it of failures', async () => {
    const { page } = await open();

    const [created, failed] = await page.evaluate(async () => {
      const { sockets } = globalThis as unknown as PageWindow;
      const { body } = await sockets.post('/notes', { text: 'from the page' });
      const error = await sockets.get('/fails/named').catch((reason: unknown) => reason);
      return [body, { ...(error as object) }];
    });

    expect(created).toEqual({ id: 2, text: 'from the page' });
    expect(failed).toMatchObject({ name: 'RequestError', statusCode: 409, code: 'TAKEN' });
  });

  test('reads again when the browser is back online', async () => {
    const { app, page } = await open();

    await page.context().setOffline(true);
    await page.waitForFunction('states.includes("reconnecting")');
    await app.request('POST', '/notes', { text: 'while away' });
    await page.context().setOffline(false);

    await page.waitForFunction('document.title === "2 notes"');
    await app.channel<Note>('note').publishCreate({ id: 3, text: 'subscribed again' });
    await page.waitForFunction('notes.length > 0');
    expect(await page.evaluate('notes')).toEqual(['subscribed again']);
    expect(complaints).toEqual([]);
  });
});
