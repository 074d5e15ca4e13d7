import { type CanActivate, Controller, Get, Param, ParseIntPipe, UseGuards } from '@nestjs/common';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io';
import { describe, expect, it, type TestContext } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { redis } from '../../../../src/server/cluster/engines/redis.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { type Clock, stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';
import { RedisServer } from '../../../support/redis.js';
import { LateRedis } from './support/late-redis.js';
import { adminOf, CLIENTS, startTwo } from './support/servers.js';

/** How long anything on one server may take while Redis does not answer, in milliseconds. */
const MOST = 250;

// As it is while no test has stopped the clock.
const setRealTimeout = globalThis.setTimeout;

let arrived = 0;

class ArrivalGuard implements CanActivate {
  canActivate(): boolean {
    arrived++;
    return true;
  }
}

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get(':id')
  @UseGuards(ArrivalGuard)
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }
}

@WebSocketGateway()
class RoomsGateway {
  @SubscribeMessage('enter')
  enter(@ConnectedSocket() socket: Socket): string {
    void socket.join(randomUUID());
    arrived++;
    return 'entered';
  }
}

/** What a server is asked for that leads to rooms which it does not listen to yet. */
const ENTRIES: Readonly<Record<string, (app: TestApplication, client: TestClient) => Promise<unknown>>> = {
  'a read': (_app, { socket }) => socket.emitWithAck('get', { url: '/cards/7' }),
  'a message to a gateway': (_app, { socket }) => socket.emitWithAck('enter'),
  'join()': async ({ sockets }, { id }) => {
    arrived++;
    await sockets.join(id, 'board');
  },
};

/** Lets time pass, and what has come meanwhile be read. */
async function passSlowly(clock: Clock, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 10) {
    await clock.pass(10);
    // By the clock of the machine: what is read and written takes its time.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setRealTimeout(resolve, 2));
  }
}

async function startByFrozen(context: TestContext) {
  const program = await RedisServer.startFor(context);
  const imports = [SocketsModule.forRoot({ cluster: redis({ url: program.url, prefix: randomUUID() }) })];
  const app = await start({ imports, controllers: [CardsController], providers: [RoomsGateway] });
  const client = await app.connect();
  const read = (since: string): Promise<{ headers: Record<string, string> }> =>
    client.socket.emitWithAck('get', { url: '/cards/1', headers: { 'realtime-since': since } });
  const { headers } = await read('new');
  program.freeze();
  arrived = 0;
  return { program, app, client, read, since: headers['realtime-position'] };
}

describe('while Redis does not answer', () => {
  it.for(Object.entries(ENTRIES))(
    `%s, the first of the outage, takes ${MOST} ms at most`,
    async ([, enter], context) => {
      const { program, app, client } = await startByFrozen(context);
      const clock = stopClock();

      const answered = enter(app, client);
      await eventually(() => expect(arrived).toBe(1));
      await passSlowly(clock, MOST);

      // The clock stands still.
      await answered;
      program.thaw();
    },
  );

  it(`a reader who has come back is sent what its server publishes within ${MOST} ms`, async (context) => {
    const { program, app, client, read, since } = await startByFrozen(context);
    const clock = stopClock();

    const answered = read(since);
    await eventually(() => expect(arrived).toBe(1));
    await passSlowly(clock, MOST);
    await answered;
    void app.channel('card').publishUpdate(1, { title: 'new' });
    await passSlowly(clock, MOST);

    await client.next('card');
    program.thaw();
  });
});

it.for(Object.keys(CLIENTS))(
  'a channel that Redis has confirmed late is listened to no longer than it is needed: %s',
  async (name, context) => {
    const program = await RedisServer.startFor(context);
    const way = await LateRedis.to(program.url);
    const prefix = randomUUID();
    const admin = await adminOf(program.url);
    const [a] = await startTwo({ client: CLIENTS[name](way.url), prefix });
    const client = await a.connect();
    const clock = stopClock();
    const channels = () => admin.pubSubChannels(`${prefix}:*:rooms:*`);

    way.hold();
    await clock.passUntil(a.sockets.join(client.id, 'board'));
    await eventually(async () => expect(await channels()).toHaveLength(1));
    await a.sockets.leave(client.id, 'board');
    await clock.pass(100_000);
    way.release();
    await clock.pass(100_000);

    await eventually(async () => {
      await clock.pass(1_000);
      expect(await channels()).toEqual([]);
    });
  },
);
