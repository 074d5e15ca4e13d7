import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { Redis as IoRedis } from 'ioredis';
import { Redis as IoValkey } from 'iovalkey';
import { createClient } from 'redis';
import { expect, onTestFinished } from 'vitest';
import { Resourceful, SocketsModule, type SocketsModuleOptions, SubscribeOnRead } from '../../../../../src/index.js';
import { redis, type RedisClient, type RedisOptions } from '../../../../../src/server/cluster/engines/redis.js';
import { start, type TestApplication } from '../../../../support/application.js';
import { otherPlatform, platform, type Platform } from '../../../../support/platforms.js';

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }
}

/** What makes a client of the application, by the name of the package. */
export const CLIENTS: Readonly<Record<string, (url: string) => RedisClient>> = {
  redis: (url) => {
    const client = createClient({ url });
    client.on('error', () => undefined);
    return client;
  },
  ioredis: (url) => ended(new IoRedis(url, { lazyConnect: true })),
  iovalkey: (url) => ended(new IoValkey(url, { lazyConnect: true })),
};

function ended<Client extends IoRedis | IoValkey>(client: Client): Client {
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

/** A client that is connected, for as long as the test lasts. */
export async function adminOf(url: string) {
  const client = createClient({ url });
  client.on('error', () => undefined);
  onTestFinished(() => client.destroy());
  return client.connect();
}

/** Starts one more server that Redis joins to others. */
export function startOne(
  options: RedisOptions,
  on: Platform = platform,
  sockets: SocketsModuleOptions = {},
): Promise<TestApplication> {
  const imports = [SocketsModule.forRoot({ ...sockets, cluster: redis(options) })];
  return start({ platform: on, imports, controllers: [CardsController] });
}

/** Starts two servers, one on each platform. */
export async function startTwo(options: RedisOptions): Promise<[TestApplication, TestApplication]> {
  const servers: [TestApplication, TestApplication] = [await startOne(options), await startOne(options, otherPlatform)];
  for (const { sockets } of servers) await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
  return servers;
}
