import { Controller, Get, Param } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../src/index.js';
import type { TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { withCluster } from '../../support/cluster.js';
import { Gate } from '../../support/gate.js';

const startCluster = withCluster();

/** More than is sent in one turn of the event loop. */
const MUCH = 450;

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

async function read(client: TestClient, url: string, since?: string): Promise<Record<string, string>> {
  const headers = since === undefined ? {} : { 'realtime-since': since };
  for (;;) {
    const answer = (await client.socket.emitWithAck('get', { url, headers })) as { headers: Record<string, string> };
    // On a busy machine, an answer may not wait for the journal until that says where it is.
    if (since !== 'new' || answer.headers['realtime-position']) return answer.headers;
  }
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

describe('a client that has missed much', () => {
  it('is sent all of it in order, and what is published meanwhile after it', async (context) => {
    const cluster = await startCluster(context, { controllers: controllers() });
    const { a, b } = cluster;
    const witness = await cluster.connect(b);
    const { 'realtime-position': position } = await read(witness, '/cards', 'new');
    await publishMuch(a, witness);
    const client = await cluster.connect(b);
    const first = client.next('card');

    const reading = read(client, '/cards', position);
    await first;
    await b.channel('card').publishUpdate(1, { number: MUCH + 1 });
    await reading;
    await client.next('sockets:recovered');
    await b.channel('card').publishUpdate(1, { number: MUCH + 2 });
    await client.next('card', isNumber(MUCH + 2));

    expect(numbers(client)).toEqual(numbersUpTo(MUCH + 2));
  });

  it('is sent nothing more once it has lost the right to it', async (context) => {
    const cluster = await startCluster(context, { controllers: controllers() });
    const { a, b } = cluster;
    const witness = await cluster.connect(b);
    const { 'realtime-position': position } = await read(witness, '/cards', 'new');
    await publishMuch(a, witness);
    b.sockets.server.use((socket, next) => {
      (socket.data as { user?: unknown }).user = socket.handshake.auth.user;
      next();
    });
    const client = await cluster.connect(b, { auth: { user: { id: 'ada' } } });
    const first = client.next('card');

    const reading = read(client, '/cards', position);
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
    await read(witness, '/cards', 'new');

    const reading = read(client, '/cards/slowly');
    await reached.opened;
    await publishMuch(a, witness);
    const first = client.next('card');
    gate.open();
    await first;
    await read(client, '/cards/1');
    await reading;
    await b.channel('card').publishUpdate(1, { number: MUCH + 1 });
    await client.next('card', isNumber(MUCH + 1));

    expect(numbers(client)).toEqual(numbersUpTo(MUCH + 1));
  });
});
