import { Controller, Get } from '@nestjs/common';
import { describe, expect, it, type TestContext } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../src/index.js';
import type { TestClient } from '../../support/client.js';
import { type Cluster, sharesJournal, withCluster } from '../../support/cluster.js';
import { Gate } from '../../support/gate.js';

const startCluster = withCluster();

/** A client of one server, which is in the rooms of a read that another server has not answered yet. */
async function startReading(context: TestContext, path = '/cards/slowly') {
  const [entered, gate] = [new Gate(), new Gate()];
  // Nothing can be closed before it is answered.
  context.onTestFinished(() => gate.open());
  const authorize = {
    canSubscribe: async () => {
      entered.open();
      await gate.opened;
      return true;
    },
  };

  @Controller('slow')
  @Resourceful('slow', { authorize })
  class SlowController {}

  @Controller('cards')
  @Resourceful('card')
  class CardsController {
    @Get()
    @SubscribeOnRead({ watch: true })
    find() {
      return [];
    }

    /** Subscribes to cards, and then waits for the policy. */
    @Get('slowly')
    @SubscribeOnRead({ watch: true })
    @SubscribeOnRead('slow', { watch: true })
    findSlowly() {
      return [];
    }

    @Get('1')
    @SubscribeOnRead()
    @SubscribeOnRead('slow', { watch: true })
    findOneSlowly() {
      return { id: 1, title: 'read' };
    }
  }

  const cluster = await startCluster(context, {
    controllers: [CardsController, SlowController],
    sockets: { authenticate: ({ headers }) => ({ id: headers.authorization }) },
  });
  const { a, b } = cluster;
  const witness = await cluster.connect(b, { extraHeaders: { authorization: 'bob' } });
  await witness.socket.emitWithAck('get', { url: '/cards' });
  // It is not among those for whom settle() waits.
  const reader = await b.connect({ extraHeaders: { authorization: 'ada' } });
  const answer = a.request('GET', path, undefined, { 'x-socket-id': reader.id, authorization: 'ada' });
  await entered.opened;
  await cluster.settle();
  return { cluster, reader, witness, answer, gate };
}

/** What a client has received about the test, in order. */
function events({ received }: TestClient): unknown[] {
  return received.flatMap(([event, message]) => {
    const { verb, data } = message as { verb?: string; data?: { title: string } };
    if (event === 'card') return data?.title ?? verb;
    return event === 'news' || event === 'revoked' ? event : [];
  });
}

async function finish({ cluster, reader }: { cluster: Cluster; reader: TestClient }): Promise<void> {
  await cluster.settle();
  await cluster.b.sockets.broadcast(reader.id, 'last', {});
  await reader.next('last');
}

describe('what is sent to a reader whose answer is on its way', () => {
  it('is not overtaken by messages of rooms that were sent after it', async (context) => {
    const { cluster, reader, answer, gate, witness } = await startReading(context);
    const { a, b } = cluster;
    await b.channel('card').publishUpdate(1, { title: 'first' });
    await b.sockets.broadcast([reader.id, witness.id], 'news', {});
    await b.channel('card').publishUpdate(1, { title: 'second' });
    await witness.next('card', ({ data }: { data: { title: string } }) => data.title === 'second');
    await a.sockets.broadcast([reader.id, witness.id], 'news', {});
    await cluster.settle();
    gate.open();
    expect((await answer).status).toBe(200);
    await finish({ cluster, reader });

    expect(events(witness)).toEqual(['first', 'news', 'second', 'news']);
    const read = events(reader);
    expect(read).toHaveLength(4);
    // What was missed may come all at once.
    expect(read.indexOf('first')).toBeLessThan(read.indexOf('news'));
    expect(read.indexOf('second')).toBeLessThan(read.lastIndexOf('news'));
  });

  it('is sent once, after the answer, even if that takes half a second', async (context) => {
    const { cluster, reader, answer, gate, witness } = await startReading(context);
    await cluster.b.channel('card').publishUpdate(1, { title: 'held' });
    await witness.next('card');
    const begin = performance.now();
    while (performance.now() - begin < 500) await cluster.settle();
    // Without a journal that servers share, the server of the reader knows of no answer.
    expect(events(reader)).toEqual(sharesJournal ? [] : ['held']);
    gate.open();
    expect((await answer).status).toBe(200);
    await finish({ cluster, reader });

    expect(events(reader)).toEqual(['held']);
  });

  it.for(['a', 'b'] as const)('is sent though the record has ended meanwhile, on server %s', async (name, context) => {
    const { cluster, reader, answer, gate, witness } = await startReading(context, '/cards/1');
    await cluster[name].channel('card').publishUpdate(1, { title: 'held' });
    await cluster[name].channel('card').publishDestroy(1);
    await witness.next('card', ({ verb }: { verb: string }) => verb === 'destroyed');
    await cluster.settle();
    gate.open();
    expect((await answer).status).toBe(200);
    await finish({ cluster, reader });

    expect(events(reader)).toEqual(['held', 'destroyed']);
  });

  it.for(['a', 'b'] as const)('is not sent after a revocation, of server %s', async (name, context) => {
    const { cluster, reader, answer, gate, witness } = await startReading(context);
    const { b } = cluster;
    await b.channel('card').publishUpdate(1, { title: 'held' });
    await witness.next('card');
    await cluster[name].sockets.revoke({ user: 'ada', resource: 'card' });
    await reader.next('revoked');
    await b.channel('card').publishUpdate(1, { title: 'after' });
    // What is held goes on at last, though there is no answer.
    await finish({ cluster, reader });
    gate.open();
    await answer;

    const after = events(reader).slice(events(reader).indexOf('revoked') + 1);
    expect(after.filter((event) => event !== 'revoked')).toEqual([]);
    expect(events(witness)).toEqual(['held', 'after']);
  });

  it('is sent after the revocation of something else', async (context) => {
    const { cluster, reader, answer, gate, witness } = await startReading(context);
    await cluster.b.channel('card').publishUpdate(1, { title: 'held' });
    await witness.next('card');
    await cluster.b.sockets.revoke({ user: 'ada', resource: 'card', ids: 2 });
    gate.open();
    await answer;
    await finish({ cluster, reader });
    expect(events(reader)).toEqual(['held']);
  });
});
