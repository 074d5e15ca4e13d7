import { Controller, Param, ParseIntPipe, Patch } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { InjectResource, type ResourceChannel, Resourceful } from '../../../../src/index.js';
import type { TestClient } from '../../../support/client.js';
import { withCluster } from '../../../support/cluster.js';
import { Gate } from '../../../support/gate.js';

/** What requests wait for, which begin before their server closes. */
let begun: Gate;
let published: Gate;

@Controller('cards')
@Resourceful('card', { idType: 'number', slices: ['boardId'] })
class CardsController {
  constructor(@InjectResource('card') private readonly cards: ResourceChannel<{ id: number; title: string }>) {}

  @Patch(':id')
  async rename(@Param('id', ParseIntPipe) id: number): Promise<void> {
    begun.open();
    await published.opened;
    await this.cards.publishUpdate(id, { title: 'renamed by who closes' });
  }
}

const startCluster = withCluster();

const titlesOf = (client: TestClient): unknown[] =>
  client.heard('card').map((message) => (message as { data?: { title?: string } }).data?.title);

describe('A server that closes', () => {
  it('hears where records are as long as it answers requests', async (context) => {
    [begun, published] = [new Gate(), new Gate()];
    const cluster = await startCluster(context, { controllers: [CardsController] });
    const { a, b } = cluster;
    const near = await cluster.connect(a);
    const [seven, eight] = [await cluster.connect(b), await cluster.connect(b)];
    const there = b.channel<{ id: number; boardId: number; title: string }>('card');
    await there.watch(seven.id, { boardId: 7 });
    await there.watch(eight.id, { boardId: 8 });
    await there.publishCreate({ id: 1, boardId: 7, title: 'new' });
    await cluster.settle();
    await a.channel('card').publishUpdate(1, { boardId: 7, title: 'known to both' });
    await cluster.settle();
    const { adapter } = b.sockets.server.of('/');

    const answer = a.request('PATCH', '/cards/1');
    await begun.opened;
    const gone = new Promise((resolve) => near.socket.once('disconnect', resolve));
    const closed = a.nest.close();
    await gone;
    await there.publishUpdate(1, { boardId: 8, title: 'moved' });
    await eight.next('card', ({ data }: { data?: { title?: string } }) => data?.title === 'moved');
    // It answers what it is asked after what it was told.
    await b.sockets.server.fetchSockets();
    published.open();

    expect((await answer).status).toBe(200);
    await eight.next('card', ({ data }: { data?: { title?: string } }) => data?.title === 'renamed by who closes');
    await closed;
    await expect.poll(() => adapter.serverCount()).toBe(1);
    await there.publishCreate({ id: 2, boardId: 7, title: 'marker' });
    await expect.poll(() => titlesOf(seven)).toContain('marker');
    expect(titlesOf(seven)).not.toContain('renamed by who closes');
  });
});
