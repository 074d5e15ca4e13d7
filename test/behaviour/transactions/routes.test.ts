import {
  Body,
  type CallHandler,
  Controller,
  type ExecutionContext,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  type NestMiddleware,
  Patch,
  Param,
  ParseIntPipe,
  UseInterceptors,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { defer, lastValueFrom, Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  InjectResource,
  PublishOnUpdate,
  Resourceful,
  type ResourceChannel,
  SocketsModule,
  SocketsService,
  SubscribeOnRead,
} from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { Gate } from '../../support/gate.js';
import { ask } from '../routes/publish/support/cards.js';
import { Rollback, told, watchedCards } from './support/cards.js';

/** Commits, or rolls back, only after the response. */
@Injectable()
class Database {
  readonly finished = new Gate();
  readonly committing = new Gate();
  readonly ended = new Gate();
  commits = true;

  async transaction(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.finished.open();
      await this.committing.opened;
      if (!this.commits) throw new Rollback();
    } finally {
      setImmediate(this.ended.open);
    }
  }
}

/** Handles each request in one transaction, which ends after its response. */
@Injectable()
class TransactionMiddleware implements NestMiddleware {
  constructor(
    private readonly sockets: SocketsService,
    private readonly database: Database,
  ) {}

  use(_request: unknown, response: ServerResponse, next: () => void): void {
    const handled = new Promise<void>((resolve) => response.once('finish', resolve));
    this.sockets
      .afterCommit(() =>
        this.database.transaction(() => {
          next();
          return handled;
        }),
      )
      .catch(() => undefined);
  }
}

@Controller('cards')
@Resourceful('card', { idType: 'number', slices: ['boardId'] })
class CardsController {
  constructor(@InjectResource('log') private readonly logs: ResourceChannel<{ id: number }>) {}

  @Patch(':id')
  @PublishOnUpdate()
  async update(@Param('id', ParseIntPipe) id: number, @Body() body: object) {
    await this.logs.publishCreate({ id });
    return { ...body, id };
  }

  @Patch(':id/shown')
  @SubscribeOnRead()
  show(@Param('id', ParseIntPipe) id: number, @Body() body: object) {
    return { ...body, id };
  }

  @Patch(':id/mirrored')
  @PublishOnUpdate({ mirror: true })
  mirrored(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }
}

@Module({
  imports: [SocketsModule.forRoot()],
  controllers: [CardsController],
  providers: [Database, TransactionMiddleware],
})
class TransactionPerRequest {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(TransactionMiddleware).forRoutes(CardsController);
  }
}

async function stage(): Promise<{ app: TestApplication; client: TestClient; database: Database }> {
  const app = await start({ imports: [TransactionPerRequest] });
  const client = await app.connect();
  await app.channel('card').watch(client.id);
  await app.channel('log').watch(client.id);
  return { app, client, database: app.get(Database) };
}

describe('A transaction of middleware that outlives the response', () => {
  it('is told once it has committed', async () => {
    const { app, client, database } = await stage();

    const answer = await app.request('PATCH', '/cards/1', { title: 'x' });
    await database.finished.opened;
    await app.settle();
    expect(answer).toMatchObject({ status: 200, body: { id: 1, title: 'x' } });
    expect(told(client)).toEqual([]);

    database.committing.open();
    await database.ended.opened;
    await app.settle();
    expect(told(client)).toEqual(['created 1', 'updated 1']);
  });

  it('is told to nobody if the commit fails', async () => {
    const { app, client, database } = await stage();
    database.commits = false;

    const answer = await app.request('PATCH', '/cards/1', { title: 'x' });
    await app.settle();
    database.committing.open();
    await database.ended.opened;
    await app.settle();

    expect(answer.status).toBe(200);
    expect(told(client)).toEqual([]);
  });

  it('is told once it has committed, for a request over a socket, too', async () => {
    const { app, client, database } = await stage();
    const actor = await app.connect();

    await ask(actor, 'patch', '/cards/1');
    await database.finished.opened;
    await app.settle();
    expect(told(client)).toEqual([]);

    database.committing.open();
    await database.ended.opened;
    await app.settle();
    expect(told(client)).toEqual(['created 1', 'updated 1']);
  });

  it.each([
    ['nowhere if the commit fails', false, []],
    ['where it is once it has committed', true, ['updated 1']],
  ])('places a record that it shows to a socket %s', async (_where, commits, expected) => {
    const { app, database } = await stage();
    database.commits = commits;
    const cards = app.channel<{ id: number; boardId: number; title: string }>('card');
    const [actor, eight] = [await app.connect(), await app.connect()];
    await cards.watch(eight.id, { boardId: 8 });

    await ask(actor, 'patch', '/cards/1/shown', {}, { boardId: 8 });
    database.committing.open();
    await database.ended.opened;
    await app.settle();
    await cards.publishUpdate(1, { title: 'seen' });
    await app.settle();

    expect(told(eight)).toEqual(expected);
  });

  it('reports a mutation to its originator after what it is about', async () => {
    const { app, client, database } = await stage();

    await ask(client, 'patch', '/cards/1/mirrored', { 'mutation-id': 'm-1' });
    await database.finished.opened;
    await app.settle();
    expect(told(client)).toEqual([]);

    database.committing.open();
    await client.next('sockets:mutated');
    expect(told(client)).toEqual(['updated 1', 'sockets:mutated']);
  });
});

/** Runs the handler in a transaction, and answers before it has ended. */
@Injectable()
class EarlyAnswer implements NestInterceptor {
  constructor(
    private readonly sockets: SocketsService,
    private readonly database: Database,
  ) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return new Observable((subscriber) => {
      const transaction = this.sockets.afterCommit(() =>
        this.database.transaction(async () => {
          subscriber.next(await lastValueFrom(next.handle()));
          subscriber.complete();
        }),
      );
      transaction.catch(() => undefined);
    });
  }
}

/** Runs the handler so that nobody is told. */
@Injectable()
class Silence implements NestInterceptor {
  constructor(private readonly sockets: SocketsService) {}

  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return defer(() => this.sockets.withoutPublishing(() => lastValueFrom(next.handle())));
  }
}

describe('A transaction of an interceptor', () => {
  it.each([
    ['is told once it has committed', true, ['updated 1']],
    ['is told to nobody if it is rolled back', false, []],
  ])('that outlives the response %s', async (_what, commits, expected) => {
    @Controller('cards')
    class InterceptedController {
      @Patch(':id')
      @UseInterceptors(EarlyAnswer)
      @PublishOnUpdate('card')
      update(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }
    }
    const { app, client } = await watchedCards({}, { controllers: [InterceptedController], providers: [Database] });
    const database = app.get(Database);
    database.commits = commits;

    const answer = await app.request('PATCH', '/cards/1');
    await app.settle();
    expect(answer.status).toBe(200);
    expect(told(client)).toEqual([]);

    database.committing.open();
    await database.ended.opened;
    await app.settle();
    expect(told(client)).toEqual(expected);
  });

  it('is told to nobody in withoutPublishing()', async () => {
    @Controller('cards')
    class InterceptedController {
      @Patch(':id')
      @UseInterceptors(Silence)
      @PublishOnUpdate('card')
      update(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }
    }
    const { app, client } = await watchedCards({}, { controllers: [InterceptedController] });

    const answer = await app.request('PATCH', '/cards/1');
    await app.settle();

    expect(answer.status).toBe(200);
    expect(told(client)).toEqual([]);
  });
});
