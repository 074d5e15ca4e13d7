import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';
import { RawClient } from './support/raw-client.js';

let seen: unknown[];

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() data: unknown) {
    seen.push(data);
    return 'done';
  }
}

async function open(options: SocketsModuleOptions = {}): Promise<TestApplication> {
  seen = [];
  return start({ imports: [SocketsModule.forRoot(options)], providers: [EchoGateway] });
}

const TOO_MUCH = {
  statusCode: 429,
  code: 'TOO_MANY_REQUESTS',
  message: expect.stringContaining('retry-after') as string,
  headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) as string },
  body: { statusCode: 429, code: 'TOO_MANY_REQUESTS', message: expect.stringContaining('retry-after') as string },
};

describe('Too many packets', () => {
  it('are answered with 429 until there is room again', async () => {
    const app = await open({ limits: { packetBurst: 5, packetsPerSecond: 1 } });
    const clock = stopClock();
    const client = await RawClient.enter(app);
    // CONNECT is one of five.
    for (let id = 1; id <= 4; id++) expect(await client.ask(id, `2${id}["echo",${id}]`)).toBe('done');
    const refused = await client.ask(5, '25["echo",5]');
    expect(refused).toEqual(TOO_MUCH);
    await clock.pass(Number(refused.headers['retry-after']) * 1_000);
    expect(await client.ask(6, '26["echo",6]')).toBe('done');
    expect(seen).toEqual([1, 2, 3, 4, 6]);
    expect(app.sockets.metrics().refused.packetRate).toBe(1);
  });

  it.each([
    ['events', '2["echo",1]'],
    ['events of a namespace that the client is not in', '2/nowhere,["echo",1]'],
    ['answers that nobody waits for', '37[1]'],
    ['requests', '21["get",{"url":"/"}]'],
  ])('end the connection, where they go on: %s', async (_, packet) => {
    const app = await open({ limits: { packetBurst: 50, packetsPerSecond: 1 } });
    const [client, other] = [await RawClient.enter(app), await RawClient.enter(app)];
    client.send(...Array.from({ length: 1_000 }, () => packet));
    await client.closed;
    expect(await other.ask(1, '21["echo","other"]')).toBe('done');
    expect(seen.length).toBeLessThanOrEqual(51);
  });

  it('are no fewer for a client that leaves its namespace and comes back', async () => {
    const app = await open({ limits: { packetBurst: 5, packetsPerSecond: 1 } });
    stopClock();
    const client = await RawClient.enter(app);
    await client.ask(1, '21["echo",1]');
    client.send('1');
    await eventually(() => expect(app.sockets.server.sockets.sockets.size).toBe(0));
    client.received.length = 0;
    client.send('0');
    await client.next('0');
    await client.ask(2, '22["echo",2]');
    expect(await client.ask(3, '23["echo",3]')).toEqual(TOO_MUCH);
  });

  it('are as many as 1,000 at once by default, and what is beyond is refused', async () => {
    const app = await open();
    const client = await RawClient.enter(app);
    client.send(...Array.from({ length: 900 }, (_, index) => `2["echo",${index}]`));
    expect(await client.ask(1, '21["echo","last"]')).toBe('done');
    expect(seen).toHaveLength(901);
  });
});

describe('Too many bytes', () => {
  it('are answered with 429 until there is room again, texts and attachments alike', async () => {
    const app = await open({ limits: { byteBurst: 20_000, bytesPerSecond: 1_000 } });
    const clock = stopClock();
    const client = await RawClient.enter(app);
    const text = JSON.stringify('x'.repeat(9_000));
    expect(await client.ask(1, `21["echo",${text}]`)).toBe('done');
    client.send('51-2["echo",{"_placeholder":true,"num":0}]', Buffer.alloc(9_000));
    await client.next('32[');
    const refused = await client.ask(3, `23["echo",${text}]`);
    expect(refused).toEqual(TOO_MUCH);
    expect(app.sockets.metrics().refused.byteRate).toBe(1);
    await clock.pass((Number(refused.headers['retry-after']) + 10) * 1_000);
    expect(await client.ask(4, `24["echo",${text}]`)).toBe('done');
  });
});

describe('Packets that mean nothing', () => {
  it.each([
    ['an event without data', '2'],
    ['an answer without data', '31'],
    ['an answer to no question', '3999[1]'],
    ['an answer without a number', '3[1]'],
  ])('are ignored, and end the connection after ten: %s', async (_, packet) => {
    const app = await open();
    const client = await RawClient.enter(app);
    client.send(...Array.from({ length: 10 }, () => packet));
    expect(await client.ask(1, '21["echo",1]')).toBe('done');
    client.send(...Array.from({ length: 10 }, () => packet));
    await client.closed;
    expect(app.sockets.metrics().refused.malformed).toBeGreaterThanOrEqual(11);
  });
});

describe('Attachments', () => {
  it('that are too large together are answered with 413, and nothing is kept of them', async () => {
    const app = await open({ server: { maxHttpBufferSize: 10_000 } });
    const client = await RawClient.enter(app);
    const places = [0, 1, 2].map((num) => ({ _placeholder: true, num }));
    client.send(
      `53-1["echo",${JSON.stringify(places)}]`,
      Buffer.alloc(6_000),
      Buffer.alloc(6_000),
      Buffer.alloc(6_000),
    );
    expect(await client.next('31[')).toContain('"statusCode":413');
    expect(await client.ask(2, '22["echo",1]')).toBe('done');
    expect(seen).toEqual([1]);
    expect(app.sockets.metrics().refused.size).toBe(1);
  });

  it('that a packet names twice are answered with 400', async () => {
    const app = await open();
    const client = await RawClient.enter(app);
    for (const count of [2, 3_000]) {
      const places = Array.from({ length: count }, () => ({ _placeholder: true, num: 0 }));
      client.received.length = 0;
      client.send(`51-1["echo",${JSON.stringify(places)}]`, Buffer.alloc(1_000));
      expect(await client.next('31[')).toContain('"statusCode":400');
    }
    const many = Array.from({ length: 25_000 }, () => ({ _placeholder: true, num: 0 }));
    client.send(`51-2["post",{"url":"/","data":${JSON.stringify(many)}}]`, Buffer.alloc(10));
    expect(await client.next('32[')).toContain('"statusCode":413');
    expect(await client.ask(3, '23["echo",1]')).toBe('done');
    expect(seen).toEqual([1]);
  });

  it.each([99, -1, '"__proto__"', null])('that were not announced end the connection: %j', async (num) => {
    const app = await open();
    const client = await RawClient.enter(app);
    client.send(`51-["echo",{"_placeholder":true,"num":${String(num)}}]`, Buffer.alloc(10));
    await client.closed;
    expect(app.sockets.metrics().refused.attachments).toBe(1);
  });

  it('that are announced and not sent end the connection', async () => {
    const app = await open();
    const clock = stopClock();
    const client = await RawClient.enter(app);
    client.send('52-["echo",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.alloc(100));
    await clock.passUntil(client.closed);
    expect(app.sockets.metrics().refused.attachments).toBe(1);
  });

  it('without an announcement end the connection', async () => {
    const app = await open();
    const client = await RawClient.enter(app);
    client.send(Buffer.alloc(10));
    await client.closed;
    expect(app.sockets.metrics().refused.attachments).toBe(1);
  });
});
