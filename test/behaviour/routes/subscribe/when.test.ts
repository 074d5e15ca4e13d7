import { Controller, Get, Injectable, Param, ParseIntPipe, Query } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead, type PublishContext } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { subscriptions } from '../support/subscriptions.js';

interface Card {
  id: number;
  isOpen: boolean;
}

@Injectable()
class Rules {
  isLive = true;
  readonly asked: unknown[] = [];
}

@Controller('cards')
@Resourceful('card', { idType: 'number' })
class CardsController {
  @Get()
  @SubscribeOnRead({
    watch: 'all',
    when: async (cards: Card[], context) => {
      context.get(Rules).asked.push(cards);
      return context.query.live === '1';
    },
  })
  find(@Query('live') _live?: string): Card[] {
    return [
      { id: 1, isOpen: true },
      { id: 2, isOpen: false },
    ];
  }

  @Get('rechecked')
  @SubscribeOnRead({ recheck: 20, when: (_cards: Card[], context: PublishContext) => context.get(Rules).isLive })
  recheck(): Card[] {
    return [{ id: 1, isOpen: true }];
  }

  @Get('failing')
  @SubscribeOnRead({
    watch: 'all',
    when: () => {
      throw new Error('no rule');
    },
  })
  fail(): Card[] {
    return [{ id: 1, isOpen: true }];
  }

  @Get('unsaid')
  @SubscribeOnRead({ when: () => undefined as never })
  unsaid(): Card[] {
    return [{ id: 1, isOpen: true }];
  }

  @Get(':id')
  @SubscribeOnRead({ select: 'card', when: ({ isOpen }: Card) => isOpen })
  findOne(@Param('id', ParseIntPipe) id: number): { card: Card } {
    return { card: { id, isOpen: id === 1 } };
  }
}

interface Answer {
  statusCode: number;
  body: unknown;
  headers: Record<string, string>;
}

async function reader(): Promise<{
  app: TestApplication;
  client: TestClient;
  log: Logs;
  get: (url: string) => Promise<Answer>;
}> {
  const log = new Logs();
  const imports = [SocketsModule.forRoot()];
  const app = await start({ controllers: [CardsController], providers: [Rules], imports, main: log.open });
  const client = await app.connect();
  return { app, client, log, get: (url) => client.socket.emitWithAck('get', { url }) as Promise<Answer> };
}

describe('The option `when` of @SubscribeOnRead', () => {
  it('is asked once for each response, with the list of records, and may return a promise', async () => {
    const { app, client, get } = await reader();
    const plain = await get('/cards');
    expect(plain.statusCode).toBe(200);
    expect(plain.headers).toHaveProperty('realtime-resource', '');
    expect(await subscriptions(app, client)).toEqual([]);

    const live = await get('/cards?live=1');
    expect(live.headers).toHaveProperty('realtime-resource', 'card; id=id');
    expect(await subscriptions(app, client)).toEqual(['card', 'card/1', 'card/2']);
    expect(app.get(Rules).asked).toEqual([plain.body, live.body]);
  });

  it('is asked with the record that is selected', async () => {
    const { app, client, get } = await reader();
    for (const id of [1, 2]) await get(`/cards/${id}`);
    expect(await subscriptions(app, client)).toEqual(['card/1']);
  });

  it('subscribes nobody where it throws, which the log says, and the response is the same', async () => {
    const { app, client, get, log } = await reader();
    const answer = await get('/cards/failing');
    expect(answer).toMatchObject({ statusCode: 200, body: [{ id: 1 }] });
    expect(answer.headers).toHaveProperty('realtime-resource', '');
    expect(await subscriptions(app, client)).toEqual([]);
    expect(log.naming('CardsController.fail()').errors.join()).toMatch(
      /@SubscribeOnRead\(\).*not subscribed.*no rule/s,
    );
  });

  it('subscribes nobody where it returns anything but true', async () => {
    const { app, client, get } = await reader();
    expect((await get('/cards/unsaid')).headers).toHaveProperty('realtime-resource', '');
    expect(await subscriptions(app, client)).toEqual([]);
  });

  it('ends what a recheck would no longer subscribe to', async () => {
    const { app, client, get } = await reader();
    await get('/cards/rechecked');
    expect(await subscriptions(app, client)).toEqual(['card/1']);
    app.get(Rules).isLive = false;
    await client.next('revoked');
    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [1] }]);
    expect(await subscriptions(app, client)).toEqual([]);
  });
});
