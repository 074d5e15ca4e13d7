import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { once } from 'node:events';
import { Agent, type Server } from 'node:http';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import type { ServerOptions } from 'socket.io';
import { io } from 'socket.io-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SocketsModule, SocketsService } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { connect } from '../../support/client.js';
import { Gate } from '../../support/gate.js';
import { platform } from '../../support/platforms.js';
import { ChildApplication } from './support/child-application.js';
import { pollingUrl, request } from './support/http.js';

type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** A client as browsers have it: it comes back as soon as it is cut off. */
async function persistent(
  url: string,
  transport: string,
  namespace = '/',
): Promise<{ left: Promise<string>; wantsBack: () => boolean }> {
  const socket = io(url + namespace, {
    transports: [transport],
    forceNew: true,
    reconnectionDelay: 1,
    reconnectionDelayMax: 10,
  });
  onTestFinished(() => void socket.disconnect());
  const left = new Promise<string>((resolve) => socket.once('disconnect', resolve));
  await once(socket as never, 'connect');
  return { left, wantsBack: () => socket.active };
}

/**
 * A client that keeps its HTTP connection for the next request, as browsers do, and comes back on it whatever it is
 * answered.
 */
async function clingingPoller(url: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const poll = async (sid?: string): Promise<string | undefined> => {
    const { status, text } = await request(pollingUrl(url) + (sid ? `&sid=${sid}` : ''), { agent });
    if (status !== 200) return undefined;
    return sid ?? (JSON.parse(text.slice(1)) as { sid: string }).sid;
  };
  const cling = async (sid: string | undefined): Promise<void> => cling(await poll(sid));
  const sid = await poll();
  // Until its connection is refused.
  cling(sid).catch(() => undefined);
}

/** A client that opened a websocket and then never reads nor writes again. */
async function silentWebsocket(url: string): Promise<void> {
  const socket = connectTcp(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  socket.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: app.example\r\n' +
      'Connection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'data');
  socket.pause();
}

describe('app.close()', () => {
  describe.each([false, true])('with forceCloseConnections: %s', (forceCloseConnections) => {
    it('ends the process by itself, with clients connected that want to come back and one silently gone', async () => {
      const app = await ChildApplication.start({ platform: platform.name, forceCloseConnections });
      const clients = await Promise.all([
        persistent(app.url, 'websocket'),
        persistent(app.url, 'polling'),
        persistent(app.url, 'websocket'),
      ]);
      await clingingPoller(app.url);
      await silentWebsocket(app.url);

      // By itself a websocket server waits 30 seconds for one that is gone.
      expect(await app.close()).toBeLessThan(15_000);

      expect(await app.ended()).toEqual({ code: 0, signal: null, output: '' });
      // Not "io server disconnect", after which a client does not look for another server.
      for (const client of clients) expect(await client.left).toMatch(/^transport (close|error)$/);
      expect(clients.every((client) => client.wantsBack())).toBe(true);
    });
  });

  it.each([false, true])(
    'closes the adapter, and with it what leads to other servers, with forceCloseConnections: %s',
    async (force) => {
      const testing = await Test.createTestingModule({ imports: [SocketsModule.forRoot()] }).compile();
      const nest = testing.createNestApplication(platform.adapter(), { logger: false, forceCloseConnections: force });
      await nest.init();
      const { server } = nest.get(SocketsService);
      const closing = ['/', '/admin'].map((name) => vi.spyOn(server.of(name).adapter, 'close'));

      await nest.close();

      for (const close of closing) expect(close).toHaveBeenCalledOnce();
    },
  );

  it('turns away who is still being judged', async () => {
    const judged: Array<() => void> = [];
    const allowRequest: AllowRequest = (_request, answer) => judged.push(() => answer(null, true));
    const app = await start({ imports: [SocketsModule.forRoot({ server: { allowRequest } })] });
    const clients = ['websocket', 'polling'].map((transport) => {
      const socket = io(app.url, { transports: [transport], forceNew: true, reconnectionDelay: 1 });
      onTestFinished(() => void socket.disconnect());
      return socket;
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const kept = request(pollingUrl(app.url), { agent });
    await expect.poll(() => judged).toHaveLength(3);

    const closed = app.nest.close();
    await expect.poll(() => app.nest.getHttpServer().listening as boolean).toBe(false);
    for (const letIn of judged) letIn();
    await closed;

    expect((await kept).headers.connection).toBe('close');
    expect(clients.map((socket) => socket.connected)).toEqual([false, false]);
    // Each that is left would keep the process alive by its timers.
    expect(app.sockets.server.engine.clientsCount).toBe(0);
  });

  it('ends connections that are kept for another request, once what is under way is answered', async () => {
    const gate = new Gate();
    const begun = new Gate();

    @Controller('slow')
    class SlowController {
      @Get()
      async find(): Promise<object> {
        begun.open();
        await gate.opened;
        return {};
      }
    }

    const app = await start({ controllers: [SlowController] });
    const http = app.nest.getHttpServer() as Server;
    http.keepAliveTimeout = 600_000;
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const answer = request(`${app.url}/slow`, { agent });
    await begun.opened;

    const closed = app.nest.close();
    await expect.poll(() => http.listening).toBe(false);
    gate.open();

    expect((await answer).status).toBe(200);
    await closed;
  });

  it('resolves when no client is connected, and when it never listened', async () => {
    const listening = await start();
    await listening.nest.close();

    const testing = await Test.createTestingModule({ imports: [SocketsModule.forRoot()] }).compile();
    const nest = testing.createNestApplication(platform.adapter(), { logger: false });
    await nest.init();
    await nest.close();
  });

  it('tells clients in every namespace that the connection ended, and frees the port', async () => {
    const app = await start();
    app.sockets.server.of('/admin');
    const { port } = app.nest.getHttpServer().address() as AddressInfo;
    const reasons: string[] = [];
    const clients = await Promise.all([app.connect(), app.connect({ namespace: '/admin' })]);
    const ended = clients.map(
      ({ socket }) =>
        new Promise<void>((resolve) =>
          socket.once('disconnect', (reason) => {
            reasons.push(reason);
            resolve();
          }),
        ),
    );

    await app.nest.close();
    await Promise.all(ended);

    expect(reasons).toEqual(['transport close', 'transport close']);
    await expect(connect(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });
});
