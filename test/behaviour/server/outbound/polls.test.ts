import type { Server } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { eventually } from '../../../support/eventually.js';
import { onceDone } from '../../../support/lifetime.js';
import { pollingSession, read } from './support/deaf-client.js';

const SEPARATOR = '\u001e';
const MAX_QUEUED = 200_000;

async function open(limits: SocketsModuleOptions['limits']): Promise<{ app: TestApplication; reasons: string[] }> {
  const reasons: string[] = [];
  const app = await start({
    imports: [SocketsModule.forRoot({ limits, afterDisconnect: (_socket, reason) => void reasons.push(reason) })],
  });
  return { app, reasons };
}

/** The messages in the answer to a poll, by number. */
function numbersIn(body: string): number[] {
  return body
    .split(SEPARATOR)
    .filter((packet) => packet.startsWith('42'))
    .map((packet) => (JSON.parse(packet.slice(2)) as [string, { n: number }])[1].n);
}

describe('A client that polls', () => {
  it('is given much that waits in several answers, completely and in order', async () => {
    const { app, reasons } = await open({ maxQueued: MAX_QUEUED });
    const { address } = await pollingSession(app.url);
    const sent = Array.from({ length: 150 }, (_, n) => n);
    for (const n of sent) void app.sockets.blast('news', { n, text: 'x'.repeat(10_000) });

    const bodies: string[] = [];
    while (bodies.flatMap(numbersIn).length < sent.length) {
      bodies.push(await read(address));
      if (bodies.length === 1) void app.sockets.blast('news', { n: sent.push(150) - 1, text: '' });
    }

    expect(bodies.flatMap(numbersIn)).toEqual(sent);
    expect(Math.max(...bodies.map((body) => body.length))).toBeLessThanOrEqual(MAX_QUEUED / 2);
    expect(reasons).toEqual([]);
  });

  it('is given one message that is larger than that at once', async () => {
    const { app } = await open({ maxQueued: MAX_QUEUED });
    const { address } = await pollingSession(app.url);

    void app.sockets.blast('news', { n: 0, text: 'x'.repeat(MAX_QUEUED) });
    void app.sockets.blast('news', { n: 1, text: '' });

    expect(numbersIn(await read(address))).toEqual([0]);
    expect(numbersIn(await read(address))).toEqual([1]);
  });

  it('is told everything that was sent to it before it is disconnected', async () => {
    const { app } = await open({ maxQueued: MAX_QUEUED });
    const { address } = await pollingSession(app.url);
    const [socket] = app.sockets.server.sockets.sockets.values();
    for (let n = 0; n < 50; n++) socket.emit('news', { n, text: 'x'.repeat(10_000) });
    const first = numbersIn(await read(address));

    socket.conn.close();
    const rest = numbersIn(await read(address));
    const last = await read(address);

    expect([...first, ...rest]).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(last.split(SEPARATOR).at(-1)).toBe('1');
  });

  it('keeps none of its connections open if it asks several times by one of them, and reads nothing', async () => {
    const { app, reasons } = await open({});
    const { address } = await pollingSession(app.url);
    const { port, pathname, search } = new URL(address);
    const tcp = connect(Number(port), '127.0.0.1').on('error', () => {});
    onceDone(() => tcp.destroy());
    tcp.pause();
    const poll = (): void => void tcp.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: localhost\r\n\r\n`);

    poll();
    await eventually(() => expect(connectionsOf(app)[0].transport.writable).toBe(true));
    void app.sockets.blast('news', 'x'.repeat(50_000_000));
    poll();
    await eventually(() => expect(connectionsOf(app)[0].transport.writable).toBe(true));
    void app.sockets.blast('news', 'x');

    await eventually(() => expect(reasons).toEqual(['slow client']));
    const server = app.nest.getHttpServer() as Server;
    await eventually(async () => {
      const connections = await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
      expect(connections).toBe(0);
    });
  });
});

function connectionsOf({ sockets }: TestApplication): Array<{ transport: { writable: boolean } }> {
  return Object.values((sockets.server.engine as unknown as { clients: object }).clients);
}
