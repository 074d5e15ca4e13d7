import {
  Body,
  Controller,
  Injectable,
  Module,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Res,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR, ApplicationConfig } from '@nestjs/core';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  PublishOnCreate,
  PublishOnUpdate,
  Resourceful,
  ResourcefulPubSub,
  ResourcefulPubSubInterceptor,
  SocketsModule,
  type SubscriptionPolicy,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Gate } from '../../../support/gate.js';

interface Row {
  id: number;
  [field: string]: unknown;
}

/** The response of Express, or that of Fastify around Node's own. */
interface ServerSide {
  raw?: ServerSide;
  end(...args: unknown[]): unknown;
}

@Controller('users')
@Resourceful('user')
class UsersController {
  @Post()
  @PublishOnCreate()
  create(@Body() body: Row) {
    return body;
  }
}

@Controller('pets')
@Resourceful('pet')
@UseInterceptors(ResourcefulPubSubInterceptor)
class PetsController {
  @Post()
  @UseInterceptors(ResourcefulPubSubInterceptor)
  @PublishOnCreate()
  create(@Body() body: Row) {
    return body;
  }
}

@Module({ controllers: [PetsController] })
class PetsModule {}

@Injectable()
class Innocent implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle();
  }
}

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('echo')
  echo(@MessageBody() body: unknown) {
    return body;
  }
}

