import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { once } from 'node:events';
import { get } from 'node:http';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { eventually } from '../../../support/eventually.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { deafWebSocket, pollingSession } from './support/deaf-client.js';

const TEN_KILOBYTES = 'x'.repeat(10_000);

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(): string {
    return TEN_KILOBYTES;
  }
}

/** An application, the reasons for which it lost clients, and what it logged. */
async function open(
  options: SocketsModuleOptions = {},
): Promise<{ app: TestApplication; reasons: string[]; logs: Logs }> {
  const reasons: string[] = [];
  let logs: Logs | undefined;
  const app = await start({
    imports: [SocketsModule.forRoot({ ...options, afterDisconnect: (_socket, reason) => void reasons.push(reason) })],
    providers: [EchoGateway],
    main: (nest) => (logs = listenTo(nest)),
  });
  return { app, reasons, logs: logs as unknown as Logs };
}

/** Sends messages, as fast as the event loop turns, until the server has so many sockets left. */
async function sendUntil(app: TestApplication, left: number): Promise<number> {
  let sent = 0;
  while (app.sockets.server.sockets.sockets.size > left) {
    await app.sockets.blast('news', { n: sent++, text: TEN_KILOBYTES });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return sent;
}

describe('A client that does not read what it is sent', () => {
  const kinds: Array<[kind: string, connect: (app: TestApplication) => Promise<unknown>]> = [
    ['by a websocket', ({ url }) => deafWebSocket(url)],
    ['by a websocket of Socket.IO 2', ({ url }) => deafWebSocket(url, 3)],
    ['by polling', ({ url }) => pollingSession(url)],
  ];

  it.each(kinds)('is disconnected while others are sent everything, %s', async (_kind, connect) => {
    const { app, reasons, logs } = await open();
    await connect(app);
    const reader = await app.connect();

    const sent = await sendUntil(app, 1);
    await reader.next<{ n: number }>('news', ({ n }) => n === sent - 1);

    expect(reader.heard('news')).toHaveLength(sent);
    await eventually(() => expect(reasons).toEqual(['slow client']));
    expect(app.sockets.metrics()).toMatchObject({ connections: 1, refused: { slowClient: 1, stalledClient: 0 } });
    expect(logs.naming('limits.maxQueued').warnings).toHaveLength(1);
  });

  it('is disconnected although it answers every ping', async () => {
    const { app, reasons } = await open({ server: { pingInterval: 10 } });
    const deaf = await deafWebSocket(app.url);
    await app.connect();
    const pongs = setInterval(() => deaf.send('3'), 5);

    await sendUntil(app, 1);
    clearInterval(pongs);

    expect(reasons).toEqual(['slow client']);
  });

  it('is disconnected for acknowledgements that it asks for', async () => {
    const { app } = await open({ limits: { packetsPerSecond: 1_000_000, bytesPerSecond: 1_000_000_000 } });
    const deaf = await deafWebSocket(app.url);

    let asked = 0;
    while (app.sockets.metrics().refused.slowClient === 0) {
      deaf.send(`42${asked++}["echo"]`);
      if (asked % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }

    expect(app.sockets.metrics().connections).toBe(0);
  });

  it('learns the reason by its websocket, if it reads again in time', async () => {
    const { app } = await open();
    const deaf = await deafWebSocket(app.url);

    await sendUntil(app, 0);

    expect(await deaf.listen()).toEqual([1013, 'slow client: it does not take what it is sent (limits.maxQueued)']);
  });

  it('is disconnected after a while without progress, if little waits', async () => {
    const { app, reasons, logs } = await open({ limits: { stallTimeout: 200 } });
    await deafWebSocket(app.url);
    await pollingSession(app.url);

    await app.sockets.blast('news', 'x'.repeat(50_000_000));

    await eventually(() => expect(reasons).toEqual(['stalled client', 'stalled client']));
    expect(app.sockets.metrics().refused).toMatchObject({ slowClient: 0, stalledClient: 2 });
    expect(logs.naming('limits.stallTimeout').warnings).toHaveLength(2);
  });

  it('is disconnected where the application asks it to go', async () => {
    const { app } = await open({ limits: { stallTimeout: 200 } });
    await deafWebSocket(app.url);
    const [socket] = app.sockets.server.sockets.sockets.values();
    for (let n = 0; n < 5; n++) socket.emit('news', 'x'.repeat(10_000_000));

    const closed = once(socket.conn as unknown as NodeJS.EventEmitter, 'close');
    socket.disconnect(true);

    await closed;
    expect(app.sockets.metrics().connections).toBe(0);
  });

  it('does not keep what it was sent before, if it polls again without having read it', async () => {
    const { app, reasons } = await open();
    const { address } = await pollingSession(app.url);
    const poll = (): void => void get(address, { agent: false }, (response) => response.pause()).on('error', () => {});

    poll();
    let turns = 0;
    while (reasons.length === 0) {
      for (let n = 0; n < 50; n++) void app.sockets.blast('news', 'x'.repeat(1_000_000));
      if (turns++ > 0) poll();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }

    expect(reasons).toEqual(['slow client']);
  });
});

describe('A client that reads', () => {
  it.each(['websocket', 'polling'] as const)(
    'is sent whatever one handler sends it at once, by %s',
    async (transport) => {
      const { app, reasons } = await open();
      const reader = await app.connect({ transports: [transport] });

      // More than the operating system takes before the client has read any of it.
      void app.sockets.blast('news', { text: 'x'.repeat(8_000_000) });
      for (let n = 0; n < 1_000; n++) void app.sockets.blast('news', { n, text: TEN_KILOBYTES });
      await reader.next<{ n: number }>('news', ({ n }) => n === 999);

      expect(reader.heard('news')).toHaveLength(1_001);
      expect(reasons).toEqual([]);
    },
  );

  it.each(['websocket', 'polling'] as const)(
    'is sent a message larger than all that may wait, by %s',
    async (transport) => {
      const { app, reasons } = await open({ limits: { maxQueued: 1_000 } });
      const reader = await app.connect({ transports: [transport] });

      await app.sockets.blast('news', 'x'.repeat(5_000_000));
      await reader.next('news');
      await app.sockets.blast('news', 'more');
      await reader.next('news', (news) => news === 'more');

      expect(reasons).toEqual([]);
    },
  );

  it('is sent what the server has to compress first, however fast it is published', async () => {
    const { app, reasons } = await open({ server: { perMessageDeflate: true } });
    const reader = await app.connect();

    for (let n = 0; n < 1_000; n++) {
      void app.sockets.blast('news', { n, text: TEN_KILOBYTES });
      if (n % 10 === 9) await new Promise((resolve) => setImmediate(resolve));
    }
    const end = new Promise((resolve) => reader.socket.once('disconnect', resolve));
    await Promise.race([reader.next<{ n: number }>('news', ({ n }) => n === 999), end]);

    expect(reader.heard('news')).toHaveLength(1_000);
    expect(reasons).toEqual([]);
  });
});
