import { WebSocketGateway, type OnGatewayConnection, type OnGatewayDisconnect } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { platformBehind } from '../../../support/platform-differences.js';
import {
  answerTo,
  ask,
  beginSails,
  connected,
  connectSails,
  endWithTest,
  loadSails,
  nextOf,
  settle,
  type SailsSocket,
} from './support/sails-client.js';
import { sailsControllers, Unanswered } from './support/sails-controller.js';

/** Ends all connections as a broken network does, so that clients reconnect. */
function cutAll(app: TestApplication): void {
  for (const { conn } of app.sockets.server.sockets.sockets.values()) conn.close();
}

const TRANSPORTS = ['websocket', 'polling'];

describe.each(TRANSPORTS)('Sails row 53: sails.io.js by %s', (transport) => {
  const transports = [transport];

  it('connects by itself soon after it is loaded, and sends then what was asked before', async () => {
    const app = await start(sailsControllers);
    const io = loadSails();
    Object.assign(io.sails, { url: app.url, transports });
    const { socket } = io;
    endWithTest(socket);

    const answer = ask(socket, { url: '/hello' });
    const connecting = nextOf(socket, 'connect');

    expect([socket.isConnected(), socket.mightBeAboutToAutoConnect()]).toEqual([false, true]);
    expect(await answer).toMatchObject({ statusCode: 200, body: { hello: 'world' } });
    await connecting;
    expect([socket.isConnected(), socket.isConnecting()]).toEqual([true, false]);
  });

  it('sends in order what was asked before it was connected, and hears by listeners of that time', async () => {
    const app = await start(sailsControllers);
    const socket = beginSails(app.url, { transports });
    const heard = nextOf(socket, 'news');
    const order: number[] = [];

    const answers = [1, 2, 3].map(async (n) => {
      const { body } = await ask(socket, { method: 'post', url: '/echo', data: { n } });
      order.push(n);
      return (body as { body: unknown }).body;
    });

    expect(await Promise.all(answers)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(order).toEqual([1, 2, 3]);
    await app.sockets.blast('news', { fresh: true });
    expect((await heard)[0]).toEqual({ fresh: true });
  });

  it('connects again when the connection breaks, keeps its listeners, and sends what was asked meanwhile', async () => {
    const app = await start(sailsControllers);
    const socket = await connectSails(app.url, { transports, reconnection: true, reconnectionDelay: 5 });
    const before = socket._raw?.id;
    const heard: unknown[] = [];
    socket.on('news', (news) => heard.push(news));
    const broken = nextOf(socket, 'disconnect');

    cutAll(app);
    await broken;
    const answers = [ask(socket, { url: '/hello' }), ask(socket, { method: 'post', url: '/echo', data: { n: 1 } })];

    const [hello, echo] = await Promise.all(answers);
    expect(hello).toMatchObject({ statusCode: 200, body: { hello: 'world' } });
    expect(echo.body).toMatchObject({ body: { n: 1 } });
    expect(socket._raw?.id).not.toBe(before);
    await settle(app, socket, () => app.sockets.blast('news', 'still here'));
    expect(heard).toEqual(['still here']);
  });

  it('hears of records again once it has read again after a reconnect', async () => {
    const app = await start(sailsControllers);
    const socket = await connectSails(app.url, { transports, reconnection: true, reconnectionDelay: 5 });
    await ask(socket, { url: '/users' });
    const broken = nextOf(socket, 'disconnect');

    cutAll(app);
    await broken;
    await ask(socket, { url: '/users' });
    const heard = nextOf(socket, 'user');
    await app.request('POST', '/users', { name: 'ada' });

    expect((await heard)[0]).toEqual({ verb: 'created', id: 7, data: { id: 7, name: 'ada' } });
  });

  it('connects again by hand, and sends then what was asked while it was away', async () => {
    const app = await start(sailsControllers);
    const socket = await connectSails(app.url, { transports });
    socket.disconnect();
    const answer = ask(socket, { url: '/hello' });
    expect(socket.isConnected()).toBe(false);

    socket.reconnect();

    expect(await answer).toMatchObject({ statusCode: 200, body: { hello: 'world' } });
  });

  it('tells who waits for an answer that the connection has ended, once, and the server lives', async () => {
    const app = await start(sailsControllers);
    const socket = await connectSails(app.url, { transports });
    const told: unknown[][] = [];
    const ended = new Promise<void>((resolve) => {
      socket.get('/unanswered', (...args) => {
        told.push(args);
        resolve();
      });
    });
    await app.get(Unanswered).arrived(1);

    socket.disconnect();
    await ended;

    expect(told).toEqual([[expect.any(Error), { body: null, statusCode: 0, headers: {} }]]);
    const other = await connectSails(app.url, { transports });
    expect((await ask(other, { url: '/hello' })).statusCode).toBe(200);
    expect(told).toHaveLength(1);
  });

  it('tells who waits when it is the server that ends the connection', async () => {
    const app = await start(sailsControllers);
    const socket = await connectSails(app.url, { transports });
    const answer = answerTo((callback) => socket.get('/unanswered', callback));
    await app.get(Unanswered).arrived(1);

    await app.sockets.disconnect(socket._raw?.id ?? '');

    await expect(answer).rejects.toThrow('The socket disconnected before the request completed.');
  });

  it('refuses, as ever, to be changed or connected twice', async () => {
    const app = await start(sailsControllers);
    const socket = await connectSails(app.url, { transports });

    expect(() => (socket.url = 'http://elsewhere.example')).toThrow('while socket is connected');
    expect(() => socket.reconnect()).toThrow('already connected');
    socket.disconnect();
    expect(() => socket.disconnect()).toThrow('already disconnected');
  });
});

describe.each(TRANSPORTS)('sails.io.js with a namespace in its url, by %s', (transport) => {
  it('asks and hears in that namespace', async () => {
    const app = await start(sailsControllers);
    app.sockets.server.of('/admin');
    const socket = await connectSails(`${app.url}/admin`, { transports: [transport] });
    const heard = nextOf(socket, 'news');

    const answer = await ask(socket, { url: '/hello' });
    await app.sockets.blast('news', 'for the others');
    await app.sockets.of('/admin').blast('news', 'for admins');

    expect(answer).toMatchObject({ statusCode: 200, body: { hello: 'world' } });
    expect((await heard)[0]).toBe('for admins');
  });
});

describe('a gateway', () => {
  it('is told when a Sails client comes and goes', async () => {
    const told: string[] = [];
    let left: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (left = resolve));

    @WebSocketGateway()
    class VisitorsGateway implements OnGatewayConnection, OnGatewayDisconnect {
      handleConnection({ id }: Socket): void {
        told.push(`came ${id}`);
      }

      handleDisconnect({ id }: Socket): void {
        told.push(`went ${id}`);
        left?.();
      }
    }

    const app = await start({
      ...sailsControllers,
      providers: [...sailsControllers.providers, VisitorsGateway],
    });
    const socket = await connectSails(app.url);
    const id = socket._raw?.id;
    socket.disconnect();

    await gone;
    expect(told).toEqual([`came ${id}`, `went ${id}`]);
  });
});

