import { Controller, Get, Param } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { type DeliveryNote, Resourceful, SubscribeOnRead } from '../../../src/index.js';
import type { TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { sharesJournal, withCluster } from '../../support/cluster.js';
import { Gate } from '../../support/gate.js';
import { read } from './support/read.js';

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find() {
    return [];
  }

  @Get('lobby')
  @SubscribeOnRead({ watch: ['created'], slice: false })
  lobby() {
    return [{ id: 1 }];
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id') id: string) {
    return { id: Number(id) };
  }
}

interface Answer {
  headers: Record<string, string>;
  body: { position: string; recovered: boolean };
}

const startCluster = withCluster();

function change(server: TestApplication, id: number, title: string): Promise<void> {
  return server.channel('card').publishUpdate(id, { title });
}

/** The titles of what a client has heard, in the order of arrival. */
function titles(client: TestClient): unknown[] {
  return client.heard('card').map((message) => (message as { data: { title: string } }).data.title);
}

function notes(client: TestClient): DeliveryNote[] {
  return client.received.filter(([event]) => event === 'card').map(([, , note]) => note as DeliveryNote);
}

describe('positions on two servers', () => {
  it('are said of a publication whose server was busy while they were counted', async (context) => {
    const { a } = await startCluster(context, { controllers: [CardsController] });
    const client = await a.connect();
    await read(client, 'new');

    void change(a, 1, 'title');
    const end = performance.now() + 300;
    while (performance.now() < end);
    await client.next('card');

    expect(notes(client)).toMatchObject([{ topics: expect.anything() as object }]);
  });

  it('are the same for everybody where the servers share a journal, whoever has published', async (context) => {
    const cluster = await startCluster(context, { controllers: [CardsController] });
    const [here, there] = [await cluster.connect(cluster.a), await cluster.connect(cluster.b)];
    for (const client of [here, there]) await read(client, 'new');

    await change(cluster.a, 1, 'first');
    await cluster.settle();
    await change(cluster.b, 1, 'second');
    await cluster.settle();

    for (const client of [here, there]) expect(titles(client)).toEqual(['first', 'second']);
    const [first, second] = notes(here);
    expect(Object.keys(first?.topics ?? {})).toHaveLength(2);
    for (const [topic, [, position]] of Object.entries(first?.topics ?? {})) {
      expect(second?.topics?.[topic]?.[0]).toBe(position);
    }
    if (sharesJournal) expect(notes(there)).toEqual(notes(here));
    else expect(notes(there).map(({ epoch }) => epoch)).not.toContain(first?.epoch);
  });

  it('are where a client goes on that comes to the other server, or it is told that it cannot', async (context) => {
    const cluster = await startCluster(context, { controllers: [CardsController] });
    const before = await cluster.connect(cluster.a);
    const { 'realtime-position': position } = await read(before, 'new');
    await change(cluster.a, 1, 'heard');
    await before.next('card');
    before.socket.disconnect();
    const witness = await cluster.connect(cluster.b);
    await read(witness, 'new');

    await change(cluster.a, 1, 'missed');
    // An answer does not wait for the journal, where what servers write at once is in either order.
    await witness.next('card', ({ data }: { data: { title: string } }) => data.title === 'missed');
    await change(cluster.b, 2, 'missed, too');
    const after = await cluster.connect(cluster.b);
    const headers = await read(after, position ?? '');
    const [recovered] = await after.next('sockets:recovered');
    await cluster.settle();
    await change(cluster.a, 3, 'live');
    await cluster.settle();

    expect(recovered).toMatchObject({
      id: headers['realtime-recovery'],
      recovered: sharesJournal,
      resources: ['card'],
    });
    expect(titles(after)).toEqual(sharesJournal ? ['heard', 'missed', 'missed, too', 'live'] : ['live']);
    const ends = after.received.map(([event]) => event).filter((event) => event !== 'settled');
    expect(ends.indexOf('sockets:recovered')).toBe(sharesJournal ? 3 : 0);
  });

  it('let a client ask its server for what it lacks, and for nothing that it does not follow', async (context) => {
    const cluster = await startCluster(context, { controllers: [CardsController] });
    const client = await cluster.connect(cluster.b);
    const { 'realtime-position': position } = await read(client, 'new', '/cards/1');
    await change(cluster.a, 1, 'of mine');
    await change(cluster.a, 2, 'of another');
    await cluster.settle();
    client.forget();

    const { body } = (await client.socket.emitWithAck('sockets:missing', { since: position })) as Answer;

    expect(body).toMatchObject({ recovered: true, resources: ['card'] });
    expect(titles(client)).toEqual(['of mine']);
    const again = (await client.socket.emitWithAck('sockets:missing', { since: body.position })) as Answer;
    expect(again.body.recovered).toBe(true);
    expect(titles(client)).toEqual(['of mine']);
  });

  it('say what a client has, of which it is sent nothing again, though it is subscribed to single verbs, too', async (context) => {
    const cluster = await startCluster(context, { controllers: [CardsController] });
    const client = await cluster.connect(cluster.b);
    const { 'realtime-position': position, 'realtime-topics': topic = '' } = await read(client, 'new', '/cards/lobby');
    await change(cluster.a, 1, 'first');
    await cluster.settle();
    const since = `${position} ${topic}=${notes(client)[0]?.topics?.[topic]?.[1]}`;
    await change(cluster.a, 1, 'second');
    await cluster.settle();

    const { body } = (await client.socket.emitWithAck('sockets:missing', { since })) as Answer;

    expect(body).toMatchObject({ recovered: true, resources: ['card'] });
    expect(titles(client)).toEqual(['first', 'second', 'second']);
  });

  it('cover what is published while another server reads for a socket', async (context) => {
    const [begun, gate] = [new Gate(), new Gate()];
    @Controller('slow')
    class SlowController {
      @Get()
      @SubscribeOnRead('card', { watch: true })
      async find() {
        begun.open();
        await gate.opened;
        return [];
      }
    }
    const cluster = await startCluster(context, { controllers: [SlowController] });
    const client = await cluster.connect(cluster.b);
    const reading = cluster.a.request('GET', '/slow', undefined, { 'x-socket-id': client.id });
    await begun.opened;
    await change(cluster.b, 1, 'meanwhile');
    gate.open();
    expect((await reading).status).toBe(200);
    await cluster.settle();
    await change(cluster.a, 1, 'afterwards');
    await client.next('card', ({ data }: { data: { title: string } }) => data.title === 'afterwards');

    // Where each server has a journal of its own, that of the other says nothing to the reader's.
    expect(titles(client)).toEqual(sharesJournal ? ['meanwhile', 'afterwards'] : ['afterwards']);
  });
});
