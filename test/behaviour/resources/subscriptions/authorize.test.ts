import { Body, Controller, Get, Injectable, Param, ParseIntPipe, Post } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  belongsTo,
  PublishOnCreate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  type RequestedTarget,
  type SubscriptionPolicy,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';
import type { TestClient } from '../../../support/client.js';

interface Target {
  resource: string;
  id?: unknown;
  slice?: unknown;
}

/** Decides as the test says. */
@Injectable()
class Rules {
  decide: (user: unknown, target: Target) => unknown = () => true;
  readonly asked: Array<[user: unknown, target: Target]> = [];
  running = 0;
  mostAtOnce = 0;
}

@Injectable()
class CardPolicy implements SubscriptionPolicy {
  constructor(private readonly rules: Rules) {}

  async canSubscribe(user: unknown, { request, record: _record, ...target }: RequestedTarget): Promise<boolean> {
    if (!('headers' in request)) throw new Error('This is not a request.');
    this.rules.asked.push([user, target]);
    this.rules.mostAtOnce = Math.max(this.rules.mostAtOnce, ++this.rules.running);
    try {
      return (await this.rules.decide(user, target)) as boolean;
    } finally {
      this.rules.running--;
    }
  }
}

@Controller()
@Resourceful('card', { slices: ['boardId'], authorize: CardPolicy })
class CardsController {
  @Get('boards/:boardId/cards')
  @SubscribeOnRead({ watch: true })
  findOfBoard(@Param('boardId', ParseIntPipe) boardId: number): object[] {
    return [{ id: 1, boardId }];
  }

  @Get('cards')
  @SubscribeOnRead({ watch: true, slice: false })
  findAll(): object[] {
    return [{ id: 1 }, { id: 2 }];
  }

  @Get('many/:count')
  @SubscribeOnRead()
  findMany(@Param('count', ParseIntPipe) count: number): object[] {
    return Array.from({ length: count }, (_, index) => ({ id: index + 1 }));
  }

