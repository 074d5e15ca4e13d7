import { Body, Controller, Get, Post, Req } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { WebSocketGateway } from '@nestjs/websockets';
import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request as sendRequest, type Server } from 'node:http';
import { connect as connectTcp, type AddressInfo, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as passed } from 'node:timers/promises';
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

/** A Fastify instance; Express has nothing of the kind. */
interface ParserHost {
  addContentTypeParser?(
    type: string,
    parser: (request: unknown, body: unknown, done: (error: null) => void) => void,
  ): void;
}

/** Begins to send a request with a body, and resolves with its status. */
function upload(
  url: string,
  headers: Record<string, string | number>,
): { answered: Promise<number | undefined>; sending: ClientRequest } {
  const sending = sendRequest(`${url}/uploads`, { method: 'POST', headers });
  const answered = once(sending, 'response').then(([response]) => (response as IncomingMessage).resume().statusCode);
  return { answered, sending };
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

  it('ends connections on which a request is still awaited, or the rest of one', async () => {
    @Controller('uploads')
    class UploadsController {
      @Get()
      find(): object {
        return {};
      }

      @Post()
      upload(): object {
        return {};
      }
    }

    const app = await start({ controllers: [UploadsController] });
    const http = app.nest.getHttpServer() as Server;
    const get = 'GET /uploads HTTP/1.1\r\nHost: app.example\r\n\r\n';
    const post = 'POST /uploads HTTP/1.1\r\nHost: app.example\r\n';
    const json = 'Content-Type: application/json\r\nContent-Length: 9\r\n\r\n';
    // Browsers open connections in advance on which nothing may ever be asked.
    const asked = ['', post, `${post}${json}{`, get + post];
    const ends: Array<Promise<unknown>> = [];
    for (const sent of asked) {
      const arrived = once(http, 'connection') as Promise<[Socket]>;
      const client = connectTcp(Number(new URL(app.url).port), '127.0.0.1');
      onTestFinished(() => void client.destroy());
      client.on('error', () => undefined).resume();
      ends.push(once(client, 'close'));
      client.write(sent);
      const [connection] = await arrived;
      await expect.poll(() => connection.bytesRead).toBe(sent.length);
    }

    await app.nest.close();

    await Promise.all(ends);
  });

  it('lets a request come whole that is slowly sent, and answers it, beside a gateway with a server of its own', async () => {
    const body = JSON.stringify({ title: 'Measure the beds' });

    @WebSocketGateway({ path: '/own' })
    class OwnGateway {}

    @Controller('uploads')
    class UploadsController {
      @Post()
      upload(@Body() uploaded: object): object {
        return uploaded;
      }
    }

    const app = await start({ controllers: [UploadsController], providers: [OwnGateway] });
    const http = app.nest.getHttpServer() as Server;
    const { answered, sending } = upload(app.url, {
      'content-type': 'application/json',
      'content-length': body.length,
    });
    sending.write(body.slice(0, 1));
    await once(http, 'request');

    const closed = app.nest.close();
    await expect.poll(() => http.listening).toBe(false);
    for (const letter of body.slice(1)) {
      sending.write(letter);
      await passed(200);
    }
    sending.end();

    expect(await answered).toBe(201);
    await closed;
  });

  it('answers a request whose handler is slow to read it', async () => {
    const read = new Gate();

    @Controller('uploads')
    class UploadsController {
      @Post()
      async upload(@Req() uploaded: Readable & { raw?: Readable }): Promise<object> {
        const body = uploaded.raw ?? uploaded;
        await read.opened;
        for await (const _ of body) continue;
        return {};
      }
    }

    const app = await start({
      controllers: [UploadsController],
      main: (nest) => {
        // Fastify refuses types that nothing parses.
        const fastify = nest.getHttpAdapter().getInstance() as ParserHost;
        fastify.addContentTypeParser?.('application/octet-stream', (_request, _body, done) => done(null));
      },
    });
    const http = app.nest.getHttpServer() as Server;
    const { answered, sending } = upload(app.url, { 'content-type': 'application/octet-stream' });
    sending.end(Buffer.alloc(1 << 20));
    await once(http, 'request');
    const waiting = connectTcp(Number(new URL(app.url).port), '127.0.0.1');
    const ended = once(waiting, 'close');
    await once(http, 'connection');

    const closed = app.nest.close();
    await ended;
    read.open();

    expect(await answered).toBe(201);
    await closed;
  });

  it('waits for a request that never ends no longer than its server would have', async () => {
    const app = await start();
    const http = app.nest.getHttpServer() as Server;
    http.requestTimeout = 1_000;
    const client = connectTcp(Number(new URL(app.url).port), '127.0.0.1');
    onTestFinished(() => void client.destroy());
    const ended = once(client.on('error', () => undefined).resume(), 'close');
    client.write('GET / HTTP/1.1\r\nHost: ');
    const trickle = setInterval(() => client.write('a'), 100);
    onTestFinished(() => clearInterval(trickle));
    await once(http, 'connection');

    await app.nest.close();

    await ended;
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
