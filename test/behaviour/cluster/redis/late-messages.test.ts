import { Controller, Get } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { redis } from '../../../../src/server/cluster/engines/redis.js';
import { start } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { RedisServer } from '../../../support/redis.js';
import { client, reaches } from '../../client/support/client.js';
import { LateRedis } from './support/late-redis.js';
import { CLIENTS } from './support/servers.js';

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find(): unknown[] {
    return [];
  }
}

it.for(Object.keys(CLIENTS))(
  'shows no older version after a newer one that was counted first and comes late: %s',
  async (name, context) => {
    const server = await RedisServer.startFor(context);
    const late = await LateRedis.to(server.url);
    const prefix = randomUUID();
    const [here, there] = await Promise.all(
      [late.url, server.url].map((url) => {
        const cluster = redis({ client: CLIENTS[name](url), prefix });
        const module = SocketsModule.forRoot({ cluster, resources: { card: { version: 'version' } } });
        return start({ imports: [module], controllers: [CardsController] });
      }),
    );
    for (const { sockets } of [here, there]) {
      await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
    }
    const follower = client(here.url);
    const titles: unknown[] = [];
    follower.on<{ title: string }>('card', (message) => {
      if (message.verb === 'updated') titles.push(message.data.title);
    });
    const arrives = (title: string) =>
      new Promise<void>((resolve) => {
        follower.socket.on('card', ({ data }: { data: { title: string } }) => void (data.title === title && resolve()));
      });
    await reaches(follower, 'connected');
    await follower.get('/cards');
    const witness = await there.connect();
    await witness.socket.emitWithAck('get', { url: '/cards', headers: { 'realtime-since': 'new' } });
    const clock = stopClock();

    late.hold();
    await there.channel('card').publishUpdate(1, { version: 2, title: 'newer' });
    await witness.next('card');
    void here.channel('card').publishUpdate(1, { version: 1, title: 'older' });
    await witness.next('sockets:position');
    // The answer to the one that has published is there by now.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    const newer = arrives('newer');
    late.release();
    await newer;
    const last = arrives('last');
    await here.channel('card').publishUpdate(1, { version: 3, title: 'last' });
    await last;
    await clock.pass(1_000);

    expect(titles).toEqual(['newer', 'last']);
  },
);
