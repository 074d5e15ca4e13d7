import { Controller, Get, Injectable, Param, ParseIntPipe, Post, Req, UseGuards } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { InvalidSubscriberError, Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Gate } from '../../../support/gate.js';
import { expectRefusal } from '../../../support/refusal.js';

/** What was asked of the application. */
@Injectable()
class Calls {
  handlers: string[] = [];
  policies: unknown[] = [];
  guards = 0;
  gate: Gate | undefined;
}

@Injectable()
class Counting {
  constructor(private readonly calls: Calls) {}

  canActivate(): boolean {
    this.calls.guards++;
    return true;
  }
}

@Injectable()
class CardPolicy {
  constructor(private readonly calls: Calls) {}

  canSubscribe(user: unknown, { id }: { id?: unknown }): boolean {
    this.calls.policies.push([user, id]);
    return true;
  }
}

@Controller('cards')
@Resourceful('card', { authorize: CardPolicy })
@UseGuards(Counting)
class CardsController {
  constructor(private readonly calls: Calls) {}

  @Get('own/:id')
  @SubscribeOnRead()
  own(@Param('id', ParseIntPipe) id: number) {
    return this.answer(`own ${id}`, id);
  }

  @Get(':id')
  @SubscribeOnRead({ shareable: true })
  async one(@Param('id', ParseIntPipe) id: number, @Req() _request: unknown) {
    return this.answer(String(id), id);
  }

  private async answer(name: string, id: number): Promise<object> {
    this.calls.handlers.push(name);
    await this.calls.gate?.opened;
    return { id };
  }
}

const startIt = (): Promise<TestApplication> =>
  start({
    imports: [
      SocketsModule.forRoot({
        authenticate: ({ auth }) => auth.user ?? true,
        limits: { handshakesPerSecond: 10_000, handshakeBurst: 10_000 },
      }),
    ],
    controllers: [CardsController],
    providers: [Calls, Counting, CardPolicy],
  });

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
}

const read = ({ socket }: TestClient, url: string, since?: string): Promise<Answer> =>
  socket.emitWithAck('get', {
    url,
    headers: since === undefined ? {} : { 'realtime-since': since },
  }) as Promise<Answer>;

const titlesOf = (client: TestClient): unknown[] =>
  client.heard('card').map((message) => (message as { data: { title: string } }).data.title);

describe('Reads that may be shared', () => {
  it('call each handler once for all clients of a user that come back at once, each of which gets what it missed', async () => {
    const app = await startIt();
    const calls = app.get(Calls);
    const first = await app.connect({ auth: { user: 'ada' } });
    const { headers } = await read(first, '/cards/1');
    const since = headers['realtime-position'];
    for (const id of [1, 2, 3]) await app.channel('card').publishUpdate(id, { title: `missed ${id}` });
    const clients = await Promise.all(Array.from({ length: 300 }, () => app.connect({ auth: { user: 'ada' } })));
    Object.assign(calls, { handlers: [], policies: [], guards: 0, gate: new Gate() });

    const begun = performance.now();
    const reads = clients.flatMap((client) => [1, 2, 3].map((id) => read(client, `/cards/${id}`, since)));
    await expect.poll(() => calls.guards).toBe(900);
    await app.channel('card').publishUpdate(2, { title: 'meanwhile' });
    calls.gate?.open();
    const answers = await Promise.all(reads);
    await Promise.all(clients.map((client) => client.next('sockets:recovered')));
    await app.settle();

    // On a busy machine, the last of them come more than a second after the first.
    const seconds = Math.ceil((performance.now() - begun) / 1_000);
    expect(calls.handlers.length).toBeLessThanOrEqual(3 * seconds);
    expect(calls.policies.length).toBeLessThanOrEqual(calls.handlers.length);
    expect(answers.every(({ statusCode }) => statusCode === 200)).toBe(true);
    for (const client of clients) {
      expect(titlesOf(client).map(String).toSorted()).toEqual(['meanwhile', 'missed 1', 'missed 2', 'missed 3']);
      expect(client.heard('sockets:recovered')).toHaveLength(3);
    }
  });

  it('share nothing with another user, another URL, a first read, or a client that has seen more', async () => {
    const app = await startIt();
    const calls = app.get(Calls);
    const [ada, bob] = [await app.connect({ auth: { user: 'ada' } }), await app.connect({ auth: { user: 'bob' } })];
    const onPhone = await app.connect({ auth: { user: 'ada' } });
    const { headers } = await read(ada, '/cards/1');
    const since = headers['realtime-position'];
    calls.handlers = [];
    calls.gate = new Gate();

    const reads = [read(ada, '/cards/1', since), read(onPhone, '/cards/1', since)];
    await expect.poll(() => calls.handlers).toEqual(['1']);
    await app.channel('card').publishUpdate(1, { title: 'seen' });
    reads.push(
      read(bob, '/cards/1', since),
      read(ada, '/cards/1?full=1', since),
      read(ada, '/cards/1'),
      read(ada, '/cards/1', since.replace('card=0', 'card=1')),
      read(ada, '/cards/own/1', since),
      read(ada, '/cards/own/1', since),
    );
    await expect.poll(() => calls.handlers).toEqual(['1', '1', '1', '1', '1', 'own 1', 'own 1']);
    calls.gate.open();
    const positions = (await Promise.all(reads)).map((answer) => answer.headers['realtime-position'].split('=')[1]);

    expect(positions).toEqual(['0', '0', '1', '1', '1', '1', '1', '1']);
  });

  it('show a client that reads the same again what has become of it, though nothing was published', async () => {
    const app = await startIt();
    const { handlers } = app.get(Calls);
    const [client, other] = [
      await app.connect({ auth: { user: 'ada' } }),
      await app.connect({ auth: { user: 'ada' } }),
    ];
    const since = (await read(client, '/cards/1')).headers['realtime-position'];
    handlers.length = 0;

    for (const reader of [client, other, client, client]) await read(reader, '/cards/1', since);

    expect(handlers).toEqual(['1', '1', '1']);
  });

  it('subscribe nobody to what a user has lost since the run began', async () => {
    const app = await startIt();
    const calls = app.get(Calls);
    const [one, other] = [await app.connect({ auth: { user: 'ada' } }), await app.connect({ auth: { user: 'ada' } })];
    calls.gate = new Gate();
    const begun = read(one, '/cards/1', 'new');
    await expect.poll(() => calls.handlers).toEqual(['1']);
    await app.sockets.revoke({ user: 'ada', resource: 'card' });
    const shared = read(other, '/cards/1', 'new');
    await expect.poll(() => calls.guards).toBe(2);
    calls.gate.open();
    await Promise.all([begun, shared]);
    await app.channel('card').publishUpdate(1, { title: 'secret' });
    await app.settle();

    expect([titlesOf(one), titlesOf(other)]).toEqual([[], []]);
    if (calls.handlers.length === 1) expect(other.heard('revoked')).toHaveLength(1);
  });

  it('are GET requests, which boot sees to', async () => {
    @Controller('cards')
    @Resourceful('card')
    class Posting {
      @Post()
      @SubscribeOnRead({ shareable: true })
      search() {
        return [];
      }
    }
    await expectRefusal(start({ controllers: [Posting] }), InvalidSubscriberError, 'INVALID_SUBSCRIBER', /shareable/);
  });
});
