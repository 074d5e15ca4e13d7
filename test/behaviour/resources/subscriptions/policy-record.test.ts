import {
  type CallHandler,
  ClassSerializerInterceptor,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type NestInterceptor,
  Param,
  ParseIntPipe,
  Post,
  UseInterceptors,
} from '@nestjs/common';
import { Exclude } from 'class-transformer';
import { map, of } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  belongsTo,
  PublishOnCreate,
  type RequestedTarget,
  Resourceful,
  SubscribeOnRead,
  type SubscriptionPolicy,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

class Card {
  @Exclude() readonly ownerId: string;

  constructor(
    readonly id: number,
    ownerId: string,
  ) {
    this.ownerId = ownerId;
  }
}

const cards = [new Card(1, 'ada'), new Card(2, 'grace')];

class CardPolicy implements SubscriptionPolicy {
  static readonly asked: Array<Omit<RequestedTarget<Card>, 'request'>> = [];

  canSubscribe(_user: unknown, { request: _request, ...target }: RequestedTarget<Card>): boolean {
    CardPolicy.asked.push(target);
    return target.record?.ownerId === 'ada';
  }
}

@Injectable()
class Envelope implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((items: unknown) => ({ items })));
  }
}

@Injectable()
class Cached implements NestInterceptor {
  intercept() {
    return of({ id: 1, ownerId: 'ada', from: 'a cache' });
  }
}

@Controller('cards')
@Resourceful('card', { authorize: CardPolicy })
@UseInterceptors(ClassSerializerInterceptor)
class CardsController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find() {
    return cards;
  }

  @Get('enveloped')
  @UseInterceptors(Envelope)
  @SubscribeOnRead({ select: 'items' })
  findEnveloped() {
    return cards;
  }

  @Get('page')
  @SubscribeOnRead({ select: 'items' })
  findPage() {
    return { items: cards, total: 2 };
  }

  @Get('twice')
  @SubscribeOnRead({ select: 'items' })
  findTwice() {
    return { items: [new Card(1, 'ada'), new Card(1, 'grace')] };
  }

  @Get('cached')
  @UseInterceptors(Cached)
  @SubscribeOnRead()
  findCached() {
    return cards[1];
  }

  @Get('commented')
  @SubscribeOnRead('comment', { relations: true })
  findCommented() {
    return [{ id: 5, card: cards[0] }];
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number) {
    return Promise.resolve(cards[id - 1]);
  }

  @Post()
  @PublishOnCreate({ subscribe: true })
  create() {
    return cards[0];
  }
}

@Controller('comments')
@Resourceful('comment', { relations: { card: belongsTo('card') } })
class CommentsController {}

describe('A policy is given the record that was read', () => {
  let app: TestApplication;
  let client: TestClient;

  beforeEach(async () => {
    CardPolicy.asked.length = 0;
    app = await start({ controllers: [CardsController, CommentsController] });
    client = await app.connect();
  });

  const ask = (method: string, url: string): Promise<unknown> => client.socket.emitWithAck(method, { url });
  const rooms = async (): Promise<string[]> =>
    (await app.sockets.socketRooms(client.id)).filter((room) => room.startsWith('resource:card')).toSorted();

  it('as the handler returned it, with what the response hides', async () => {
    expect(await ask('get', '/cards/1')).toMatchObject({ body: { id: 1 } });

    expect(CardPolicy.asked).toEqual([{ resource: 'card', id: 1, record: cards[0] }]);
    expect(CardPolicy.asked[0].record).toBe(cards[0]);
    expect(await rooms()).toEqual(['resource:card/1']);
  });

  it.each(['/cards/enveloped', '/cards/page'])('each of a list, of GET %s', async (url) => {
    await ask('get', url);

    expect(CardPolicy.asked.map(({ record }) => record)).toEqual(cards);
    expect(await rooms()).toEqual(['resource:card/1']);
  });

  it('and none for the collection that is watched', async () => {
    await ask('get', '/cards');

    expect(CardPolicy.asked).toEqual([
      { resource: 'card', id: 1, record: cards[0] },
      { resource: 'card', id: 2, record: cards[1] },
      { resource: 'card' },
    ]);
  });

  it('where it is populated in another', async () => {
    await ask('get', '/cards/commented');

    expect(CardPolicy.asked).toEqual([{ resource: 'card', id: 1, record: cards[0] }]);
    expect(CardPolicy.asked[0].record).toBe(cards[0]);
  });

  it('that a request has created, with `subscribe: true`', async () => {
    await ask('post', '/cards');

    expect(CardPolicy.asked).toEqual([{ resource: 'card', id: 1, record: cards[0] }]);
    expect(await rooms()).toEqual(['resource:card/1']);
  });

  it('as the response shows it, where the handler did not run', async () => {
    await ask('get', '/cards/cached');

    expect(CardPolicy.asked).toEqual([{ resource: 'card', id: 1, record: { id: 1, ownerId: 'ada', from: 'a cache' } }]);
  });

  it('as the response shows it, where several could be it', async () => {
    await ask('get', '/cards/twice');

    expect(CardPolicy.asked.map(({ record }) => record)).toEqual([{ id: 1 }]);
    expect(await rooms()).toEqual([]);
  });
});
