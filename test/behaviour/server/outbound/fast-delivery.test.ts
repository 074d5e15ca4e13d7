import { Controller, Get, Param, Patch } from '@nestjs/common';
import type { Socket as TcpSocket } from 'node:net';
import type { Namespace, Socket } from 'socket.io';
import { Adapter } from 'socket.io-adapter';
import { describe, expect, it, vi } from 'vitest';
import {
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  type SocketsModuleOptions,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import type { TestClient } from '../../../support/client.js';
import { eventually } from '../../../support/eventually.js';
import { deafWebSocket } from './support/deaf-client.js';

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id') id: string): object {
    return { id };
  }

  @Patch(':id')
  @PublishOnUpdate()
  rename(@Param('id') id: string): object {
    return { id, title: 'renamed' };
  }
}

/** Requests that are all answered when the test says so. */
class Held {
  private readonly waiting: Array<() => void> = [];

  get count(): number {
    return this.waiting.length;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  answer(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

let held = new Held();

interface Answer {
  headers: Record<string, string>;
}

@Controller('held')
class HeldController {
  @Get(':size')
  async findOne(@Param('size') size: string): Promise<object> {
    await held.wait();
    return { text: 'x'.repeat(Number(size)) };
  }
}

const numbers = Array.from({ length: 16 }, (_, index) => index);

function open(options: SocketsModuleOptions = {}): Promise<TestApplication> {
  return start({ imports: [SocketsModule.forRoot(options)], controllers: [CardsController, HeldController] });
}

function socketOf({ sockets }: TestApplication, { id }: TestClient): Socket {
  const socket = sockets.server.sockets.sockets.get(id);
  if (!socket) throw new Error('It is not connected.');
  return socket;
}

/** The TCP connection of a client, as the server has it. */
function tcpOf(app: TestApplication, client: TestClient): TcpSocket {
  const { transport } = socketOf(app, client).conn as unknown as { transport: { socket: { _socket: TcpSocket } } };
  return transport.socket._socket;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Broadcasts of one turn of the event loop', () => {
  it('are written to each client at once', async () => {
    const app = await open();
    const clients = [await app.connect(), await app.connect()];
    const writes = clients.map((client) => vi.spyOn(tcpOf(app, client), 'write'));

    for (const number of numbers) void app.sockets.blast('news', number);
    await Promise.all(clients.map((client) => client.next('news', (number) => number === 15)));

    for (const client of clients) expect(client.heard('news')).toEqual(numbers);
    for (const write of writes) expect(write).toHaveBeenCalledTimes(1);
  });

  it('are written one by one without the option fastDelivery', async () => {
    const app = await open({ fastDelivery: false });
    const client = await app.connect();
    const write = vi.spyOn(tcpOf(app, client), 'write');

    for (const number of numbers) void app.sockets.blast('news', number);
    await client.next('news', (number) => number === 15);

    expect(client.heard('news')).toEqual(numbers);
    expect(write.mock.calls.length).toBeGreaterThanOrEqual(numbers.length);
  });

  it('are written at once where routes publish them', async () => {
    const app = await open();
    const [reader, writer] = [await app.connect(), await app.connect()];
    await reader.socket.emitWithAck('get', { url: '/cards/1' });
    await turn();
    const write = vi.spyOn(tcpOf(app, reader), 'write');

    await Promise.all(numbers.slice(0, 3).map(() => writer.socket.emitWithAck('patch', { url: '/cards/1' })));
    await eventually(() => expect(reader.heard('card')).toHaveLength(3));

    expect(write).toHaveBeenCalledTimes(1);
  });

  it('are written in parts of at most 64 KiB', async () => {
    const app = await open();
    const client = await app.connect();
    const write = vi.spyOn(tcpOf(app, client), 'write');

    for (const number of numbers) void app.sockets.blast('news', { number, text: 'x'.repeat(20_000) });
    await client.next<{ number: number }>('news', ({ number }) => number === 15);

    const sizes = write.mock.calls.map(([chunk]) => (chunk as Buffer).length);
    expect(client.heard('news')).toMatchObject(numbers.map((number) => ({ number })));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(65_536);
    expect(Math.max(...sizes)).toBeGreaterThan(40_000);
  });
});

describe('Answers of one turn of the event loop', () => {
  /** Asks for answers of these sizes, and has all of them sent in one turn. Returns the sizes in the order they came. */
  async function answer(app: TestApplication, client: TestClient, sizes: readonly number[]): Promise<number[]> {
    held = new Held();
    const come: number[] = [];
    const answers = sizes.map(async (size) => {
      const { body } = (await client.socket.emitWithAck('get', { url: `/held/${size}` })) as { body: { text: string } };
      come.push(body.text.length);
    });
    await eventually(() => expect(held.count).toBe(sizes.length));
    held.answer();
    void turn().then(() => void app.sockets.blast('news', 'after the answers'));
    await Promise.all([...answers, client.next('news')]);
    return come;
  }

  const holdsAnswers = ([chunk]: readonly unknown[]): boolean => String(chunk).includes('"statusCode":200');

  it('are written at once', async () => {
    const app = await open();
    const client = await app.connect();
    const write = vi.spyOn(tcpOf(app, client), 'write');

    expect(await answer(app, client, [1, 2, 3, 4])).toEqual([1, 2, 3, 4]);

    expect(write.mock.calls.filter(holdsAnswers)).toHaveLength(1);
  });

  it('are written one by one without the option fastDelivery', async () => {
    const app = await open({ fastDelivery: false });
    const client = await app.connect();
    const write = vi.spyOn(tcpOf(app, client), 'write');

    expect(await answer(app, client, [1, 2, 3, 4])).toEqual([1, 2, 3, 4]);

    expect(write.mock.calls.filter(holdsAnswers)).toHaveLength(4);
  });

  it('are written with what their reader has missed', async () => {
    const app = await open();
    const [reader, writer] = [await app.connect(), await app.connect()];
    const { headers } = (await writer.socket.emitWithAck('get', { url: '/cards/1' })) as Answer;
    await writer.socket.emitWithAck('patch', { url: '/cards/1' });
    const write = vi.spyOn(tcpOf(app, reader), 'write');

    const since = { 'realtime-since': headers['realtime-position'] };
    await reader.socket.emitWithAck('get', { url: '/cards/1', headers: since });
    await reader.next('sockets:recovered');

    const written = write.mock.calls.map(([chunk]) => String(chunk));
    expect(written).toEqual([expect.stringMatching(/"statusCode":200.*"renamed".*"sockets:recovered"/s)]);
  });

  it('are followed by what their reader has missed, where somebody listens to what it is sent', async () => {
    const app = await open();
    const [reader, other] = [await app.connect(), await app.connect()];
    const { headers } = (await other.socket.emitWithAck('get', { url: '/cards/1' })) as Answer;
    const witness = socketOf(app, other);
    socketOf(app, reader).onAnyOutgoing((event) => void witness.emit('seen', event));

    const since = { 'realtime-since': headers['realtime-position'] };
    await reader.socket.emitWithAck('get', { url: '/cards/1', headers: since });
    await Promise.all([reader.next('sockets:recovered'), other.next('seen', (event) => event === 'sockets:recovered')]);

    expect(reader.heard('seen')).toEqual([]);
  });

  it('keep their order where some are too large to be written with others', async () => {
    const app = await open();
    const client = await app.connect();
    const sizes = [1, 70_000, 2, 40_000, 40_001, 3, 100, 65_400];

    expect(await answer(app, client, sizes)).toEqual(sizes);
  });

  it('are heard in full, whatever characters they have', async () => {
    const app = await open();
    const client = await app.connect();

    const answered = (await client.socket.emitWithAck('get', { url: '/cards/%C3%A4%F0%9F%98%80' })) as object;

    expect(answered).toMatchObject({ body: { id: 'ä😀' }, statusCode: 200 });
  });
});

describe('A broadcast', () => {
  it('keeps its place among what is sent to one client alone', async () => {
    const app = await open();
    const client = await app.connect();
    const socket = socketOf(app, client);

    for (const number of numbers) {
      if (number % 3 === 0) socket.emit('news', number);
      else if (number % 3 === 1) void app.sockets.blast('news', number);
      else app.sockets.server.emit('news', number);
    }
    await client.next('news', (number) => number === 15);

    expect(client.heard('news')).toEqual(numbers);
  });

  it.each([1, 2, 5])(
    'is heard in full if it is long, and %i of its characters take more than a byte',
    async (count) => {
      const app = await open();
      const clients = [await app.connect(), await app.connect()];
      const texts = ['é', '€', '😀'].map((character) => 'x'.repeat(5_000) + character.repeat(count) + 'x'.repeat(9));

      for (const text of texts) app.sockets.server.emit('news', text);
      await Promise.all(clients.map((client) => client.next('news', (text) => text === texts[2])));

      for (const client of clients) expect(client.heard('news')).toEqual(texts);
    },
  );

  it.each([
    ['is disconnected', (socket: Socket) => void socket.disconnect()],
    ['is disconnected with its connection', (socket: Socket) => void socket.disconnect(true)],
    ['has its connection closed', ({ conn }: Socket) => conn.close()],
    ['has its connection closed at once', ({ conn }: Socket) => conn.close(true)],
  ])('reaches a client that %s in the same turn', async (_how, end) => {
    const app = await open();
    const client = await app.connect();
    const gone = new Promise((resolve) => client.socket.once('disconnect', resolve));

    for (const number of numbers) void app.sockets.blast('news', number);
    end(socketOf(app, client));
    void app.sockets.blast('news', 'too late');
    await gone;

    expect(client.heard('news')).toEqual(numbers);
  });

  it('reaches clients before the application is closed', async () => {
    const app = await open();
    const client = await app.connect();
    const gone = new Promise((resolve) => client.socket.once('disconnect', resolve));

    void app.sockets.blast('news', 'good-bye');
    await app.nest.close();
    await gone;

    expect(client.heard('news')).toEqual(['good-bye']);
  });

  it('reaches those who are in the room when it is sent, however often they join and leave in the same turn', async () => {
    const app = await open();
    const [ada, bob] = [await app.connect(), await app.connect()];
    const [first, second] = [socketOf(app, ada), socketOf(app, bob)];
    const send = (data: string): void => void app.sockets.broadcast('room', 'news', data);

    void first.join('room');
    void second.join('room');
    send('both');
    void second.leave('room');
    send('ada');
    void second.join('room');
    send('both again');
    void app.sockets.broadcast(['room', ada.id], 'news', 'once', { except: bob.id });
    void app.sockets.broadcast('room', 'news', 'bob', { except: ada.id });
    await app.settle();

    expect(ada.heard('news')).toEqual(['both', 'ada', 'both again', 'once']);
    expect(bob.heard('news')).toEqual(['both', 'both again', 'bob']);
  });

  it('reaches a socket that has joined the room before it was connected', async () => {
    const app = await open();
    app.sockets.server.use((socket, next) => {
      void socket.join('room');
      void app.sockets.broadcast('room', 'news', 'too early');
      next();
    });
    const clients = [await app.connect(), await app.connect()];

    void app.sockets.broadcast('room', 'news', 'for both');
    await app.settle();

    expect(clients[0].heard('news')).toEqual(['too early', 'for both']);
    expect(clients[1].heard('news')).toEqual(['for both']);
  });

  it('is seen by listeners to what a socket is sent, and to the packets of its connection', async () => {
    const app = await open();
    const clients = [await app.connect(), await app.connect(), await app.connect()];
    const seen: unknown[] = [];
    socketOf(app, clients[0]).onAnyOutgoing((...event: unknown[]) => seen.push(event));
    socketOf(app, clients[1]).conn.on('packetCreate', ({ data }: { data: unknown }) => seen.push(data));

    void app.sockets.blast('news', 1);
    await app.settle();

    expect(seen.slice(0, 2)).toEqual([['news', 1], '2["news",1]']);
    for (const client of clients) expect(client.heard('news')).toEqual([1]);
  });

  it('goes by an adapter that decides itself who is sent what', async () => {
    class Quiet extends Adapter {
      constructor(namespace: Namespace) {
        super(namespace);
        Object.assign(this, { apply: () => {} });
      }
    }
    class Loud extends Adapter {
      override broadcast(packet: { data: unknown[] }, options: never): void {
        packet.data[1] = String(packet.data[1]).toUpperCase();
        super.broadcast(packet, options);
      }
    }
    const [quiet, loud] = [await open({ server: { adapter: Quiet } }), await open({ server: { adapter: Loud } })];
    const [nobody, somebody] = [await quiet.connect(), await loud.connect()];

    quiet.sockets.server.emit('news', 'a');
    loud.sockets.server.emit('news', 'a');
    await somebody.next('news');
    await nobody.socket.emitWithAck('get', { url: '/cards/1' });

    expect(somebody.heard('news')).toEqual(['A']);
    expect(nobody.heard('news')).toEqual([]);
  });
});

describe('A client that stops reading', () => {
  it('is disconnected, even if all that it was sent are broadcasts of one turn', async () => {
    const reasons: string[] = [];
    const app = await open({ afterDisconnect: (_socket, reason) => void reasons.push(reason) });
    await deafWebSocket(app.url);
    const clock = stopClock();
    const [{ conn }] = app.sockets.server.sockets.sockets.values();
    const { transport } = conn as unknown as { transport: { writable: boolean; socket: { bufferedAmount: number } } };

    // As much as the operating system takes, and a bit more.
    while (transport.socket.bufferedAmount === 0) {
      for (let part = 0; part < 2; part++) void app.sockets.blast('news', 'x'.repeat(30_000));
      await turn();
      await turn();
    }
    expect(transport.writable).toBe(false);
    await clock.pass(15_000);

    await eventually(() => expect(reasons).toEqual(['stalled client']));
  });
});
