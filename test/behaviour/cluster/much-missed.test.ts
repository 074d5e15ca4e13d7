import { Controller, Get, Param } from '@nestjs/common';
import { describe, expect, it, type TestContext } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../src/index.js';
import type { TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { sharesJournal, withCluster } from '../../support/cluster.js';
import { Gate } from '../../support/gate.js';
import { read } from './support/read.js';

const startCluster = withCluster();

/** More than is sent in some turns of the event loop. */
const MUCH = 900;

const numbersUpTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

/** Publishes numbered updates of one record, and waits until everybody may know of them. */
async function publishMuch(server: TestApplication, witness: TestClient): Promise<void> {
  for (const number of numbersUpTo(MUCH)) void server.channel('card').publishUpdate(1, { number });
  await witness.next('card', isNumber(MUCH));
}

const isNumber =
  (number: number) =>
  ({ data }: { data: { number: number } }): boolean =>
    data.number === number;

/** The numbers that a client has heard, in the order of arrival. */
function numbers(client: TestClient): number[] {
  return client.heard('card').map((message) => (message as { data: { number: number } }).data.number);
}

function controllers(gate = new Gate(), reached = new Gate()) {
  @Controller('cards')
  @Resourceful('card')
  class CardsController {
    @Get()
    @SubscribeOnRead({ watch: true })
    find() {
      return [];
    }

    @Get('slowly')
    @SubscribeOnRead({ watch: true })
    async findSlowly() {
      reached.open();
      await gate.opened;
      return [];
    }

    @Get(':id')
    @SubscribeOnRead()
    findOne(@Param('id') id: string) {
      return { id: Number(id) };
    }
  }

  return [CardsController];
}

/** Two servers, and a position in the past of the second one: much was published since, by the first. */
async function startLate(context: TestContext) {
  const cluster = await startCluster(context, { controllers: controllers() });
  const witness = await cluster.connect(cluster.b);
  const { 'realtime-position': position = '' } = await read(witness, 'new');
  await publishMuch(cluster.a, witness);
  return { cluster, a: cluster.a, b: cluster.b, witness, position };
}

describe('a client that has missed much', () => {
  it('is sent all of it in order, and what is published meanwhile after it', async (context) => {
    const { cluster, b, position } = await startLate(context);
    const client = await cluster.connect(b);
    const first = client.next('card');

    const reading = read(client, position);
    await first;
    await b.channel('card').publishUpdate(1, { number: MUCH + 1 });
    await reading;
    await client.next('sockets:recovered');
    await b.channel('card').publishUpdate(1, { number: MUCH + 2 });
    await client.next('card', isNumber(MUCH + 2));

    expect(numbers(client)).toEqual(numbersUpTo(MUCH + 2));
  });

  it('does not keep the server from answering others meanwhile, if servers share the journal', async (context) => {
    const { cluster, b, witness, position } = await startLate(context);
    b.sockets.server.sockets.sockets.get(witness.id)?.on('echo', (answer: () => void) => answer());
    const client = await cluster.connect(b);
    const first = client.next('card');

    const reading = read(client, position);
    await first;
    await witness.socket.emitWithAck('echo');
    const heard = numbers(client).length;
    await reading;
    await client.next('sockets:recovered');

    // One of its own answers at once, and nothing may come between.
    if (sharesJournal) expect(heard).toBeLessThan(MUCH);
    expect(numbers(client)).toEqual(numbersUpTo(MUCH));
  });

  it('is sent nothing more once it has lost the right to it', async (context) => {
    const { cluster, a, b, position } = await startLate(context);
    b.sockets.server.use((socket, next) => {
      (socket.data as { user?: unknown }).user = socket.handshake.auth.user;
      next();
    });
    const client = await cluster.connect(b, { auth: { user: { id: 'ada' } } });
    const first = client.next('card');

    const reading = read(client, position);
    await first;
    await b.sockets.revoke({ user: 'ada', resource: 'card' });
    const heard = numbers(client).length;
    await reading;
    await a.channel('card').publishUpdate(1, { number: 0 });
    await cluster.settle();

    const events = client.received.map(([event]) => event);
    expect(events).toContain('revoked');
    expect(events.slice(events.indexOf('revoked'))).not.toContain('card');
    expect(numbers(client)).toEqual(numbersUpTo(numbers(client).length));
    expect(numbers(client).length).toBeGreaterThanOrEqual(heard);
  });

  it('is sent all of it once, though it subscribes to more meanwhile', async (context) => {
    const [gate, reached] = [new Gate(), new Gate()];
    const cluster = await startCluster(context, { controllers: controllers(gate, reached) });
    const { a, b } = cluster;
    const [witness, client] = [await cluster.connect(b), await cluster.connect(b)];
    await read(witness, 'new');

    const reading = client.socket.emitWithAck('get', { url: '/cards/slowly' });
    await reached.opened;
    await publishMuch(a, witness);
    const first = client.next('card');
    gate.open();
    await first;
    await client.socket.emitWithAck('get', { url: '/cards/1' });
    await reading;
    await b.channel('card').publishUpdate(1, { number: MUCH + 1 });
    await client.next('card', isNumber(MUCH + 1));

    expect(numbers(client)).toEqual(numbersUpTo(MUCH + 1));
  });
});
