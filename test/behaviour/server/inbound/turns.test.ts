import { Controller, Get } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { beforeEach, describe, expect, it } from 'vitest';
import { SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { OldClient } from './support/old-client.js';
import { RawClient } from './support/raw-client.js';

let seen: unknown[];
/** How many events had been handled when the event loop had its next turn after the first. */
let seenInFirstTurn: number | undefined;

@WebSocketGateway()
class EventsGateway {
  @SubscribeMessage('event')
  handle(@MessageBody() data: unknown) {
    if (seen.push(data) === 1) setImmediate(() => setImmediate(() => (seenInFirstTurn = seen.length)));
    return 'done';
  }
}

@Controller()
class NumbersController {
  @Get('number')
  find() {
    seen.push('request');
    return 1;
  }
}

beforeEach(() => {
  seen = [];
  seenInFirstTurn = undefined;
});

async function open(): Promise<TestApplication> {
  return start({ imports: [SocketsModule.forRoot()], controllers: [NumbersController], providers: [EventsGateway] });
}

/** A connection by polling, on which each body of a POST is written by the test. */
async function poll({ url }: TestApplication) {
  const address = `${url}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(address)).text()).slice(1)) as { sid: string };
  const received: string[] = [];
  const post = (...packets: string[]) =>
    fetch(`${address}&sid=${sid}`, { method: 'POST', body: packets.join('\u001e') });
  /** Resolves when a packet has come, or with `false` if the connection has ended before. */
  const next = async (beginning: string): Promise<boolean> => {
    for (;;) {
      if (received.some((packet) => packet.startsWith(beginning))) return true;
      const response = await fetch(`${address}&sid=${sid}`);
      const text = await response.text();
      if (!response.ok) return false;
      received.push(...text.split('\u001e'));
    }
  };
  await post('40');
  await next('40');
  return { post, next, received };
}

describe('Many packets in one body', () => {
  it('are handled in order, and leave others their turn', async () => {
    const app = await open();
    const client = await poll(app);
    const events = Array.from({ length: 850 }, (_, number) => `42["event",${number}]`);
    // Namespaces and attachments have their places among them.
    app.sockets.server.of('/other').on('connection', (socket) => socket.on('event', () => seen.push('other')));
    events.splice(300, 0, '451-["event",{"_placeholder":true,"num":0}]', 'bAQID');
    events.splice(500, 0, '40/other,');
    await client.post(...events, '427["event","last"]');
    expect(await client.next('437["done"]')).toBe(true);
    const numbers = Array.from({ length: 850 }, (_, number) => number);
    expect(seen).toEqual([...numbers.slice(0, 300), Buffer.from([1, 2, 3]), ...numbers.slice(300), 'last']);
    expect(seenInFirstTurn).toBeLessThan(400);
    expect(await client.next('40/other,')).toBe(true);
  });

  it('are answered before the connection is closed, where they are too many', async () => {
    const app = await open();
    const client = await poll(app);
    await client.post(...Array.from({ length: 10_000 }, (_, id) => `42${id}["event",${id}]`));
    expect(await client.next('nothing of that kind')).toBe(false);
    const answers = client.received.filter((packet) => packet.startsWith('43'));
    const refused = answers.filter((packet) => packet.includes('"statusCode":429'));
    expect(answers.length - refused.length).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(999);
    expect(refused.length).toBeGreaterThan(200);
    expect(refused.every((packet) => /"retry-after":"\d+"/.test(packet))).toBe(true);
  });

  it('close the connection where one is malformed, and nothing behind that is read', async () => {
    const app = await open();
    const client = await poll(app);
    const other = await RawClient.enter(app);
    const events = Array.from({ length: 900 }, (_, number) => `42["event",${number}]`);
    events[450] = '42["event"';
    await client.post(...events);
    expect(await client.next('nothing of that kind')).toBe(false);
    expect(await other.ask(1, '21["event","other"]')).toBe('done');
    expect(seen.filter((number) => Number(number) > 450)).toEqual([]);
    expect(seen.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, number) => number));
    expect(app.sockets.metrics().refused.malformed).toBe(1);
  });

  it('that are requests are refused in the form of a full queue, once it is full', async () => {
    const app = await open();
    const client = await poll(app);
    await client.post(...Array.from({ length: 900 }, (_, id) => `42${id}["get",{"url":"/number"}]`));
    expect(await client.next('43899[')).toBe(true);
    const refused = client.received.filter((packet) => packet.includes('"statusCode":429'));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((packet) => packet.includes('"headers":{}'))).toBe(true);
    expect(app.sockets.metrics().refused.requestQueue).toBe(refused.length);
  });
});

/** Counts how much is handled in one turn of the event loop at most, until it is asked. */
function watchTheLoop(): () => number {
  let [most, last, isOver] = [0, 0, false];
  const look = (): void => {
    most = Math.max(most, seen.length - last);
    last = seen.length;
    if (!isOver) setImmediate(look);
  };
  look();
  return () => {
    isOver = true;
    return most;
  };
}

describe('Bursts of many connections', () => {
  const CONNECTIONS = 20;

  it.each([
    ['events', 300, '["event",1]'],
    // More than these wait in no queue.
    ['requests', 80, '["get",{"url":"/number"}]'],
  ])('hold the event loop no longer than one of them: %s', async (_, count, data) => {
    const app = await open();
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawClient.enter(app)));
    const most = watchTheLoop();
    const packets = Array.from({ length: count }, (_nothing, id) => `2${id}${data}`);
    for (const client of clients) client.send(...packets);
    await Promise.all(clients.map((client) => client.next(`3${count - 1}[`)));
    expect(seen).toHaveLength(CONNECTIONS * count);
    expect(most()).toBeLessThanOrEqual(150);
  });

  it('leave a client its turn that sends one packet', async () => {
    const app = await open();
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawClient.enter(app)));
    const honest = await RawClient.enter(app);
    const packets = Array.from({ length: 300 }, (_, id) => `2${id}["event",1]`);
    for (const client of clients) client.send(...packets);
    expect(await honest.ask(1, '21["event","honest"]')).toBe('done');
    expect(seen.length).toBeLessThan((CONNECTIONS * packets.length) / 2);
    await Promise.all(clients.map((client) => client.next('3299[')));
  });

  it('take turns by their size, too', async () => {
    const app = await open();
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => RawClient.enter(app)));
    const most = watchTheLoop();
    const packet = `["event","${'x'.repeat(40_000)}"]`;
    for (const client of clients) client.send(...Array.from({ length: 20 }, (_, id) => `2${id}${packet}`));
    await Promise.all(clients.map((client) => client.next('319[')));
    expect(seen).toHaveLength(CONNECTIONS * 20);
    expect(most()).toBeLessThanOrEqual(20);
  });

  it('are handled in order, of clients of Socket.IO 2', async () => {
    const app = await open();
    const clients = await Promise.all(Array.from({ length: 3 }, () => OldClient.open(app)));
    await Promise.all(clients.map((client) => client.next('40')));
    const most = watchTheLoop();
    for (const [index, client] of clients.entries()) {
      client.send(...Array.from({ length: 900 }, (_, id) => `42${id}["event",${index * 1_000 + id}]`));
    }
    await Promise.all(clients.map((client) => client.next('43899[')));
    expect(most()).toBeLessThanOrEqual(150);
    for (const index of clients.keys()) {
      const numbers = seen.filter((number) => Math.floor(Number(number) / 1_000) === index);
      expect(numbers).toEqual(Array.from({ length: 900 }, (_, id) => index * 1_000 + id));
    }
  });
});
