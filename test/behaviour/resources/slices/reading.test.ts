import {
  Controller,
  Delete,
  Get,
  Param,
  ParseIntPipe,
  Query,
  Req,
  UseInterceptors,
  ValidationPipe,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { of, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  Resourceful,
  SubscribeOnRead,
  Unsubscribe,
  type PublishContext,
  type ResourceOptions,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { subscriptions } from '../../routes/support/subscriptions.js';
import { read } from './support/cards.js';

/** The rooms that a client is in after reading these. */
async function watchedAfter(
  controller: Type,
  ...urls: string[]
): Promise<{ rooms: string[]; log: Logs; app: TestApplication; client: TestClient }> {
  const log = new Logs();
  const app = await start({ controllers: [controller], main: log.open });
  const client = await app.connect();
  for (const url of urls) await read(client, url);
  return { rooms: await subscriptions(app, client), log, app, client };
}

const SEVERAL: ResourceOptions = { slices: ['boardId', 'ownerId', ['tenantId', 'boardId']] };

describe('which slice a reader watches', () => {
  it('is what the handler was called with: `/boards/07/cards` is about board 7', async () => {
    @Controller('boards/:boardId/cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      find(@Param('boardId', ParseIntPipe) _boardId: number) {
        return [];
      }
    }
    const { rooms } = await watchedAfter(CardsController, '/boards/07/cards');
    expect(rooms).toEqual(['card@boardId=7']);
  });

  it('is not what the client asked for, where a pipe puts something else in its place', async () => {
    class OwnBoard implements PipeTransform {
      transform() {
        return 'own';
      }
    }
    @Controller('cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get('path/:boardId')
      @SubscribeOnRead({ watch: true })
      byPath(@Param('boardId', OwnBoard) _boardId: string) {
        return [];
      }

      @Get('query')
      @SubscribeOnRead({ watch: true })
      byQuery(@Query('boardId', OwnBoard) _boardId: string) {
        return [];
      }
    }
    const urls = ['/cards/path/forbidden', '/cards/query?boardId=forbidden'];
    const { rooms } = await watchedAfter(CardsController, ...urls);
    expect(rooms).toEqual(['card@boardId=own']);
  });

  it('is found in objects of parameters, as their pipes left them', async () => {
    class Board implements PipeTransform {
      transform({ boardId }: { boardId: string }) {
        return { boardId: Number(boardId) };
      }
    }
    @Controller('cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get('path/:boardId')
      @SubscribeOnRead({ watch: true })
      byPath(@Param(Board) _params: { boardId: number }) {
        return [];
      }

      @Get('query')
      @SubscribeOnRead({ watch: true, slice: { boardId: 'boardId' } })
      byQuery(@Query(Board) _query: { boardId: number }) {
        return [];
      }
    }
    const { rooms } = await watchedAfter(CardsController, '/cards/path/07', '/cards/query?boardId=08');
    expect(rooms).toEqual(['card@boardId=7', 'card@boardId=8']);
  });

  it('is what stands in the path where the handler takes it from the request', async () => {
    @Controller('boards/:boardId/cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      find(@Req() _request: unknown) {
        return [];
      }
    }
    const { rooms } = await watchedAfter(CardsController, '/boards/a%2Fb/cards');
    expect(rooms).toEqual(['card@boardId=a%2Fb']);
  });

  it('has as many fields as the route knows: the path before a query, and more fields before fewer', async () => {
    @Controller()
    @Resourceful('card', SEVERAL)
    class CardsController {
      @Get('tenants/:tenantId/boards/:boardId/cards')
      @SubscribeOnRead({ watch: true })
      inTenant() {
        return [];
      }

      @Get('boards/:boardId/cards')
      @SubscribeOnRead({ watch: true })
      onBoard(@Query('ownerId') _ownerId?: string) {
        return [];
      }
    }
    const urls = ['/tenants/t/boards/7/cards', '/boards/8/cards?ownerId=1'];
    const { rooms } = await watchedAfter(CardsController, ...urls);
    expect(rooms).toEqual(['card@boardId=8', 'card@tenantId=t&boardId=7']);
  });

  it('is said by an optional query; without it or by two that differ, nothing is watched, logged once', async () => {
    @Controller('cards')
    @Resourceful('card', { slices: ['boardId', 'ownerId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      find(@Query('boardId') _boardId?: string, @Query('ownerId') _ownerId?: string) {
        return [{ id: 1 }];
      }
    }
    const urls = ['/cards', '/cards?boardId=7&ownerId=1', '/cards?boardId=', '/cards?boardId=7&boardId=8'];
    const { rooms, log, app, client } = await watchedAfter(CardsController, ...urls);
    expect(rooms).toEqual(['card/1']);
    const { warnings } = log.naming('CardsController.find()');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/@SubscribeOnRead\(\) on CardsController\.find\(\).*(boardId, ownerId)/);

    for (const url of ['/cards?boardId=7', '/cards?ownerId=1']) await read(client, url);
    expect(await subscriptions(app, client)).toEqual(['card/1', 'card@boardId=7', 'card@ownerId=1']);
  });

  it('is where the option says, by another parameter or by a function of the request', async () => {
    @Controller('boards/:id/cards')
    @Resourceful('card', { slices: [['tenantId', 'boardId']] })
    class CardsController {
      @Get()
      @SubscribeOnRead({
        watch: true,
        slice: { boardId: 'id', tenantId: async ({ request }: PublishContext) => request.headers['x-tenant'] },
      })
      find(@Param('id', ParseIntPipe) _id: number) {
        return [];
      }
    }
    const app = await start({ controllers: [CardsController] });
    const client = await app.connect({ extraHeaders: { 'x-tenant': 'acme' } });
    await read(client, '/boards/7/cards');
    expect(await subscriptions(app, client)).toEqual(['card@tenantId=acme&boardId=7']);
  });

  it('is none where a function knows none, and the reader hears of nothing but what was read', async () => {
    @Controller('cards')
    @Resourceful('card', { slices: ['tenantId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true, slice: { tenantId: () => undefined } })
      find() {
        return [{ id: 1, tenantId: 't' }];
      }
    }
    const { rooms } = await watchedAfter(CardsController, '/cards');
    expect(rooms).toEqual(['card/1']);
  });

  it('is all records where the option says that it is not a slice', async () => {
    @Controller('boards/:boardId/cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true, slice: false })
      find() {
        return [];
      }
    }
    const { rooms } = await watchedAfter(CardsController, '/boards/7/cards');
    expect(rooms).toEqual(['card']);
  });

  it('covers the records in it, so that none is subscribed to by itself, but not those beside it', async () => {
    @Controller('boards/:boardId/cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      find() {
        return [{ id: 1, boardId: 7 }, { id: 2 }, { id: 3, boardId: 8 }];
      }
    }
    const { rooms } = await watchedAfter(CardsController, '/boards/7/cards');
    expect(rooms).toEqual(['card/3', 'card@boardId=7']);
  });

  it('is told of by its own rooms for chosen verbs too, of which `entered` and `left` are always some', async () => {
    @Controller('boards/:boardId/cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: ['created'], verbs: 'updated' })
      find() {
        return [
          { id: 1, boardId: 7 },
          { id: 3, boardId: 8 },
        ];
      }
    }
    const { rooms } = await watchedAfter(CardsController, '/boards/7/cards');
    const verbs = ['created', 'entered', 'left', 'updated'];
    expect(rooms).toEqual(['card#updated/3', ...verbs.map((verb) => `card#${verb}@boardId=7`)].toSorted());
  });

  it('is that of an `ObjectId`, or whatever else is a string to clients', async () => {
    @Controller('cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true, slice: { boardId: () => ({ toJSON: () => 'aaa' }) } })
      find() {
        return [{ id: 1, boardId: { toJSON: () => 'aaa' } }];
      }
    }
    const { rooms } = await watchedAfter(CardsController, '/cards');
    expect(rooms).toEqual(['card@boardId=aaa']);
  });

  it('is not known where an interceptor answers from its cache: nothing is watched, and the log says so', async () => {
    class Cache implements NestInterceptor {
      private cached: unknown;

      intercept(_context: ExecutionContext, next: CallHandler) {
        return this.cached ? of(this.cached) : next.handle().pipe(tap((answer) => (this.cached = answer)));
      }
    }
    @Controller('boards/:boardId/cards')
    @Resourceful('card', { slices: ['boardId'] })
    @UseInterceptors(Cache)
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      find(@Param('boardId') _boardId: string) {
        return [{ id: 1 }];
      }
    }
    const { rooms, log } = await watchedAfter(CardsController, '/boards/7/cards', '/boards/8/cards');
    expect(rooms).toEqual(['card@boardId=7']);
    const { warnings } = log.naming('CardsController.find()');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/CardsController\.find\(\).*an interceptor answered in place of the handler/);
  });

  it('is left by @Unsubscribe alone, for whatever verbs it was watched; other slices remain', async () => {
    @Controller('boards/:boardId/cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: ['entered', 'left'] })
      find(@Param('boardId', ParseIntPipe) boardId: number) {
        return [{ id: boardId * 10, boardId }];
      }

      @Delete()
      @Unsubscribe({ watch: true })
      leave(@Param('boardId', ParseIntPipe) _boardId: number) {}
    }
    const urls = ['/boards/7/cards', '/boards/8/cards'];
    const { rooms, app, client } = await watchedAfter(CardsController, ...urls);
    const all = ['card#entered@boardId=7', 'card#entered@boardId=8', 'card#left@boardId=7', 'card#left@boardId=8'];
    expect(rooms).toEqual(all);

    await read(client, '/boards/07/cards', 'delete');
    expect(await subscriptions(app, client)).toEqual(all.filter((room) => room.endsWith('8')));
  });

  it('is nothing when the request is refused by the pipe', async () => {
    @Controller('cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      find(@Query('boardId', new ValidationPipe(), ParseIntPipe) _boardId: number) {
        return [];
      }
    }
    const app = await start({ controllers: [CardsController] });
    const client = await app.connect();
    await expect(read(client, '/cards?boardId=seven')).rejects.toThrow('400');
    expect(await subscriptions(app, client)).toEqual([]);
  });
});
