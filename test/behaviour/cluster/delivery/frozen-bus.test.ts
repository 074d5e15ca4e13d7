import { Controller, Get, Param, ParseIntPipe, Patch } from '@nestjs/common';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import {
  type DeliveryNote,
  type JournalMetrics,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { sharesJournal, withCluster } from '../../../support/cluster.js';
import { client, reaches } from '../../client/support/client.js';
import { Line } from '../../client/support/line.js';

@Controller('cards')
@Resourceful('card', { idType: 'number' })
class CardsController {
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
}

const startCluster = withCluster();

/** Two servers, and what lets the bus stand still. */
async function startHurt(context: TestContext) {
  const cluster = await startCluster(context, { controllers: [CardsController], ownProgram: true });
  const { program } = cluster.bus;
  if (!program) throw new Error('The program is the own one of this test.');
  // Before the application is closed.
  onTestFinished(() => program.thaw());
  return { cluster, program };
}

describe('While the bus stands still', () => {
  it('clients of the same server hear everything, and are answered; others hear it afterwards', async (context) => {
    const { cluster, program } = await startHurt(context);
    const { a, b } = cluster;
    const [here, there] = [await cluster.connect(a), await cluster.connect(b)];
    for (const { socket } of [here, there]) {
      for (const id of [1, 2]) await socket.emitWithAck('get', { url: `/cards/${id}` });
    }
    const other = await cluster.connect(a);
    await other.socket.emitWithAck('get', { url: '/cards/1' });
    await a.sockets.join([here.id, there.id], 'room');
    await cluster.settle();

    program.freeze();
    await a.sockets.broadcast('room', 'hello', 1);
    await a.channel('card').publishUpdate(2, { title: 'other' });
    expect(await here.socket.emitWithAck('patch', { url: '/cards/1' })).toMatchObject({ statusCode: 200 });
    // A route publishes after its answer.
    await other.next('card');
    await a.channel('card').publishDestroy(2);
    await here.next('card', ({ verb }: { verb: string }) => verb === 'destroyed');
    expect(here.heard('hello')).toEqual([1]);
    const { socket } = await cluster.connect(a);
    expect(await socket.emitWithAck('get', { url: '/cards/3' })).toMatchObject({ statusCode: 200 });
    expect(there.heard('hello')).toEqual([]);

    program.thaw();
    await there.next('card', ({ verb }: { verb: string }) => verb === 'destroyed');
    await cluster.settle();
    expect(there.heard('hello')).toEqual([1]);
    const omitted = ({ id }: { id: number }): boolean => id === 1;
    expect(there.heard('card').filter((message) => !omitted(message as { id: number }))).toEqual(
      here.heard('card').filter((message) => !omitted(message as { id: number })),
    );
    expect(there.heard('card')).toMatchObject([
      { verb: 'updated', id: 2 },
      { verb: 'updated', id: 1 },
      { verb: 'destroyed', id: 2 },
    ]);
  });

  it('only the first messages wait for it, rather than each', async (context) => {
    const { cluster, program } = await startHurt(context);
    const { a } = cluster;
    const here = await cluster.connect(a);
    await here.socket.emitWithAck('get', { url: '/cards/1' });
    const publish = async (count: number): Promise<number> => {
      const begin = performance.now();
      const title = `${count}`;
      await a.channel('card').publishUpdate(1, { title });
      await here.next('card', ({ data }: { data?: { title?: string } }) => data?.title === title);
      return performance.now() - begin;
    };
    await publish(0);
    await cluster.settle();

    program.freeze();
    const first = await publish(1);
    let others = 0;
    for (let count = 2; count <= 11; count++) others += await publish(count);

    // Where servers share no journal, none of them waits.
    if (sharesJournal) expect(others).toBeLessThan(8 * first);
  });

  it('clients that come back have what they had missed, or are told that it is lost', async (context) => {
    const { cluster, program } = await startHurt(context);
    const { a } = cluster;
    const line = await Line.to(a.url);
    const sockets = client(line.url);
    const heard: string[] = [];
    sockets.on<{ title: string }>('card', (message) => {
      if (message.verb === 'updated') heard.push(message.data.title ?? '');
    });
    sockets.onGap(({ recovered }) => void (recovered || heard.push('a loss')));
    sockets.onStale(() => void heard.push('a loss'));
    await reaches(sockets, 'connected');
    let repetitions = 0;
    await sockets.get('/cards/1', undefined, { repeat: () => void repetitions++ });
    await cluster.settle();

    line.cut();
    await reaches(sockets, 'reconnecting');
    await a.channel('card').publishUpdate(1, { title: 'missed' });
    await cluster.settle();
    program.freeze();
    line.mend();
    await expect.poll(() => repetitions).toBe(1);
    program.thaw();

    await expect.poll(() => heard.length).toBeGreaterThan(0);
    expect(['missed', 'a loss']).toContain(heard[0]);
    // From then on, it has everything.
    const later = ['later 1', 'later 2', 'later 3'];
    for (const title of later) await a.channel('card').publishUpdate(1, { title });
    await expect.poll(() => heard.at(-1)).toBe('later 3');
    expect(heard.filter((title) => title.startsWith('later'))).toEqual(later);
  });

  it('metrics say what a journal that servers share has not taken in time', async (context) => {
    const { cluster, program } = await startHurt(context);
    const { a } = cluster;
    const here = await cluster.connect(a);
    await here.socket.emitWithAck('get', { url: '/cards/1', headers: { 'realtime-since': 'new' } });
    const journal = (): JournalMetrics | undefined => a.sockets.metrics().journal;
    await a.channel('card').publishUpdate(1, { title: 'counted' });
    await here.next('card');
    if (!sharesJournal) {
      expect(journal()).toEqual({ bytes: expect.any(Number), waiting: 0, lag: 0, late: 0, relayed: 0 });
      expect(journal()?.bytes).toBeGreaterThan(0);
      return;
    }
    await expect.poll(() => journal()?.waiting).toBe(0);
    const before = journal()?.late ?? 0;

    program.freeze();
    await a.channel('card').publishUpdate(1, { title: 'late' });
    await here.next('card', ({ data }: { data?: { title?: string } }) => data?.title === 'late');
    expect(journal()).toMatchObject({ bytes: 0, waiting: 1, late: before + 1 });
    const [, , note] = here.received.findLast(([event]) => event === 'card') ?? [];
    expect(note).not.toHaveProperty('topics');

    program.thaw();
    // Clients have it shown in its place among what is published meanwhile.
    await here.next<{ id: string }>('sockets:position', ({ id }) => id === (note as DeliveryNote).id);
    await expect.poll(() => journal()?.waiting).toBe(0);
    expect(journal()?.lag).toBeGreaterThan(100);
  });
});
