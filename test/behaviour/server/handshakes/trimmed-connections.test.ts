import { Controller, Get, Param, Res } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { EventEmitter } from 'node:events';
import type { Server, Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { type Clock, stopClock } from '../../../support/clock.js';
import type { TestClient } from '../../../support/client.js';
import { ask } from '../../requests/support/ask.js';

const heard: unknown[] = [];

@WebSocketGateway()
class FirstGateway {
  handleDisconnect(socket: Socket): void {
    heard.push(['first gateway', socket.id]);
  }

  @SubscribeMessage('first')
  answer(): string {
    return 'answered';
  }
}

@WebSocketGateway({ namespace: 'second' })
class SecondGateway {
  handleDisconnect(socket: Socket): void {
    heard.push(['second gateway', socket.id]);
  }
}

/** Of the same namespace: Nest keeps the streams of each of them apart. */
@WebSocketGateway({ namespace: 'second' })
class ThirdGateway {
  handleDisconnect(socket: Socket): void {
    heard.push(['third gateway', socket.id]);
  }
}

@Controller('cookies')
class CookiesController {
  @Get(':value')
  set(
    @Param('value') value: string,
    @Res({ passthrough: true }) response: { header(name: string, value: string): unknown },
  ): object {
    response.header('set-cookie', `chosen=${value}; Path=/`);
    return {};
  }
}

/** Opens an application and a clock that stands still. */
async function open(): Promise<{ app: TestApplication; io: Server; clock: Clock }> {
  heard.length = 0;
  const app = await start({
    imports: [SocketsModule.forRoot()],
    controllers: [CookiesController],
    providers: [FirstGateway, SecondGateway, ThirdGateway],
  });
  return { app, io: app.sockets.server, clock: stopClock() };
}

function socketOf(io: Server, { id }: TestClient, namespace = '/'): Socket {
  const socket = io.of(namespace).sockets.get(id);
  if (!socket) throw new Error('It is not connected.');
  return socket;
}

/** Long enough for everything that is done once a client is idle. */
const IDLE = 1_000;

describe('A connection that has been idle for a while', () => {
  it('has the listeners that it had, to each of what it consists of', async () => {
    const { app, io, clock } = await open();
    const client = await app.connect();
    const socket = socketOf(io, client);
    socket.on('own', () => undefined);
    const { transport } = socket.conn as unknown as { transport: EventEmitter & { socket: EventEmitter } };
    const emitters = [socket, socket.conn, transport] as unknown as EventEmitter[];
    const before = emitters.map((emitter) => emitter.eventNames().map((name) => [name, emitter.listeners(name)]));

    await clock.pass(IDLE);

    const after = emitters.map((emitter) => emitter.eventNames().map((name) => [name, emitter.listeners(name)]));
    expect(after).toEqual(before);
    expect(transport.socket.listenerCount('error')).toBeGreaterThan(0);
  });

  it('takes further listeners, calls each, and lets go of those that are removed', async () => {
    const { app, io, clock } = await open();
    const client = await app.connect();
    const socket = socketOf(io, client);
    const removed = (): void => void heard.push('removed');
    socket.on('own', removed);
    socket.on('own', (text: string) => void heard.push(text));
    await clock.pass(IDLE);

    socket.off('own', removed);
    socket.once('own', () => void heard.push('once'));
    client.socket.emit('own', 'one');
    client.socket.emit('own', 'two');
    await ask(client, 'get', { url: '/nothing' });

    expect(heard).toEqual(['one', 'once', 'two']);
  });

  it('answers messages of gateways, requests and events that nobody handles', async () => {
    const { app, clock } = await open();
    const client = await app.connect();
    await ask(client, 'get', { url: '/cookies/none' });
    await clock.pass(IDLE);

    expect(await client.socket.emitWithAck('first', {})).toBe('answered');
    expect(await client.socket.emitWithAck('unknown')).toMatchObject({ code: 'UNKNOWN_EVENT' });
    expect(await ask(client, 'get', { url: '/cookies/none' })).toMatchObject({ statusCode: 200 });
    expect(await ask(client, 'GET', { url: '/cookies/none' })).toMatchObject({ statusCode: 405 });
  });

  it('takes messages with attachments, and sends them', async () => {
    const { app, io, clock } = await open();
    const client = await app.connect();
    const socket = socketOf(io, client);
    socket.on('bytes', (bytes: Buffer, acknowledge: (answer: Buffer) => void) =>
      acknowledge(Buffer.from(bytes.toReversed())),
    );
    await clock.pass(IDLE);

    expect([...(await client.socket.emitWithAck('bytes', Buffer.from([1, 2, 3])))]).toEqual([3, 2, 1]);
  });

  it('keeps the headers of its handshake, as they were sent', async () => {
    const { app, io, clock } = await open();
    const headers = { 'User-Agent': 'one', 'X-Tenant': 'seven', Cookie: 'a=b' };
    const clients = [await app.connect({ extraHeaders: headers }), await app.connect({ extraHeaders: headers })];
    const sockets = clients.map((client) => socketOf(io, client));
    const read = (socket: Socket): unknown => {
      const { headers: all, rawHeaders, url, httpVersion } = socket.request;
      return structuredClone({ all, rawHeaders, url, httpVersion, handshake: socket.handshake });
    };
    const before = sockets.map(read);

    await clock.pass(IDLE);

    expect(sockets.map(read)).toEqual(before);
    expect(sockets.map(({ handshake }) => handshake.headers['x-tenant'])).toEqual(['seven', 'seven']);
  });

  it('keeps the cookies that responses have set', async () => {
    const { app, io, clock } = await open();
    const client = await app.connect();
    const seen: unknown[] = [];
    io.httpServer.prependListener('request', ({ headers }) => void seen.push(headers.cookie));
    await ask(client, 'get', { url: '/cookies/one' });
    await clock.pass(IDLE);

    await ask(client, 'get', { url: '/cookies/two' });
    await clock.pass(IDLE);
    await ask(client, 'get', { url: '/cookies/three' });

    expect(seen).toEqual([undefined, 'chosen=one', 'chosen=two']);
  });

  it('is told by each gateway of its namespaces when it ends', async () => {
    const { app, clock } = await open();
    const first = await app.connect();
    const second = await app.connect({ namespace: '/second' });
    const ids = [first.id, second.id];
    await clock.pass(IDLE);

    first.socket.disconnect();
    await expect.poll(() => heard.length).toBe(1);
    second.socket.disconnect();
    await expect.poll(() => heard.length).toBe(3);

    expect(heard).toEqual([
      ['first gateway', ids[0]],
      ['second gateway', ids[1]],
      ['third gateway', ids[1]],
    ]);
  });

  it('tells a middleware of Engine.IO that waits for the end of the response', async () => {
    const { app, io, clock } = await open();
    io.engine.use((_request: unknown, response: EventEmitter, next: () => void) => {
      response.once('close', () => void heard.push('closed'));
      next();
    });
    const client = await app.connect();
    await clock.pass(IDLE);

    client.socket.disconnect();

    await expect.poll(() => heard).toContain('closed');
  });
});
