import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { type JournalIntegration, Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import { redisJournal } from '../../../../src/server/cluster/engines/redis.js';
import type { TestApplication } from '../../../support/application.js';
import { RedisServer } from '../../../support/redis.js';
import { read } from '../support/read.js';
import { ClosableJournal } from './support/closable-journal.js';
import { startWithJournal } from './support/given-journal.js';

@Controller('boards')
@Resourceful('card', { idType: 'number', slices: ['boardId'] })
class BoardsController {
  @Get(':boardId/cards')
  @SubscribeOnRead({ watch: true })
  find(@Param('boardId', ParseIntPipe) boardId: number): object[] {
    return [{ id: 1, boardId }];
  }
}

it('who was away is told that something is missing, though a given journal counts it after the others were told', async (context) => {
  const redis = await RedisServer.startFor(context);
  const key = randomUUID();
  const journal = (): JournalIntegration => redisJournal({ url: redis.url, prefix: key });
  const late = new ClosableJournal(journal());
  const startOne = (of: JournalIntegration): Promise<TestApplication> =>
    startWithJournal(redis.url, key, of, { controllers: [BoardsController] });
  const [a, b] = [await startOne(journal()), await startOne(late)];
  for (const { sockets } of [a, b]) await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
  const [before, witness] = [await a.connect(), await a.connect()];
  const url = '/boards/7/cards';
  const { 'realtime-position': since = '' } = await read(before, 'new', url);
  await read(witness, 'new', url);
  before.socket.disconnect();

  late.close();
  // It does not know that the card is on board 7.
  await b.channel('card').publishUpdate(1, { title: 'late' });
  await witness.next('sockets:stale');
  witness.forget();
  late.reopen();
  await witness.next('sockets:stale');

  const back = await a.connect();
  await read(back, since, url);
  const [recovered] = await back.next('sockets:recovered');
  expect(recovered).toMatchObject({ recovered: false, resources: ['card'] });
});
