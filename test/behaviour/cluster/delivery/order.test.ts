import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { clusteredModule, hearsByRooms, sharesJournal, withCluster } from '../../../support/cluster.js';

@Controller('cards')
@Resourceful('card', { idType: 'number' })
class CardsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }
}

const application = { controllers: [CardsController] };
const numbers = Array.from({ length: 20 }, (_, index) => index + 1);

const startCluster = withCluster();

describe('What follows a message at once', () => {
  it('does not overtake it: "destroyed" reaches the subscribers whom it takes out of the room', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const clients = [await cluster.connect(a), await cluster.connect(b)];
    for (const { socket } of clients) {
      for (const id of numbers) await socket.emitWithAck('get', { url: `/cards/${id}` });
    }

    for (const id of numbers) void a.channel('card').publishDestroy(id);
    for (const id of numbers) void a.channel('card').publishUpdate(id, { title: 'too late' });
    await cluster.settle();

    for (const client of clients) {
      expect(client.heard('card')).toEqual(numbers.map((id) => ({ verb: 'destroyed', id })));
    }
  });

  it('does not overtake it: who leaves a room has heard what was sent there before, and no more', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const clients = [await cluster.connect(a), await cluster.connect(b)];
    const ids = clients.map(({ id }) => id);
    await a.sockets.join(ids, 'room');
    await cluster.settle();

    for (const number of numbers) {
      void a.sockets.broadcast('room', 'in', number);
      void a.sockets.leave(ids, 'room');
      void a.sockets.broadcast('room', 'out', number);
      void a.sockets.join(ids, 'room');
    }
    await cluster.settle();

    for (const client of clients) expect([client.heard('in'), client.heard('out')]).toEqual([numbers, []]);
  });

  it('does not come too soon: who joins on another server hears what is sent right after', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const there = await cluster.connect(b);

    for (const number of numbers) {
      await a.sockets.join(there.id, `room ${number}`);
      await a.sockets.broadcast(`room ${number}`, 'hello', number);
      await a.channel('card').subscribe(there.id, number);
      await a.channel('card').publishUpdate(number, { number });
    }
    await cluster.settle();

    expect(there.heard('hello')).toEqual(numbers);
    expect(there.heard('card')).toEqual(numbers.map((id) => ({ verb: 'updated', id, data: { number: id } })));
  });

  it('does not come too soon: who has an answer hears what any server sends from then on', async (context) => {
    const cluster = await startCluster(context, application);
    const third = await start({ imports: [clusteredModule(cluster.bus, {})], ...application });
    const reader = await cluster.connect(cluster.b);
    const { adapter } = third.sockets.server.of('/');
    await expect.poll(() => adapter.serverCount()).toBe(3);

    for (const id of numbers) {
      await reader.socket.emitWithAck('get', { url: `/cards/${id}` });
      const server = id % 2 === 0 ? cluster.a : third;
      await server.channel('card').publishUpdate(id, { id });
    }

    for (const id of numbers) await reader.next('card', (message: { id: number }) => message.id === id);
    expect(reader.heard('card')).toHaveLength(numbers.length);
  });

  it('does not come too soon: whom a third server finds in a room hears what that one sends there', async (context) => {
    const cluster = await startCluster(context);
    const third = await start({ imports: [clusteredModule(cluster.bus, {})] });
    const there = await cluster.connect(cluster.b);
    const { adapter } = third.sockets.server.of('/');
    await expect.poll(() => adapter.serverCount()).toBe(3);

    for (const number of numbers.slice(0, 5)) {
      await cluster.a.sockets.join(there.id, `room ${number}`);
      await expect.poll(() => third.sockets.subscribers(`room ${number}`)).toEqual([there.id]);
      await third.sockets.broadcast(`room ${number}`, 'hello', number);
    }

    for (const number of numbers.slice(0, 5)) await there.next('hello', (heard) => heard === number);
  });
});