  @Get('cards/:id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }

  @Post('cards')
  @PublishOnCreate({ subscribe: true })
  create(@Body() card: object): object {
    return { id: 9, ...card };
  }
}

@Controller('comments')
@Resourceful('comment', { relations: { card: belongsTo('card', 'comments') } })
class CommentsController {
  @Get()
  @SubscribeOnRead({ relations: true })
  find(): object[] {
    return [
      { id: 5, card: { id: 1 } },
      { id: 6, card: { id: 2 } },
    ];
  }
}

const read = ({ socket }: TestClient, url: string): Promise<unknown> => socket.emitWithAck('get', { url });

describe('The option "authorize"', () => {
  let app: TestApplication;
  let client: TestClient;
  let rules: Rules;

  beforeEach(async () => {
    app = await start({
      imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.user })],
      controllers: [CardsController, CommentsController],
      providers: [CardPolicy, Rules],
    });
    rules = app.get(Rules);
    client = await app.connect({ auth: { user: { id: 'ada' }, token: 'ada' } });
  });

  const rooms = async (): Promise<string[]> =>
    (await app.sockets.socketRooms(client.id)).filter((room) => room.startsWith('resource:')).toSorted();

  it('is asked about each record that was read and about what is watched, and tells who is asking', async () => {
    await read(client, '/boards/7/cards');
    await read(client, '/cards');

    expect(rules.asked).toEqual([
      [{ id: 'ada' }, { resource: 'card', slice: { boardId: 7 } }],
      [{ id: 'ada' }, { resource: 'card', id: 1 }],
      [{ id: 'ada' }, { resource: 'card', id: 2 }],
      [{ id: 'ada' }, { resource: 'card' }],
    ]);
    expect(await rooms()).toEqual(['resource:card', 'resource:card/1', 'resource:card/2', 'resource:card@boardId=7']);
  });

  it('leaves the answer as it is, and what it refuses is not heard of, which the reader is told', async () => {
    rules.decide = (_, { id }) => id === 2;

    const answer = await read(client, '/cards');
    await app.channel('card').publishUpdate(1, { title: 'secret' });
    await app.channel('card').publishUpdate(2, { title: 'open' });
    await app.channel('card').publishCreate({ id: 3 });
    await app.settle();

    expect(answer).toMatchObject({ statusCode: 200, body: [{ id: 1 }, { id: 2 }] });
    expect(client.heard('card')).toEqual([expect.objectContaining({ id: 2 })]);
    expect(client.heard('revoked')).toEqual([{ resource: 'card' }, { resource: 'card', ids: [1] }]);
  });

  it('refuses a slice by its fields', async () => {
    rules.decide = () => false;
    await read(client, '/boards/7/cards');
    await app.settle();
    expect(client.heard('revoked')).toEqual([{ resource: 'card', slice: { boardId: 7 } }]);
    expect(await rooms()).toEqual([]);
  });

  it('what is forbidden and what is not there look the same', async () => {
    const reasons: Record<string, () => unknown> = {
      forbidden: () => false,
      absent: () => undefined,
      failing: () => {
        throw new Error('There is no card 1 of board 7 that ada may see.');
      },
      notQuite: () => 'yes',
    };
    for (const decide of Object.values(reasons)) {
      rules.decide = decide;
      await read(client, '/cards/1');
    }
    await app.settle();
    expect(client.heard('revoked')).toEqual(Array.from({ length: 4 }, () => ({ resource: 'card', ids: [1] })));
    expect(await rooms()).toEqual([]);
  });

  it('records that stand in others are for the policy of their own resource', async () => {
    rules.decide = (_, { id }) => id === 1;
    await read(client, '/comments');
    await app.settle();
    expect(await rooms()).toEqual(['resource:card/1', 'resource:comment/5', 'resource:comment/6']);
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [2] }]);
  });

  it('is asked about what the requester itself created, too', async () => {
    rules.decide = () => false;
    await client.socket.emitWithAck('post', { url: '/cards', data: { title: 'mine' } });
    await app.settle();
    expect(rules.asked).toEqual([[{ id: 'ada' }, { resource: 'card', id: 9 }]]);
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [9] }]);
    expect(await rooms()).toEqual([]);
  });

  it('a reader over HTTP that names its socket is held to it', async () => {
    rules.decide = (_, { id }) => id !== 1;
    await app.request('GET', '/cards', undefined, { 'x-socket-id': client.id, authorization: 'Bearer ada' });
    await client.next('revoked');
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [1] }]);
    expect(await rooms()).toEqual(['resource:card', 'resource:card/2']);
  });

  it('what code subscribes is trusted', async () => {
    rules.decide = () => false;
    await app.channel('card').subscribe(client.id, 1);
    await app.channel('card').watch(client.id);
    expect(rules.asked).toEqual([]);
    expect(await rooms()).toEqual(['resource:card', 'resource:card/1']);
  });

  it('a slow policy is asked about sixteen records at once, and no more', async () => {
    rules.decide = () => new Promise((resolve) => setImmediate(resolve, true));
    await read(client, '/many/1000');
    expect(rules.asked).toHaveLength(1000);
    expect(rules.mostAtOnce).toBe(16);
    expect(await rooms()).toHaveLength(1000);
  });

  it('a policy that does not answer keeps nobody waiting over five seconds, and lets nobody in', async () => {
    const clock = stopClock();
    rules.decide = (_, { id }) => (id === 1 ? true : new Promise(() => undefined));
    const answer = read(client, '/cards');
    await eventually(() => expect(rules.asked).toHaveLength(3));
    await clock.pass(5_000);
    expect(await answer).toMatchObject({ statusCode: 200 });
    await app.settle();
    expect(await rooms()).toEqual(['resource:card/1']);
    expect(client.heard('revoked')).toEqual([{ resource: 'card' }, { resource: 'card', ids: [2] }]);
  });
});
