import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';
import { pollingUrl, request } from '../support/http.js';
import { OldClient } from './support/old-client.js';
import { levels, RawClient } from './support/raw-client.js';

const open = (options: SocketsModuleOptions = {}): Promise<TestApplication> =>
  start({ imports: [SocketsModule.forRoot(options)] });

const refusalsOf = (client: RawClient): string[] => client.received.filter((packet) => packet.startsWith('4'));

/** An application that decides nothing until it is told to. */
async function undecided(): Promise<{ app: TestApplication; asked: () => number; decide: () => void }> {
  let asked = 0;
  let decide = (): void => undefined;
  const decided = new Promise<void>((resolve) => (decide = resolve));
  const authenticate = async (): Promise<object> => {
    asked++;
    await decided;
    return { id: 1 };
  };
  return { app: await open({ authenticate }), asked: () => asked, decide };
}

describe('CONNECT', () => {
  it('is one at a time for each namespace: a second one before the answer ends the connection', async () => {
    const { app, asked, decide } = await undecided();
    const client = await RawClient.open(app);
    client.send('0', '0');
    await client.closed;
    decide();
    await app.connect();
    expect(asked()).toBe(2);
    expect(app.sockets.server.sockets.sockets.size).toBe(1);
    expect(app.sockets.metrics().refused.repeatedConnect).toBe(1);
  });

  it('20,000 times in one body of a poll makes no socket', async () => {
    const app = await open();
    const healthy = await app.connect();
    const opened = await request(pollingUrl(app.url));
    const { sid } = JSON.parse(opened.text.slice(1)) as { sid: string };
    const body = Array.from({ length: 20_000 }, () => '40').join('\u001e');
    const url = `${pollingUrl(app.url)}&sid=${sid}`;
    await request(url, { method: 'POST', body }).catch(() => undefined);
    await eventually(() => expect(app.sockets.server.engine.clientsCount).toBe(1));
    expect([...app.sockets.server.sockets.sockets.keys()]).toEqual([healthy.id]);
  });

  it('to a namespace that the client is in ends the connection', async () => {
    const app = await open();
    const client = await RawClient.enter(app);
    client.send('0');
    await client.closed;
    expect(app.sockets.metrics().refused.repeatedConnect).toBe(1);
  });

  it('may come again once the client has left the namespace', async () => {
    const app = await open();
    const client = await RawClient.enter(app);
    client.received.length = 0;
    client.send('1');
    await eventually(() => expect(app.sockets.server.sockets.sockets.size).toBe(0));
    client.send('0');
    await client.next('0');
    expect(app.sockets.server.sockets.sockets.size).toBe(1);
  });

  it('may come again if the namespace was left because an identity that a middleware knows has expired', async () => {
    const app = await open();
    let isExpired = true;
    app.sockets.server.use((socket, next) => {
      socket.data.user = { id: 1, exp: Date.now() / 1_000 + (isExpired ? -60 : 60) };
      next();
    });
    const client = await RawClient.enter(app);
    await client.next('1');
    isExpired = false;
    client.received.length = 0;
    client.send('0');
    await client.next('0');
    expect(app.sockets.server.sockets.sockets.size).toBe(1);
    expect(app.sockets.metrics().refused.repeatedConnect).toBe(0);
  });

  it.each([
    ['unknown', '0/nowhere,', {}],
    ['refused by the application', '0/admin,', { authenticate: () => false }],
    ['refused for its auth', `0/admin,{"a":${levels(40)}}`, {}],
  ] as Array<[string, string, SocketsModuleOptions]>)(
    'is refused a few times, then the connection ends: %s',
    async (_, packet, options) => {
      const app = await open(options);
      app.sockets.server.of('/admin');
      const client = await RawClient.open(app);
      let sent = 0;
      while (!client.isClosed && sent++ < 100) {
        const answered = refusalsOf(client).length;
        client.send(packet);
        await eventually(() => expect(client.isClosed || refusalsOf(client).length > answered).toBe(true));
      }
      await client.closed;
      expect(refusalsOf(client).length).toBeGreaterThanOrEqual(5);
      expect(refusalsOf(client).length).toBeLessThanOrEqual(10);
      expect(app.sockets.metrics().refused.refusedConnects).toBeGreaterThanOrEqual(5);
    },
  );

  it('a thousand of them at once to unknown namespaces end the connection', async () => {
    const app = await open();
    const client = await RawClient.open(app);
    client.send(...Array.from({ length: 1_000 }, (_, index) => `0/nowhere-${index},`));
    await client.closed;
    expect(refusalsOf(client).length).toBeLessThanOrEqual(10);
  });

  it('enters 16 namespaces, dynamic ones included, and is told that there are no more', async () => {
    const app = await open();
    app.sockets.server.of(/^\/dynamic-\d+$/);
    const client = await RawClient.open(app);
    client.send(...Array.from({ length: 17 }, (_, index) => `0/dynamic-${index},`));
    const refused = await client.next('4/dynamic-16,');
    expect(JSON.parse(refused.slice('4/dynamic-16,'.length))).toMatchObject({
      data: { statusCode: 429, code: 'TOO_MANY_REQUESTS' },
    });
    await client.next('0/dynamic-15,');
    const inside = (): number =>
      [...app.sockets.server._nsps.values()].reduce((sum, { sockets }) => sum + sockets.size, 0);
    expect(inside()).toBe(16);
    expect(app.sockets.metrics().refused.namespaces).toBe(1);

    // Nothing is left of a namespace that nobody is in.
    client.send(...Array.from({ length: 16 }, (_, index) => `1/dynamic-${index},`));
    await eventually(() => expect([...app.sockets.server._nsps.keys()]).toEqual(['/']));
  });

  it('counts namespaces that are not answered yet', async () => {
    const { app, asked } = await undecided();
    app.sockets.server.of(/^\/dynamic-\d+$/);
    const client = await RawClient.open(app);
    client.send(...Array.from({ length: 20 }, (_, index) => `0/dynamic-${index},`));
    await client.next('4/dynamic-16,');
    await eventually(() => expect(asked()).toBe(16));
  });

  it('may not change namespaces for ever', async () => {
    const app = await open();
    const client = await RawClient.open(app);
    let entered = 0;
    while (!client.isClosed && entered < 200) {
      client.received.length = 0;
      client.send('0');
      await eventually(() => expect(client.isClosed || client.received.length > 0).toBe(true));
      if (client.received.some((packet) => packet.startsWith('4'))) break;
      entered++;
      client.send('1');
      await eventually(() => expect(client.isClosed || app.sockets.server.sockets.sockets.size === 0).toBe(true));
    }
    expect(entered).toBeLessThan(200);
    expect(app.sockets.metrics().refused.connectRate).toBeGreaterThan(0);
  });
});