describe('Whatever one server does', () => {
  it.for([1, 2, 3])('is heard on the other in the same order (seed %i)', async (seed, context) => {
    const cluster = await startCluster(context);
    const { sockets } = cluster.a;
    const cards = cluster.a.channel('card');
    const [here, there, alsoHere, alsoThere] = [
      await cluster.connect(cluster.a),
      await cluster.connect(cluster.b),
      await cluster.connect(cluster.a),
      await cluster.connect(cluster.b),
    ];
    const random = numbersFrom(seed);
    const one = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)];
    const room = (): string => one(['x', 'y', 'z']);
    const both = (): string[] =>
      one([
        [here.id, there.id],
        [alsoHere.id, alsoThere.id],
      ]);
    // Some are so large that a bus carries them otherwise.
    const data = (number: number): object => ({ number, filling: '€'.repeat(number % 7 === 0 ? 5_000 : 3) });
    const acts: Array<(number: number) => Promise<unknown>> = [
      () => sockets.join(both(), room()),
      () => sockets.leave(both(), room()),
      () => sockets.leaveAll(room()),
      () => sockets.addRoomMembersToRooms(room(), room()),
      () => sockets.removeRoomMembersFromRooms(room(), room()),
      (number) => sockets.broadcast(room(), 'broadcast', data(number)),
      (number) => sockets.broadcast([room(), room()], 'broadcast', data(number), { except: both() }),
      (number) => sockets.blast('blast', data(number)),
      () => cards.subscribe(both(), one([1, 2])),
      () => cards.unsubscribe(both(), one([1, 2])),
      () => cards.watch(both()),
      () => cards.unwatch(both()),
      (number) => cards.publishCreate({ id: one([1, 2]), ...data(number) }),
      (number) => cards.publishUpdate(one([1, 2]), data(number)),
      () => cards.publishDestroy(one([1, 2])),
      (number) => cards.message(one([1, 2]), data(number)),
    ];

    for (let number = 0; number < 200; number++) void one(acts)(number);
    await cluster.settle();

    expect(transcript(here).length).toBeGreaterThan(30);
    expect(transcript(there)).toEqual(transcript(here));
    expect(transcript(alsoThere)).toEqual(transcript(alsoHere));
  });
});

describe('What two servers send at the same time', () => {
  it('is heard of each in its order, and of one record in the same order everywhere', async (context) => {
    const cluster = await startCluster(context, application);
    const servers = [cluster.a, cluster.b];
    const clients = await Promise.all(servers.map((server) => cluster.connect(server)));
    for (const { socket } of clients) await socket.emitWithAck('get', { url: '/cards/1' });
    const rounds = Array.from({ length: 100 }, (_, round) => round);

    for (const round of rounds) {
      for (const [server, one] of servers.entries()) {
        void one.channel('card').publishUpdate(1, { server, number: 2 * round });
        void one.sockets.blast('blast', { server, number: 2 * round + 1 });
      }
      // Some are sent while the journal is asked about others.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await cluster.settle();

    const heard = clients.map(({ received }) =>
      received
        .map(([event, message]) => (event === 'card' ? (message as { data: Sent }).data : (message as Sent)))
        .filter(({ number }) => number !== undefined),
    );
    const all = rounds.flatMap((round) => [2 * round, 2 * round + 1]);
    for (const one of heard) {
      for (const server of [0, 1]) expect(numbersOf(one, server)).toEqual(all);
    }
    // Where each server has a journal of its own, there is no order of both.
    if (!sharesJournal) return;
    const [order, there] = heard.map((one) => one.filter(({ number }) => number % 2 === 0));
    expect(there).toEqual(order);
  });
});

describe('What is sent to a client before it is disconnected', () => {
  it('is heard by it, though some of that waits for its place in the journal', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    // As long as somebody reads the card there, its server is told of it.
    const reader = await cluster.connect(a);
    await reader.socket.emitWithAck('get', { url: '/cards/1' });

    for (const number of numbers) {
      const client = await a.connect();
      await client.socket.emitWithAck('get', { url: '/cards/1' });
      await cluster.settle();
      const disconnected = new Promise((resolve) => client.socket.once('disconnect', resolve));
      void a.channel('card').publishUpdate(1, { number });
      if (number % 2 === 0) void b.channel('card').publishUpdate(1, { goodbye: number });
      void (number % 2 === 0 ? b : a).sockets.disconnect(client.id);
      await disconnected;

      const heard = client.heard('card').map((message) => (message as { data: object }).data);
      expect(heard).toContainEqual({ number });
      if (number % 2 === 0) expect(heard).toContainEqual({ goodbye: number });
    }
  });
});

interface Sent {
  server: number;
  number: number;
}

function numbersOf(heard: readonly Sent[], server: number): number[] {
  return heard.filter((one) => one.server === server).map(({ number }) => number);
}

/** What a client has heard, but for delivery notes, what only the test says, and what a slow bus has it read again. */
function transcript({ received }: TestClient): unknown[] {
  const left = ['settled', ...(hearsByRooms ? ['sockets:stale'] : [])];
  return received.filter(([event]) => !left.includes(event)).map(([event, data]) => [event, data]);
}

/** Numbers from 0 to 1 that look random and are the same for the same seed. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
