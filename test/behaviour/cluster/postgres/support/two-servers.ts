import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { expect, onTestFinished } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../../../src/index.js';
import { postgres } from '../../../../../src/server/cluster/engines/postgres.js';
import { start, type TestApplication } from '../../../../support/application.js';
import { otherPlatform, platform } from '../../../../support/platforms.js';
import type { PostgresServer } from '../../../../support/postgres.js';

@Controller('cards')
@Resourceful('card')
export class CardsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }
}

/** Two servers that Postgres joins: one with a pool of many clients, one with a pool of one. */
export async function startTwo(
  server: PostgresServer,
  prefix: string = randomUUID(),
): Promise<[TestApplication, TestApplication]> {
  const startOne = async (on: typeof platform, max: number): Promise<TestApplication> => {
    const pool = server.pool({ max });
    onTestFinished(() => pool.end());
    const cluster = postgres({ pool, prefix });
    return start({ platform: on, imports: [SocketsModule.forRoot({ cluster })], controllers: [CardsController] });
  };
  const [a, b] = [await startOne(platform, 10), await startOne(otherPlatform, 1)];
  for (const { sockets } of [a, b]) await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
  return [a, b];
}
