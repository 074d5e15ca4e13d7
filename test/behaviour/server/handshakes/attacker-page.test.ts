import { Controller, Get, Header } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Socket } from 'socket.io';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { isBrowserMissing, launchBrowser } from '../../../support/browser.js';

const SECRET = 'canary-of-the-visitor';

/** The script of the visitor's own page. */
const CONNECT = `
  const heard = [];
  let socket;
  async function connect(transports) {
    socket = io({ transports, forceNew: true });
    for (const event of ['secret', 'news']) socket.on(event, (data) => heard.push(data));
    await new Promise((resolve) => socket.on('connect', resolve));
    // By now it has been upgraded, or may be posted to.
    await socket.emitWithAck('echo');
  }
`;

const ATTACK = readFileSync(new URL('../support/attack.js', import.meta.url), 'utf8');

const spoilt: string[] = [];

@WebSocketGateway()
class SecretGateway {
  handleConnection(socket: Socket): void {
    socket.emit('secret', SECRET);
  }

  @SubscribeMessage('spoil')
  spoil(): string {
    spoilt.push('spoil');
    return SECRET;
  }

  @SubscribeMessage('echo')
  echo(): string {
    return 'echo';
  }
}

@Controller()
class PageController {
  @Get('page')
  @Header('content-type', 'text/html')
  page(): string {
    return `<!doctype html><script src="/socket.io/socket.io.js"></script><script>${CONNECT}</script>`;
  }
}

/** Serves the attacker's page. */
async function startAttacker(): Promise<number> {
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end(`<!doctype html><body><script>${ATTACK}</script>`),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Opens the visitor's own page, and connects from there. */
async function openOwnPage(context: BrowserContext, url: string, transports: string[]): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}/page`);
  await page.evaluate(`connect(${JSON.stringify(transports)})`);
  return page;
}

describe.skipIf(isBrowserMissing)("An attacker's page in a visitor's browser", () => {
  let browser: Browser | undefined;
  beforeAll(async () => void (browser = await launchBrowser()));
  afterAll(async () => browser?.close());

  const places: Array<[where: string, host: string, sameSite: string, hasCookie: boolean | undefined]> = [
    ['on another port, with a cookie that is Lax', 'localhost', 'SameSite=Lax', true],
    ['on another site, with a cookie that is None', 'attacker.localhost', 'SameSite=None; Secure', undefined],
    ['on another site, with a cookie that is Lax', '127.0.0.1', 'SameSite=Lax', false],
  ];

  it.each(places)('reads nothing and does nothing %s', async (_, host, sameSite, hasCookie) => {
    const asked: Array<string | undefined> = [];
    const requests: Array<{ what: string; cookie: string | undefined; status: () => number }> = [];
    const app = await start({
      imports: [
        SocketsModule.forRoot({
          authenticate: ({ headers }) => {
            asked.push(headers.referer ?? headers.origin);
            return headers.cookie?.includes('sid=ada') === true ? { id: 'ada' } : false;
          },
        }),
      ],
      controllers: [PageController],
      providers: [SecretGateway],
    });
    app.nest.getHttpServer().prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      if (request.url === '/page') response.setHeader('set-cookie', `sid=ada; HttpOnly; Path=/; ${sameSite}`);
      if (!request.url?.includes('by=attacker')) return;
      const { method, headers } = request;
      requests.push({ what: `${method} ${request.url}`, cookie: headers.cookie, status: () => response.statusCode });
    });
    const connected: string[] = [];
    app.sockets.server.on('connection', ({ id }) => connected.push(id));
    spoilt.length = 0;
    const url = app.url.replace('127.0.0.1', 'localhost');
    const attacker = `http://${host}:${await startAttacker()}/`;
    const context = await (browser as Browser).newContext();
    onTestFinished(() => context.close());

    const own = [await openOwnPage(context, url, ['polling']), await openOwnPage(context, url, ['websocket'])];
    own.push(await openOwnPage(context, url, ['polling', 'websocket']));
    const ids = await Promise.all(own.map((one) => one.evaluate<string>('socket.id')));
    const sid = await own[0].evaluate<string>('socket.io.engine.id');
    const askedByOwn = asked.length;
    const page = await context.newPage();
    await page.goto(attacker);
    const read = await page.evaluate<string[]>(`attack(${JSON.stringify({ target: url, sid })})`);

    // The last of the beacons was sent without anybody waiting for it.
    await expect.poll(() => requests.filter(({ what }) => what.startsWith('POST')).length).toBeGreaterThanOrEqual(15);
    expect(read.filter((text) => text !== '')).toEqual([]);
    expect(spoilt).toEqual([]);
    expect(asked).toHaveLength(askedByOwn);
    expect(connected.toSorted()).toEqual(ids.toSorted());
    await expect.poll(() => requests.filter(({ status }) => status() === 200)).toEqual([]);
    // What was refused would have been asked in the name of the visitor. Whether cookies go to another site if they may
    // is a setting of the browser.
    const hadCookie = requests.some(({ cookie }) => cookie?.includes('sid=ada'));
    expect(hadCookie).toBe(hasCookie ?? hadCookie);

    app.sockets.server.emit('news', 'for all');
    for (const [index, one] of own.entries()) {
      await one.waitForFunction("heard.includes('for all')");
      const now = await one.evaluate('({ heard, id: socket.id, connected: socket.connected })');
      expect(now).toEqual({ heard: [SECRET, 'for all'], id: ids[index], connected: true });
    }
  });
});
