import { io } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { onceDone } from '../../support/lifetime.js';
import { Logs } from '../../support/logs.js';

const LIMIT = 2_000;

const SUBJECT = 'which ended its connection';

async function startLogged(): Promise<{ app: TestApplication; logs: Logs }> {
  const logs = new Logs();
  const imports = [SocketsModule.forRoot({ server: { maxHttpBufferSize: LIMIT } })];
  return { app: await start({ imports, main: logs.open }), logs };
}

const disconnected = ({ socket }: TestClient): Promise<void> =>
  new Promise((resolve) => void socket.once('disconnect', () => resolve()));

/** Sends a packet of Engine.IO as it stands. */
function sendRaw({ socket }: TestClient, packet: string): void {
  const { transport } = socket.io.engine as unknown as { transport: { ws: { send(packet: string): void } } };
  transport.ws.send(packet);
}

/** A client that only polls, and only when it is told to. */
class Polling {
  private constructor(private readonly url: string) {}

  static async begin({ url }: TestApplication): Promise<Polling> {
    const address = `${url}/socket.io/?EIO=4&transport=polling`;
    const opened = await (await fetch(address)).text();
    return new Polling(`${address}&sid=${(JSON.parse(opened.slice(1)) as { sid: string }).sid}`);
  }

  async send(...packets: string[]): Promise<void> {
    await fetch(this.url, { method: 'POST', body: packets.join('\u001e') });
  }

  async receive(): Promise<string> {
    return (await fetch(this.url)).text();
  }
}

describe('The log names a message that ends a connection', () => {
  it('and the limit and the socket, if it is too large', async () => {
    const { app, logs } = await startLogged();
    const client = await app.connect();
    const { id } = client;

    const gone = disconnected(client);
    client.socket.emit('anything', 'canary'.repeat(LIMIT));
    await gone;

    await expect.poll(() => logs.naming(SUBJECT).warnings).toHaveLength(1);
    const [line] = logs.naming(SUBJECT).warnings;
    expect(line).toMatch(new RegExp(`socket ${id}, address .*127.0.0.1.*${LIMIT} bytes.*maxHttpBufferSize`, 's'));
    expect(line).not.toContain('canary');
    expect(app.sockets.metrics().refused).toMatchObject({ size: 1, malformed: 0 });
  });

  it('if the credentials of the handshake are too large, before there is a socket', async () => {
    const { app, logs } = await startLogged();

    const socket = io(app.url, { transports: ['websocket'], reconnection: false, auth: { token: 'x'.repeat(LIMIT) } });
    onceDone(() => socket.disconnect());

    await expect.poll(() => logs.naming(`${LIMIT} bytes`).warnings).toHaveLength(1);
    expect(logs.naming(SUBJECT).warnings[0]).toContain('(address ');
  });

  it('if it came by polling', async () => {
    const { app, logs } = await startLogged();
    const client = await app.connect({ transports: ['polling'] });

    const gone = disconnected(client);
    client.socket.emit('anything', 'x'.repeat(LIMIT));
    await gone;

    await expect.poll(() => logs.naming(`${LIMIT} bytes`).warnings).toHaveLength(1);
    expect(app.sockets.metrics().refused).toMatchObject({ size: 1, malformed: 0 });
  });

  it.each([
    ['of Socket.IO', '4canary', /unknown packet type|invalid/i],
    ['whose data is no JSON', '42["canary"', /invalid payload/],
    ['of Engine.IO', 'canary', /Engine\.IO/],
  ])('if it is no packet %s, once for each connection', async (_, packet, reason) => {
    const { app, logs } = await startLogged();
    const client = await app.connect();
    const { id } = client;
    const other = await app.connect();

    const gone = disconnected(client);
    sendRaw(client, packet);
    await gone;
    other.socket.disconnect();

    await expect.poll(() => logs.naming(SUBJECT).warnings).toHaveLength(1);
    const [line] = logs.naming(SUBJECT).warnings;
    expect(line).toMatch(reason);
    expect(line).toContain(id);
    expect(line).not.toContain('canary');
    expect(app.sockets.metrics().refused.malformed).toBe(1);
  });

  it.each(['', ',{"message":5}', ',{"message":"canary"}', ',null'])(
    'for that reason, whatever the client says in an event that is named as errors are: ["error"%s]',
    async (data) => {
      const { app, logs } = await startLogged();
      const polling = await Polling.begin(app);
      await polling.send('40');
      await polling.receive();

      // Engine.IO cannot close a connection before the client asks for what there is.
      await polling.send(`42["error"${data}]`, '4canary');
      await polling.receive();

      await expect.poll(() => logs.naming(SUBJECT).warnings).toHaveLength(1);
      const [line] = logs.naming(SUBJECT).warnings;
      expect(line).toMatch(/unknown packet type|invalid/i);
      expect(line).not.toContain('canary');
    },
  );

  it('but at most ten of them a minute', async () => {
    const { app, logs } = await startLogged();
    const clients = await Promise.all(Array.from({ length: 15 }, () => app.connect()));

    const gone = Promise.all(clients.map(disconnected));
    for (const { socket } of clients) socket.emit('anything', 'x'.repeat(LIMIT));
    await gone;

    await expect.poll(() => app.sockets.server.engine.clientsCount).toBe(0);
    expect(logs.naming(SUBJECT).warnings).toHaveLength(10);
  });
});

describe('The log has nothing to say', () => {
  it('of connections that end well, or with a middleware that refused a message', async () => {
    const { app, logs } = await startLogged();
    app.sockets.server.use((socket, next) => {
      socket.use(([event], done) => done(event === 'refused' ? new Error('refused') : undefined));
      socket.on('hang up', () => socket.disconnect(true));
      next();
    });
    const [one, two] = [await app.connect(), await app.connect()];

    one.socket.emit('refused');
    const gone = disconnected(one);
    one.socket.emit('hang up');
    await gone;
    two.socket.disconnect();
    await expect.poll(() => app.sockets.server.engine.clientsCount).toBe(0);

    expect(logs.naming(SUBJECT).warnings).toEqual([]);
  });
});
