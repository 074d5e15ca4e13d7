import type { Socket as TcpSocket } from 'node:net';
import { WebSocket } from 'ws';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';
import { onceDone } from '../../../support/lifetime.js';
import { deafWebSocket, pollingSession, read } from './support/deaf-client.js';

/** More than the operating system takes for a client that does not read. */
const MORE_THAN_TAKEN = 'x'.repeat(40_000_000);

async function open(): Promise<{ app: TestApplication; reasons: string[] }> {
  const reasons: string[] = [];
  const app = await start({
    imports: [SocketsModule.forRoot({ afterDisconnect: (_socket, reason) => void reasons.push(reason) })],
  });
  return { app, reasons };
}

/** The TCP connection of the only client, as the server has it. */
function connectionOf({ sockets }: TestApplication): { _handle: { writeQueueSize: number } | null } {
  const { clients } = sockets.server.engine as unknown as {
    clients: Record<string, { transport: { socket: { _socket: { _handle: { writeQueueSize: number } | null } } } }>;
  };
  return Object.values(clients)[0].transport.socket._socket;
}

describe('A client that takes one large message slowly', () => {
  it('is not disconnected as long as it takes some of it, however long that lasts', async () => {
    const { app, reasons } = await open();
    const client = await app.connect();
    const { transport } = client.socket.io.engine as unknown as { transport: { ws: { _socket: TcpSocket } } };
    const { _socket: tcp } = transport.ws;
    tcp.pause();
    const clock = stopClock();

    await app.sockets.blast('news', MORE_THAN_TAKEN);
    for (let time = 0; time < 60_000; time += 3_000) {
      const before = connectionOf(app)._handle?.writeQueueSize ?? 0;
      if (before === 0) break;
      tcp.resume();
      await eventually(() => expect(connectionOf(app)._handle?.writeQueueSize ?? 0).toBeLessThan(before));
      tcp.pause();
      await clock.pass(3_000);
    }
    tcp.resume();
    await client.next('news');

    expect(reasons).toEqual([]);
  });

  it('is disconnected as soon as it has taken nothing for too long', async () => {
    const { app, reasons } = await open();
    await deafWebSocket(app.url);
    const clock = stopClock();

    await app.sockets.blast('news', MORE_THAN_TAKEN);
    await eventually(() => expect(connectionOf(app)._handle?.writeQueueSize).toBeGreaterThan(0));
    await clock.pass(9_000);
    expect(reasons).toEqual([]);
    await clock.pass(2_000);

    expect(reasons).toEqual(['stalled client']);
  });
});

describe('A client that begins to go from polling to a websocket', () => {
  it('is disconnected if it takes nothing by either', async () => {
    const { app, reasons } = await open();
    const { address } = await pollingSession(app.url);
    const websocket = new WebSocket(address.replace('http', 'ws').replace('polling', 'websocket'));
    onceDone(() => websocket.terminate());
    websocket.on('error', () => {});
    await new Promise((resolve) => websocket.once('open', resolve));
    websocket.send('2probe');
    await new Promise((resolve) => websocket.once('message', resolve));

    while (reasons.length === 0) {
      await app.sockets.blast('news', 'x'.repeat(10_000));
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(reasons).toEqual(['slow client']);
    expect(await read(address)).toContain('Session ID unknown');
  });
});
