import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { eventually } from '../../../support/eventually.js';
import { PollingSession } from '../support/polling-session.js';

const MAX = 1_000_000;
const BYTES = { 'content-type': 'application/octet-stream' };
const SEPARATOR = '\u001e';

/** Any client of Socket.IO 2 may connect, too. */
const open = (options: SocketsModuleOptions = {}): Promise<TestApplication> =>
  start({ imports: [SocketsModule.forRoot({ ...options, server: { allowEIO3: true } })] });

/** Counts what Engine.IO has decoded, and notes why it ends, of all connections that begin from now on. */
function observe({ sockets }: TestApplication): { packets: number; ends: string[] } {
  const seen = { packets: 0, ends: [] as string[] };
  sockets.server.engine.on('connection', (connection: NodeJS.EventEmitter) => {
    connection.on('packet', () => seen.packets++).once('close', (reason: string) => seen.ends.push(reason));
  });
  return seen;
}

const manyOf = (packet: string, join = ''): string =>
  Array(Math.floor(MAX / (packet.length + 1)))
    .fill(packet)
    .join(join);

/** Writes a packet as protocol 3 does among bytes. */
const inBytes = (packet: string): Buffer =>
  Buffer.from([0, ...[...String(packet.length)].map(Number), 255, ...Buffer.from(packet)]);

/** What a body of each protocol may be full of. */
const bodies: Array<[what: string, query: string, body: () => string | Buffer]> = [
  ['events', 'EIO=4', () => manyOf('42["a"]', SEPARATOR)],
  ['answers to pings', 'EIO=4', () => manyOf('3', SEPARATOR)],
  ['attachments', 'EIO=4', () => manyOf('bAQ', SEPARATOR)],
  ['nothing but separators', 'EIO=4', () => SEPARATOR.repeat(MAX)],
  ['events of Socket.IO 2', 'EIO=3', () => manyOf('7:42["a"]')],
  ['pings of Socket.IO 2', 'EIO=3', () => manyOf('1:2')],
  ['empty packets of Socket.IO 2', 'EIO=3', () => manyOf('0:')],
  ['one length of Socket.IO 2', 'EIO=3', () => '1'.repeat(MAX)],
  ['pings of Socket.IO 2 in bytes', 'EIO=3', () => Buffer.concat(Array<Buffer>(200_000).fill(inBytes('2')))],
  ['empty packets of Socket.IO 2 in bytes', 'EIO=3', () => Buffer.concat(Array<Buffer>(300_000).fill(inBytes('')))],
  ['lengths of Socket.IO 2 without digits', 'EIO=3', () => Buffer.alloc(MAX, 255)],
];

describe('The body of a poll', () => {
  it.each(bodies)('is decoded as far as the client may send, and ends the connection: %s', async (_, query, body) => {
    const app = await open();
    const healthy = await app.connect();
    const decoded = observe(app);
    const session = await PollingSession.open(app.url, {}, query);
    if (query === 'EIO=4') await session.post('40');
    const content = body();
    const polled = session.poll();
    await session.post(content, typeof content === 'string' ? {} : BYTES).catch(() => undefined);
    await polled;
    // Engine.IO waits 30 s for a client that does not poll the end.
    if (query === 'EIO=4') session.poll().catch(() => undefined);
    await eventually(() => expect(app.sockets.server.engine.clientsCount).toBe(1));
    expect(decoded.packets).toBeLessThanOrEqual(1_300);
    expect(decoded.ends).not.toEqual(['ping timeout']);
    expect(healthy.socket.connected).toBe(true);
  });

  it('is decoded to its end, where it has no more packets than a client may send at once', async () => {
    const app = await open();
    const decoded = observe(app);
    const [session, old] = [await PollingSession.open(app.url), await PollingSession.open(app.url, {}, 'EIO=3')];
    await session.post(Array(900).fill('3').join(SEPARATOR));
    expect(decoded.packets).toBe(900);
    await old.post('1:2'.repeat(400));
    await old.post(Buffer.concat(Array<Buffer>(500).fill(inBytes('2'))), BYTES);
    expect(decoded.packets).toBe(1_800);
    expect(app.sockets.server.engine.clientsCount).toBe(2);
  });

  it('has no end where the application lets clients send more', async () => {
    const app = await open({ limits: { packetBurst: 1_000_000 } });
    const decoded = observe(app);
    const session = await PollingSession.open(app.url);
    await session.post(Array(50_000).fill('3').join(SEPARATOR));
    expect(decoded.packets).toBe(50_000);
  });

  it('that has more is counted among the packets that are too many', async () => {
    const app = await open();
    const session = await PollingSession.open(app.url);
    await session.post('40');
    const polled = session.poll();
    await session.post(manyOf('42["a"]', SEPARATOR)).catch(() => undefined);
    await polled;
    await eventually(() => expect(app.sockets.server.engine.clientsCount).toBe(0));
    expect(app.sockets.metrics().refused.packetRate).toBeGreaterThan(0);
  });
});
