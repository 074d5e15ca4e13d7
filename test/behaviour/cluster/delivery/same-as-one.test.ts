import { Controller, Delete, Get, HttpCode, Param, ParseIntPipe, Patch } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { PublishOnUpdate, Resourceful, SubscribeOnRead, Unsubscribe } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { hearsByRooms, withCluster } from '../../../support/cluster.js';

@Controller('cards')
@Resourceful('card', { idType: 'number' })
class CardsController {
  @Get()
  @SubscribeOnRead()
  findAll(): object[] {
    return [{ id: 1 }, { id: 2 }];
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }

  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number): object {
    return { id, title: 'new' };
  }

  @Delete(':id/subscription')
  @HttpCode(204)
  @Unsubscribe()
  unsubscribe(@Param('id', ParseIntPipe) _id: number): void {}
}

const application = { controllers: [CardsController] };
const startCluster = withCluster();

/** What one turn does: by code on a server, whose acts follow each other at once, or by a client. */
type Turn = { server: number; acts: Act[] } | { client: number; method: string; url: string };
type Act = (server: TestApplication, ids: string[]) => Promise<unknown>;

/** The servers that do it, and their clients: two on each or, where there is one server, all on that. */
interface Stage {
  servers: TestApplication[];
  clients: TestClient[];
  settle(): Promise<void>;
}

describe('Two servers', () => {
  it.for([1, 2, 3])('have everybody hear what one would, in the same order (seed %i)', async (seed, context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const inTwo: Stage = { servers: [a, b], clients: [], settle: () => cluster.settle() };
    for (const server of [a, b, a, b]) inTwo.clients.push(await cluster.connect(server));
    const one = await start(application);
    const inOne: Stage = { servers: [one, one], clients: [], settle: () => one.settle() };
    while (inOne.clients.length < 4) inOne.clients.push(await one.connect());

    for (const turn of turnsOf(seed)) for (const stage of [inTwo, inOne]) await play(turn, stage);

    const [heard, expected] = [inTwo, inOne].map(({ clients }) => clients.map(transcript));
    expect(expected?.every((all) => all.length > 20)).toBe(true);
    expect(heard).toEqual(expected);
  });
});

async function play(turn: Turn, { servers, clients, settle }: Stage): Promise<void> {
  if ('client' in turn) {
    await clients[turn.client]?.socket.emitWithAck(turn.method, { url: turn.url });
  } else {
    const server = servers[turn.server];
    const ids = clients.map(({ id }) => id);
    if (server) for (const act of turn.acts) void act(server, ids);
  }
  await settle();
}

function turnsOf(seed: number): Turn[] {
  const random = numbersFrom(seed);
  const one = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)];
  const some = (ids: readonly string[], chosen: number): string[] => ids.filter((_, index) => (chosen >> index) & 1);
  const newAct = (number: number): Act => {
    const [from, to] = [one(['x', 'y', 'z']), one(['x', 'y', 'z'])];
    const [card, chosen] = [one([1, 2, 3]), 1 + Math.floor(random() * 15)];
    return one<Act>([
      ({ sockets }, ids) => sockets.join(some(ids, chosen), to),
      ({ sockets }, ids) => sockets.leave(some(ids, chosen), to),
      ({ sockets }) => sockets.addRoomMembersToRooms(from, to),
      ({ sockets }) => sockets.removeRoomMembersFromRooms(from, to),
      ({ sockets }) => sockets.broadcast(to, 'broadcast', number),
      ({ sockets }, ids) => sockets.broadcast([from, to], 'broadcast', number, { except: some(ids, chosen) }),
      ({ sockets }) => sockets.blast('blast', number),
      (server, ids) => server.channel('card').subscribe(some(ids, chosen), card),
      (server, ids) => server.channel('card').unsubscribe(some(ids, chosen), card),
      (server, ids) => server.channel('card').watch(some(ids, chosen)),
      (server) => server.channel('card').publishCreate({ id: card, number }),
      (server) => server.channel('card').publishUpdate(card, { number }),
      (server) => server.channel('card').publishDestroy(card),
      (server) => server.channel('card').message(card, { number }),
    ]);
  };
  const newTurn = (number: number): Turn => {
    const client = Math.floor(random() * 4);
    const requests: Array<[method: string, url: string]> = [
      ['get', '/cards'],
      ['get', `/cards/${one([1, 2, 3])}`],
      ['patch', `/cards/${one([1, 2, 3])}`],
      ['delete', `/cards/${one([1, 2, 3])}/subscription`],
    ];
    const [method, url] = one(requests);
    if (random() < 0.4) return { client, method, url };
    const length = 1 + Math.floor(random() * 8);
    return { server: one([0, 1]), acts: Array.from({ length }, (_, index) => newAct(number * 10 + index)) };
  };
  return Array.from({ length: 60 }, (_, number) => newTurn(number));
}

/** What a client has heard, but for delivery notes, what only the test says, and what a slow bus has it read again. */
function transcript({ received }: TestClient): unknown[] {
  const left = ['settled', 'marker', ...(hearsByRooms ? ['sockets:stale'] : [])];
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