describe('ResourcefulPubSubInterceptor', () => {
  it('is the outermost of all, whatever is bound in whichever way', async () => {
    const app = await start({
      controllers: [UsersController],
      providers: [{ provide: APP_INTERCEPTOR, useClass: Innocent }],
      main: (nest) => void nest.useGlobalInterceptors(new Innocent()),
    });
    const [first, ...others] = app.nest.get(ApplicationConfig).getGlobalInterceptors();
    expect(first).toBe(app.get(ResourcefulPubSubInterceptor));
    expect(others).toHaveLength(2);
  });

  it('publishes once where it is also applied by hand', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot(), PetsModule],
      controllers: [UsersController],
      providers: [{ provide: APP_INTERCEPTOR, useClass: ResourcefulPubSubInterceptor }],
      main: (nest) => void nest.useGlobalInterceptors(nest.get(ResourcefulPubSubInterceptor)),
    });
    const watcher = await app.connect();
    for (const resource of ['user', 'pet']) await app.channel(resource).watch(watcher.id);

    await app.request('POST', '/users', { id: 1 });
    await app.request('POST', '/pets', { id: 2 });
    await app.settle();

    expect(watcher.heard('user')).toHaveLength(1);
    expect(watcher.heard('pet')).toHaveLength(1);
    expect(app.get(ResourcefulPubSub).counters.published).toBe(2);
  });

  it('also goes by the name of the service, on a route, on a class and for the application', async () => {
    @Controller('cards')
    @Resourceful('card')
    @UseInterceptors(ResourcefulPubSub)
    class CardsController {
      constructor(private readonly pubsub: ResourcefulPubSub) {}

      @Post()
      @UseInterceptors(ResourcefulPubSub)
      @PublishOnCreate()
      create(@Body() body: Row) {
        return body;
      }

      @Patch(':id')
      async touch(@Param('id', ParseIntPipe) id: number) {
        await this.pubsub.of('card').publishUpdate(id, { touched: true });
      }
    }
    @Module({ controllers: [CardsController] })
    class CardsModule {}
    const app = await start({
      imports: [SocketsModule.forRoot(), CardsModule],
      controllers: [UsersController],
      providers: [
        { provide: APP_INTERCEPTOR, useClass: ResourcefulPubSub },
        { provide: APP_INTERCEPTOR, useExisting: ResourcefulPubSub },
      ],
      main: (nest) => void nest.useGlobalInterceptors(nest.get(ResourcefulPubSub)),
    });
    const watcher = await app.connect();
    for (const resource of ['user', 'card']) await app.channel(resource).watch(watcher.id);

    await app.request('POST', '/users', { id: 1 });
    await app.request('POST', '/cards', { id: 2 });
    await app.request('PATCH', '/cards/2');
    await app.settle();

    expect(watcher.heard('user')).toEqual([{ verb: 'created', id: 1, data: { id: 1 } }]);
    expect(watcher.heard('card')).toEqual([
      { verb: 'created', id: 2, data: { id: 2 } },
      { verb: 'updated', id: 2, data: { touched: true } },
    ]);
    expect(app.get(ResourcefulPubSub).counters.published).toBe(3);
  });

  it('is not in the way of gateways’ messages', async () => {
    const app = await start({ controllers: [UsersController], providers: [EchoGateway] });
    const client = await app.connect();
    expect(await client.socket.emitWithAck('echo', { id: 1 })).toEqual({ id: 1 });
    expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 0, failed: 0, skipped: 0 });
  });

  it('keeps the order in which routes of a resource answered, under load', async () => {
    @Controller('counters')
    @Resourceful('counter')
    class CountersController {
      private answered = 0;

      @Patch(':id')
      @PublishOnUpdate({
        view: (async (record: Row) => {
          // The later ones are ready first.
          for (let turn = 0; turn < 20 - (record.order as number); turn++) await Promise.resolve();
          return record;
        }) as (record: Row) => unknown,
      })
      update() {
        return { id: 1, order: this.answered++ };
      }
    }
    const app = await start({ controllers: [CountersController] });
    const watcher = await app.connect();
    await app.channel('counter').watch(watcher.id);

    await Promise.all(Array.from({ length: 20 }, () => app.request('PATCH', '/counters/1')));
    await app.settle();

    const heard = watcher.heard('counter') as Array<{ data: { order: number } }>;
    expect(heard.map(({ data }) => data.order)).toEqual(Array.from({ length: 20 }, (_, order) => order));
  });

  it('subscribes the requester, then answers, then publishes, and keeps its place in the order meanwhile', async () => {
    const [asked, mayGo] = [new Gate(), new Gate()];
    const order: string[] = [];
    @Injectable()
    class Policy implements SubscriptionPolicy {
      async canSubscribe() {
        order.push('asks the policy');
        asked.open();
        await mayGo.opened;
        order.push('subscribes');
        return true;
      }
    }
    @Controller('users')
    @Resourceful('user', { authorize: Policy })
    class OrderedController {
      @Patch(':id')
      @PublishOnUpdate({
        subscribe: true,
        mirror: true,
        view: (record: Row) => {
          order.push(`publishes ${record.id}`);
          return record;
        },
      })
      update(@Param('id', ParseIntPipe) id: number, @Res({ passthrough: true }) response: ServerSide) {
        const { raw = response } = response;
        const end = raw.end.bind(raw);
        raw.end = (...args) => {
          order.push(`answers ${id}`);
          return end(...args);
        };
        return { id };
      }
    }
    const app = await start({ controllers: [OrderedController], providers: [Policy] });
    const [requester, watcher] = [await app.connect(), await app.connect()];
    await app.channel('user').watch(watcher.id);

    const answer = requester.socket.emitWithAck('patch', { url: '/users/1' });
    await asked.opened;
    // Nobody has to be asked about a request without a socket, so it overtakes the other one, but not its publication.
    await app.request('PATCH', '/users/2');
    await app.settle();
    expect(order).toEqual(['asks the policy', 'answers 2', 'publishes 2']);
    expect(watcher.heard('user')).toEqual([]);
    mayGo.open();
    await answer;
    await app.settle();

    expect(order.slice(3)).toEqual(['subscribes', 'answers 1', 'publishes 1']);
    const ids = (client: TestClient) => (client.heard('user') as Row[]).map(({ id }) => id);
    expect(ids(watcher)).toEqual([1, 2]);
    expect(ids(requester)).toEqual([1]);
  });

  it('still tells what happened before the application was told to close', async () => {
    const [reached, gate] = [new Gate(), new Gate()];
    @Controller('users')
    @Resourceful('user')
    class SlowController {
      @Post()
      @PublishOnCreate({
        view: (async (record: Row) => {
          reached.open();
          await gate.opened;
          return record;
        }) as (record: Row) => unknown,
      })
      create(@Body() body: Row) {
        return body;
      }
    }
    const closing = new Gate();
    class Farewell {
      beforeApplicationShutdown() {
        closing.open();
      }
    }
    const app = await start({ controllers: [SlowController], providers: [Farewell] });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    expect((await app.request('POST', '/users', { id: 1 })).status).toBe(201);
    await reached.opened;
    const disconnected = new Promise((resolve) => watcher.socket.once('disconnect', resolve));
    const closed = app.nest.close();
    await closing.opened;
    // Time enough to go on without it.
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    gate.open();
    await Promise.all([closed, disconnected]);

    expect(watcher.heard('user')).toEqual([{ verb: 'created', id: 1, data: { id: 1 } }]);
  });
});
