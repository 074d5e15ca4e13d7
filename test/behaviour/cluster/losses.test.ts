import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../src/index.js';
import type { TestApplication } from '../../support/application.js';
import { sharesJournal, withCluster } from '../../support/cluster.js';
import { losesMessages } from '../../support/server-messages.js';

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find() {
    return [];
  }
}

const startCluster = withCluster();

function change(server: TestApplication, title: string): Promise<void> {
  return server.channel('card').publishUpdate(1, { title });
}

describe('publications that are lost between servers', () => {
  it('are noticed with the next one, and whoever may have missed them is told to read again', async (context) => {
    const cluster = await startCluster(context, { controllers: [CardsController] });
    const { a, b } = cluster;
    const [reader, stranger] = [await cluster.connect(b), await cluster.connect(b)];
    await reader.socket.emitWithAck('get', { url: '/cards' });
    await change(a, 'heard');
    await reader.next('card');

    const endLoss = losesMessages(a);
    await change(a, 'lost');
    endLoss();
    await change(a, 'next');

    await reader.next('card', ({ data }: { data: { title: string } }) => data.title === 'next');
    await cluster.settle();
    expect(reader.heard('sockets:stale')).toEqual(sharesJournal ? [] : [{ resource: 'card' }]);
    const told = reader.heard('card').map((message) => (message as { data: { title: string } }).data.title);
    expect(told).toEqual(sharesJournal ? ['heard', 'lost', 'next'] : ['heard', 'next']);
    expect(stranger.received.map(([event]) => event)).not.toContain('sockets:stale');
    expect(b.sockets.metrics().bus.missed).toBe(sharesJournal ? 0 : 1);
    expect(a.sockets.metrics().bus.missed).toBe(0);
  });

  it('make a client that goes on from before read again, rather than believe that it has everything', async (context) => {
    const { a, b } = await startCluster(context, { controllers: [CardsController] });
    const before = await b.connect();
    const { headers } = (await before.socket.emitWithAck('get', { url: '/cards' })) as {
      headers: Record<string, string>;
    };
    await change(a, 'heard');
    await before.next('card');
    const endLoss = losesMessages(a);
    await change(a, 'lost');
    endLoss();
    await change(a, 'next');
    await before.next('card', ({ data }: { data: { title: string } }) => data.title === 'next');

    const after = await b.connect();
    const since = headers['realtime-position'];
    await after.socket.emitWithAck('get', { url: '/cards', headers: { 'realtime-since': since } });
    const [recovered] = await after.next('sockets:recovered');

    expect(recovered).toMatchObject({ recovered: sharesJournal, resources: ['card'] });
  });

  it('are noticed, too, if it is the first one of a server', async (context) => {
    const cluster = await startCluster(context, { controllers: [CardsController] });
    const { a, b } = cluster;
    const reader = await cluster.connect(b);
    await reader.socket.emitWithAck('get', { url: '/cards' });
    await cluster.settle();
    const endLoss = losesMessages(a);
    await change(a, 'first');
    endLoss();
    await change(a, 'second');

    await reader.next('card', ({ data }: { data: { title: string } }) => data.title === 'second');
    await cluster.settle();
    expect(reader.heard('sockets:stale')).toEqual(sharesJournal ? [] : [{ resource: 'card' }]);
  });
});
