import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import {
  type JournalIntegration,
  Resourceful,
  type SocketsModuleOptions,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { redisJournal } from '../../../../src/server/cluster/engines/redis.js';
import type { TestApplication } from '../../../support/application.js';
import { RedisServer } from '../../../support/redis.js';
import { read } from '../support/read.js';
import { ClosableJournal } from './support/closable-journal.js';
import { startWithJournal } from './support/given-journal.js';

@Controller('boards')
@Resourceful('card', { idType: 'number', slices: ['boardId', 'ownerId'] })
class BoardsController {
  @Get(':boardId/cards')
  @SubscribeOnRead({ watch: true })
  find(@Param('boardId', ParseIntPipe) boardId: number): object[] {
    return [{ id: 1, boardId, ownerId: 1 }];
  }
}

/** Two servers with a journal each, of which that of the second can be closed. */
async function startTwo(url: string, sockets: SocketsModuleOptions = {}) {
  const key = randomUUID();
  const journal = (): JournalIntegration => redisJournal({ url, prefix: key });
  const late = new ClosableJournal(journal());
  const startOne = (of: JournalIntegration): Promise<TestApplication> =>
    startWithJournal(url, key, of, { controllers: [BoardsController] }, sockets);
  const [a, b] = [await startOne(journal()), await startOne(late)];
  for (const { sockets: one } of [a, b]) await expect.poll(() => one.server.of('/').adapter.serverCount()).toBe(2);
  return { a, b, late };
}

it.for<[string, object]>([
  ['says nothing of where its record is', { title: 'late' }],
  ['says a part of where its record is', { ownerId: 2 }],
])(
  'who was away is told that something is missing, though a change that %s is counted after the others were told',
  async ([, change], context) => {
    const redis = await RedisServer.startFor(context);
    const { a, b, late } = await startTwo(redis.url);
    const [before, witness] = [await a.connect(), await a.connect()];
    const url = '/boards/7/cards';
    const { 'realtime-position': since = '' } = await read(before, 'new', url);
    await read(witness, 'new', url);
    before.socket.disconnect();

    late.close();
    // It does not know that the card is on board 7.
    await b.channel('card').publishUpdate(1, change);
    await witness.next('sockets:stale');
    witness.forget();
    late.reopen();
    await witness.next('sockets:stale');

    const back = await a.connect();
    await read(back, since, url);
    const [recovered] = await back.next('sockets:recovered');
    expect(recovered).toMatchObject({ recovered: false, resources: ['card'] });
  },
);

it('what is published goes to the others once it is counted, where the journal is given more time', async (context) => {
  const redis = await RedisServer.startFor(context);
  const { a, b, late } = await startTwo(redis.url, { journal: { timeout: 30_000 } });
  const client = await a.connect();
  await read(client, 'new', '/boards/7/cards');

  late.close();
  void b.channel('card').publishCreate({ id: 2, boardId: 7 });
  await late.asked.opened;
  await delay(500);
  late.reopen();
  await client.next('card');

  const [, , note] = client.received.find(([event]) => event === 'card') ?? [];
  expect(note).toHaveProperty('topics');
});