describe('The auth of CONNECT', () => {
  const seen: unknown[] = [];
  const authenticate = (handshake: { auth: unknown }): object => {
    seen.push(handshake.auth);
    return { id: 1 };
  };

  it.each([
    ['33 levels', `{"a":${levels(32)}}`, 400],
    ['5,000 levels', `{"a":${levels(5_000)}}`, 400],
    ['a list', '[1]', 400],
    ['a key __proto__', '{"a":{"__proto__":{"polluted":1}}}', 400],
    ['a key constructor', '{"constructor":{"prototype":{"polluted":1}}}', 400],
    ['too many keys', JSON.stringify({ a: Array.from({ length: 10_001 }, () => 1) }), 413],
  ])('is refused before anybody looks at it, in its namespace: %s', async (_, auth, statusCode) => {
    seen.length = 0;
    const app = await open({ authenticate });
    app.sockets.server.of('/admin');
    const client = await RawClient.open(app);
    client.send(`0/admin,${auth}`);
    const refused = await client.next('4/admin,');
    const message = expect.any(String) as string;
    const code = expect.any(String) as string;
    expect(JSON.parse(refused.slice('4/admin,'.length))).toEqual({ message, data: { statusCode, code, message } });
    expect(seen).toEqual([]);

    client.send('0{"token":"a secret"}');
    await client.next('0{');
    expect(seen).toEqual([{ token: 'a secret' }]);
  });
});

describe('A connection', () => {
  it('that never asks for a namespace is closed after ten seconds', async () => {
    const app = await open();
    const clock = stopClock();
    const [client, other] = [await RawClient.open(app), await RawClient.enter(app)];
    await clock.pass(9_000);
    expect(client.isClosed).toBe(false);
    await clock.passUntil(client.closed);
    expect(other.isClosed).toBe(false);
    expect(app.sockets.metrics().refused.connectTimeout).toBe(1);
  });

  it('that has left its last namespace is closed, too', async () => {
    const app = await open();
    const clock = stopClock();
    const client = await RawClient.enter(app);
    await clock.pass(15_000);
    client.send('1');
    await clock.passUntil(client.closed);
    expect(app.sockets.metrics().refused.connectTimeout).toBe(1);
  });

  it('that was taken out of its namespace at once is closed, too', async () => {
    const app = await open({ limits: { connectionsPerUser: 1 } });
    app.sockets.server.use((socket, next) => {
      socket.data.user = { id: 1 };
      next();
    });
    const clock = stopClock();
    const [first, second] = [await RawClient.enter(app), await RawClient.enter(app)];
    await second.next('1');
    await clock.passUntil(second.closed);
    expect(first.isClosed).toBe(false);
    expect(app.sockets.metrics().refused).toMatchObject({ connectTimeout: 1, connectionsPerUser: 1 });
  });

  it('that was waiting for a namespace after ten seconds, and then was refused, is closed, too', async () => {
    const app = await open();
    let refuse: (() => void) | undefined;
    app.sockets.server.of('/admin').use((_socket, next) => {
      refuse = () => next(new Error('no'));
    });
    const clock = stopClock();
    const client = await RawClient.enter(app);
    client.send('1');
    await eventually(() => expect(app.sockets.server.sockets.sockets.size).toBe(0));
    await clock.pass(9_000);
    client.send('0/admin,');
    await eventually(() => expect(refuse).toBeDefined());
    await clock.pass(9_000);
    refuse?.();
    await client.next('4/admin,');
    await clock.passUntil(client.closed);
    expect(app.sockets.metrics().refused.connectTimeout).toBe(1);
  });

  it('of Socket.IO 2 that was refused is closed, too', async () => {
    const app = await open({ authenticate: () => false });
    const clock = stopClock();
    const old = await OldClient.open(app);
    expect(await old.next('44')).toContain('Unauthorized');
    await clock.passUntil(old.closed);
    expect(app.sockets.metrics().refused).toMatchObject({ connectTimeout: 1, refusedConnects: 1 });
  });

  it('is closed as late as the option says', async () => {
    const app = await open({ server: { connectTimeout: 30_000 } });
    const clock = stopClock();
    const client = await RawClient.open(app);
    await clock.pass(20_000);
    expect(client.isClosed).toBe(false);
    await clock.passUntil(client.closed);
  });

  it('whose application takes long to decide is not closed for that', async () => {
    const { app, decide } = await undecided();
    const clock = stopClock();
    const client = await RawClient.open(app);
    client.send('0');
    await clock.pass(9_900);
    decide();
    await client.next('0');
  });
});
