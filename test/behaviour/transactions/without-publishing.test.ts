import {
  Controller,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestMiddleware,
  Param,
  ParseIntPipe,
  Patch,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import {
  InvalidTransactionWorkError,
  OnPublication,
  PublishOnUpdate,
  Resourceful,
  ResourcefulPubSub,
  ServerNotReadyError,
  SocketsModule,
  SocketsService,
} from '../../../src/index.js';
import { withCluster } from '../../support/cluster.js';
import { Gate } from '../../support/gate.js';
import { onceDone } from '../../support/lifetime.js';
import { lazy, Rollback, told, watchedCards, type Card } from './support/cards.js';

const resources = { card: { slices: ['boardId'], idType: 'number' } } as const;

const startCluster = withCluster();

describe('withoutPublishing()', () => {
  it('tells nobody of anything that is published or broadcast inside, and returns what the work does', async () => {
    const heard: unknown[] = [];
    @Injectable()
    class Listener {
      @OnPublication('card')
      hear(message: unknown) {
        heard.push(message);
      }
    }
    const { app, cards, client } = await watchedCards({}, { providers: [Listener] });
    const { sockets } = app;

    const result = await sockets.withoutPublishing(async () => {
      await cards.publishCreate({ id: 1 });
      await cards.publishUpdate(1, {}, { immediately: true });
      await cards.publishUpdate(1, {}, { transaction: Promise.resolve() });
      await cards.publish(1, 'data');
      await sockets.afterCommit(() => cards.message(1, 'data'));
      await sockets.afterCommit(() => cards.message(1, 'data'), { independent: true });
      await sockets.blast('hello', {});
      await sockets.of('/').broadcast(client.id, 'hello', {});
      return 3;
    });
    const failing = sockets.withoutPublishing(async () => {
      await cards.publishDestroy(1);
      throw new Rollback();
    });
    await expect(failing).rejects.toThrow(Rollback);
    await cards.publishUpdate(2, {});
    await app.settle();

    expect(result).toBe(3);
    expect(told(client)).toEqual(['updated 2']);
    expect(heard).toEqual([{ verb: 'updated', id: 2, data: {} }]);
    expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 1, failed: 0, skipped: 0 });
  });

  it('does not keep sockets from joining and leaving rooms', async () => {
    const { app, client } = await watchedCards();
    const { sockets } = app;

    await sockets.withoutPublishing(() => sockets.join(client.id, 'lobby'));
    await sockets.broadcast('lobby', 'hello', {});
    await app.settle();

    expect(told(client)).toEqual(['hello']);
  });

  it('remembers where records are, so that later messages go there', async () => {
    const { app, cards } = await watchedCards({ resources });
    const [seven, eight] = [await app.connect(), await app.connect()];
    await cards.watch(seven.id, { boardId: 7 });
    await cards.watch(eight.id, { boardId: 8 });

    await app.sockets.withoutPublishing(async () => {
      await cards.publishCreate({ id: 1, boardId: 7 });
      await cards.publishUpdate(1, { boardId: 8 });
    });
    await cards.publishUpdate(1, { title: 'seen on board 8' });
    await app.settle();

    expect([told(seven), told(eight)]).toEqual([[], ['updated 1']]);
  });

  it('silences a query that runs only when it is awaited', async () => {
    const { app, cards, client } = await watchedCards();

    await app.sockets.withoutPublishing(() => lazy(() => cards.publishCreate({ id: 1 })));
    await app.settle();

    expect(told(client)).toEqual([]);
  });

  it('remembers where records are in the order of the calls, even if an earlier one waits for its view', async () => {
    const shown = new Gate();
    const view = async (card: object) => {
      await shown.opened;
      return card;
    };
    const { app, cards } = await watchedCards({ resources: { card: { ...resources.card, view } } });
    const [seven, eight, nine] = [await app.connect(), await app.connect(), await app.connect()];
    await cards.watch(seven.id, { boardId: 7 });
    await cards.watch(eight.id, { boardId: 8 });
    await cards.watch(nine.id, { boardId: 9 });

    const told8 = cards.publishUpdate(1, { boardId: 8 }, { previous: { boardId: 7 } });
    const silent = app.sockets.withoutPublishing(() => cards.publishUpdate(1, { boardId: 9 }));
    shown.open();
    await Promise.all([told8, silent]);
    await cards.publishUpdate(1, { title: 'seen on board 9' });
    await app.settle();

    expect([told(seven), told(eight), told(nine)]).toEqual([['left 1'], ['entered 1'], ['updated 1']]);
  });

  it('remembers nothing of a transaction that is rolled back', async () => {
    const { app, cards } = await watchedCards({ resources });
    const { sockets } = app;
    const [seven, eight] = [await app.connect(), await app.connect()];
    await cards.watch(seven.id, { boardId: 7 });
    await cards.watch(eight.id, { boardId: 8 });
    await cards.publishCreate({ id: 1, boardId: 7 });

    const silentlyInside = sockets.afterCommit(async () => {
      await sockets.withoutPublishing(() => cards.publishUpdate(1, { boardId: 8 }));
      throw new Rollback();
    });
    await expect(silentlyInside).rejects.toThrow(Rollback);
    const silentlyAround = sockets.withoutPublishing(() =>
      sockets.afterCommit(async () => {
        await cards.publishUpdate(1, { boardId: 8 });
        throw new Rollback();
      }),
    );
    await expect(silentlyAround).rejects.toThrow(Rollback);
    await cards.publishUpdate(1, { title: 'seen on board 7' });
    await app.settle();
    expect([told(seven), told(eight)]).toEqual([['created 1', 'updated 1'], []]);

    await sockets.afterCommit(() => sockets.withoutPublishing(() => cards.publishUpdate(1, { boardId: 8 })));
    await cards.publishUpdate(1, { title: 'seen on board 8' });
    await app.settle();
    expect([told(seven), told(eight)]).toEqual([['created 1', 'updated 1'], ['updated 1']]);
  });

  it('lets the other servers of a cluster know where records are', async (context) => {
    const cluster = await startCluster(context, { sockets: { resources } });
    const { a, b } = cluster;
    const [here, there] = [a.channel<Card>('card'), b.channel<Card>('card')];
    const [seven, eight] = [await cluster.connect(a), await cluster.connect(b)];
    await here.watch(seven.id, { boardId: 7 });
    await there.watch(eight.id, { boardId: 8 });
    await there.publishUpdate(1, { boardId: 7 }, { previous: { boardId: 7 } });
    await cluster.settle();

    await a.sockets.withoutPublishing(() => here.publishUpdate(1, { boardId: 8 }));
    await cluster.settle();
    await there.publishUpdate(1, { title: 'seen on board 8' });
    await cluster.settle();

    expect([told(seven), told(eight)]).toEqual([['updated 1'], ['updated 1']]);
  });

  it('ends the subscriptions to a record that is destroyed', async () => {
    const { app, cards, client } = await watchedCards();
    const reader = await app.connect();
    await cards.subscribe(reader.id, 1);

    await app.sockets.withoutPublishing(() => cards.publishDestroy(1));
    await cards.publishUpdate(1, {});
    await app.settle();

    expect(told(client)).toEqual(['updated 1']);
    expect(told(reader)).toEqual([]);
  });

  it('silences what routes publish of requests that middleware handles in it', async () => {
    @Injectable()
    class Silence implements NestMiddleware {
      constructor(private readonly sockets: SocketsService) {}

      use({ headers }: { headers: Record<string, unknown> }, _response: unknown, next: () => void): void {
        if (headers['x-import'] === undefined) next();
        else void this.sockets.withoutPublishing(next);
      }
    }
    @Controller('cards')
    @Resourceful('card', { slices: ['boardId'], idType: 'number' })
    class CardsController {
      @Patch(':id/to/:boardId')
      @PublishOnUpdate()
      move(@Param('id', ParseIntPipe) id: number, @Param('boardId', ParseIntPipe) boardId: number) {
        return { id, boardId };
      }
    }
    @Module({ controllers: [CardsController], providers: [Silence] })
    class CardsModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(Silence).forRoutes(CardsController);
      }
    }
    const { app, cards, client } = await watchedCards({ resources: {} }, { imports: [CardsModule] });
    const eight = await app.connect();
    await cards.watch(eight.id, { boardId: 8 });

    await app.request('PATCH', '/cards/1/to/7');
    await app.request('PATCH', '/cards/1/to/8', undefined, { 'x-import': 'yes' });
    await app.settle();
    await cards.publishUpdate(1, { title: 'seen on board 8' });
    await app.settle();

    expect(told(client)).toEqual(['updated 1', 'updated 1']);
    expect(told(eight)).toEqual(['updated 1']);
  });

  it('works in a script without a server, in which publishing is refused otherwise', async () => {
    class ScriptModule {}
    const module = { module: ScriptModule, imports: [SocketsModule.forRoot({ resources })] };
    const script = await NestFactory.createApplicationContext(module, { logger: false });
    onceDone(() => script.close());
    const sockets = script.get(SocketsService);
    const cards = script.get(ResourcefulPubSub).of<Card>('card');

    const seeded = await sockets.withoutPublishing(() =>
      sockets.afterCommit(async () => {
        await cards.publishCreate({ id: 1, boardId: 7 });
        await cards.publishUpdate(1, { boardId: 8 }, { previous: { boardId: 7 } });
        await cards.publishDestroy(1);
        await sockets.blast('hello', {});
        return 'seeded';
      }),
    );

    expect(seeded).toBe('seeded');
    await sockets.afterCommit(async () => {
      await expect(cards.publishCreate({ id: 1, boardId: 7 })).rejects.toThrow(ServerNotReadyError);
      await expect(sockets.blast('hello', {})).rejects.toThrow(ServerNotReadyError);
    });
  });

  it('cannot be a promise of work that runs already', async () => {
    const { app } = await watchedCards();

    const refused = app.sockets.withoutPublishing(Promise.resolve() as never);
    await expect(refused).rejects.toThrow(InvalidTransactionWorkError);
  });
});