describe.each(TRANSPORTS)('Sails row 56: the origin of a Sails client by %s', (transport) => {
  const connectFrom = async (app: TestApplication, origin?: string): Promise<SailsSocket> =>
    connectSails(app.url, {
      transports: [transport],
      initialConnectionHeaders: origin === undefined ? {} : { origin },
    });

  it('must be one of those that may connect, port and all; without one it may', async () => {
    const app = await start({
      ...sailsControllers,
      imports: [SocketsModule.forRoot({ origins: ['http://example.com:1337', 'https://example.com'] })],
    });

    for (const origin of ['http://example.com:1337', 'https://example.com', undefined]) {
      const socket = await connectFrom(app, origin);
      expect((await ask(socket, { url: '/hello' })).statusCode).toBe(200);
    }
    for (const origin of ['http://example.com', 'http://example.com:1338', 'https://sub.example.com', 'null']) {
      await expect(connectFrom(app, origin)).rejects.toThrow();
    }
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['says no', () => false],
  ])('is refused where the function that decides %s', async (_how, origins: () => boolean | Promise<boolean>) => {
    const app = await start({ imports: [SocketsModule.forRoot({ origins })] });

    await expect(connectFrom(app, 'https://example.com')).rejects.toThrow();
    await connectFrom(app);
  });
});

describe('a Sails client whom authenticate refuses', () => {
  it('is told why, and never connects', async () => {
    const authenticate = (): never => {
      throw new Error('not today');
    };
    const app = await start({ ...sailsControllers, imports: [SocketsModule.forRoot({ authenticate })] });
    const socket = beginSails(app.url);
    let answered = false;
    socket.get('/hello', () => (answered = true));

    await expect(connected(socket)).rejects.toMatchObject({ statusCode: expect.any(Number) as number });

    expect(answered).toBe(false);
    expect(app.sockets.server.sockets.sockets.size).toBe(0);
  });
});

describe('the address of a Sails client', () => {
  it.each([
    [false, '127.0.0.1'],
    [true, '203.0.113.1'],
    [['127.0.0.1', '203.0.113.3'], '203.0.113.2'],
  ])('is, with trust in proxies set to %j, that of HTTP', async (trust, expected) => {
    const app = await start({ ...sailsControllers, platform: platformBehind(trust) });
    const forwarded = { 'x-forwarded-for': '203.0.113.1, 203.0.113.2, 203.0.113.3' };
    const socket = await connectSails(app.url, { initialConnectionHeaders: forwarded });

    const over = await ask(socket, { url: '/echo', headers: { 'x-forwarded-for': '198.51.100.9' } });
    const plain = await app.request('GET', '/echo', undefined, forwarded);

    const ips = [over.body, plain.body].map((body) => (body as { ip: string }).ip.replace('::ffff:', ''));
    expect(ips[0]).toBe(ips[1]);
    expect(ips[0]).toBe(expected);
  });
});
