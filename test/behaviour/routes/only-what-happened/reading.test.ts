import {
  Controller,
  ForbiddenException,
  Get,
  NotFoundException,
  Param,
  ParseIntPipe,
  Patch,
  Query,
  UseInterceptors,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { JoinRoom, PublishOnUpdate, Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Gate } from '../../../support/gate.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { overItsSocket } from '../support/manners.js';
import { subscriptions } from '../support/subscriptions.js';
import { envelope, impatient, insteadOfErrors, refusing, Replay } from './support/interceptors.js';

@Controller('boards/:boardId/tasks')
@Resourceful('task')
class TasksController {
  @Get()
  @SubscribeOnRead({ watch: true })
  @JoinRoom('board:{boardId}')
  find(@Param('boardId') _boardId: string) {
    throw new ForbiddenException();
  }

  @Get('page/:number')
  @SubscribeOnRead({ watch: true })
  findPage(@Param('number', ParseIntPipe) _number: number) {
    return [{ id: 5 }];
  }

  @Get(':id')
  @SubscribeOnRead({ select: 'data' })
  async findOne(@Param('id') id: string) {
    await Promise.resolve();
    throw new NotFoundException(id);
  }

  @Patch(':id')
  @PublishOnUpdate({ subscribe: true })
  update(@Param('id', ParseIntPipe) _id: number) {
    throw new ForbiddenException();
  }
}

async function run(controller: Type, ...interceptors: NestInterceptor[]): Promise<[TestApplication, TestClient, Logs]> {
  let logs!: Logs;
  const app = await start({
    controllers: [controller],
    main: (nest) => {
      logs = listenTo(nest);
      nest.useGlobalInterceptors(...interceptors);
    },
  });
  return [app, await app.connect(), logs];
}

async function roomsAfter(
  [app, client]: [TestApplication, TestClient, Logs],
  method: string,
  path: string,
): Promise<string[]> {
  const { status } = await overItsSocket.send(app, client, method, path);
  expect(status).toBe(200);
  const rooms = await app.sockets.socketRooms(client.id);
  return rooms.filter((room) => room !== client.id).toSorted();
}

describe('An error that an interceptor has turned into a response subscribes nobody', () => {
  it.each([
    { what: 'of a handler', method: 'GET', path: '/boards/7/tasks' },
    { what: 'of a handler, with the part that would be the record', method: 'GET', path: '/boards/7/tasks/5' },
    { what: 'of a pipe', method: 'GET', path: '/boards/7/tasks/page/one' },
    { what: 'of a change whose requester was to be subscribed', method: 'PATCH', path: '/boards/7/tasks/5' },
    { what: 'of a pipe of such a change', method: 'PATCH', path: '/boards/7/tasks/five' },
  ])('$what', async ({ method, path }) => {
    const rooms = await roomsAfter(await run(TasksController, envelope), method, path);
    expect(rooms.filter((room) => room.startsWith('resource:'))).toEqual([]);
  });

  it('though the value looks like the records that were read', async () => {
    const running = await run(TasksController, insteadOfErrors([{ id: 5 }]));
    expect(await roomsAfter(running, 'GET', '/boards/7/tasks')).toEqual([]);
    expect(await roomsAfter(running, 'PATCH', '/boards/7/tasks/5')).toEqual([]);
  });

  it('of another interceptor that refuses a change', async () => {
    const running = await run(TasksController, envelope, refusing);
    expect(await roomsAfter(running, 'PATCH', '/boards/7/tasks/5')).toEqual([]);
  });

  it('nor lets it anybody into a room', async () => {
    expect(await roomsAfter(await run(TasksController, envelope), 'GET', '/boards/7/tasks')).toEqual([]);
  });
});

describe('A read that is answered in the place of its handler', () => {
  @Controller('tasks')
  @Resourceful('task')
  @UseInterceptors(new Replay())
  class CachedController {
    reads = 0;

    @Get()
    @SubscribeOnRead({ watch: true })
    find() {
      this.reads++;
      return [];
    }

    @Get(':id')
    @SubscribeOnRead({ watch: true })
    findOne(@Param('id', ParseIntPipe) id: number) {
      this.reads++;
      return { id };
    }

    @Patch(':id')
    @PublishOnUpdate({ subscribe: true })
    update(@Param('id', ParseIntPipe) id: number) {
      this.reads++;
      return { id };
    }
  }

  it.each([
    { what: 'an empty list', method: 'GET', path: '/tasks', rooms: ['task'] },
    { what: 'a record', method: 'GET', path: '/tasks/5', rooms: ['task', 'task/5'] },
    { what: 'the answer to a change', method: 'PATCH', path: '/tasks/5', rooms: ['task/5'] },
  ])('subscribes like any other: $what from a cache', async ({ method, path, rooms }) => {
    const [app, client] = await run(CachedController);
    await app.request(method, path);
    const { reads } = app.get(CachedController);
    expect((await overItsSocket.send(app, client, method, path)).status).toBe(200);

    expect(app.get(CachedController).reads).toBe(reads);
    expect(await subscriptions(app, client)).toEqual(rooms);
  });

  it.each([
    { what: 'the one that the request names and all records show', path: 'boards/7/cards', rooms: ['card@boardId=7'] },
    { what: 'the one that the query names', path: 'cards?boardId=7', rooms: ['card@boardId=7'] },
    { what: 'none if the list is empty', path: 'boards/8/cards', rooms: [] },
    { what: 'none if the request names another', path: 'boards/mine/cards', rooms: [] },
    { what: 'none if the records show several', path: 'boards/9/cards', rooms: [] },
  ])('watches a slice, if there is no doubt which: $what', async ({ path, rooms }) => {
    @Controller()
    @Resourceful('card', { slices: ['boardId'] })
    @UseInterceptors(new Replay())
    class CardsController {
      @Get('boards/:boardId/cards')
      @SubscribeOnRead({ watch: true })
      ofBoard(@Param('boardId') board: string) {
        if (board === '8') return [];
        const boards = board === '9' ? [9, 10] : [7, 7];
        return boards.map((boardId, index) => ({ id: index + 1, boardId }));
      }

      @Get('cards')
      @SubscribeOnRead({ watch: true })
      byQuery(@Query('boardId', ParseIntPipe) boardId: number) {
        return [{ id: 1, boardId }];
      }
    }
    const [app, client] = await run(CardsController);
    await app.request('GET', `/${path}`);
    await overItsSocket.send(app, client, 'GET', `/${path}`);
    expect(await subscriptions(app, client)).toEqual(rooms);
  });

  it('subscribes nobody while the handler is still at work, and the log says so', async () => {
    const [called, gate] = [new Gate(), new Gate()];
    @Controller('tasks')
    @Resourceful('task')
    class SlowController {
      @Get()
      @SubscribeOnRead({ watch: true })
      async find() {
        called.open();
        await gate.opened;
        throw new ForbiddenException();
      }
    }
    const running = await run(SlowController, impatient(called.opened, []));
    expect(await roomsAfter(running, 'GET', '/tasks')).toEqual([]);
    gate.open();
    const [, , logs] = running;
    expect(logs.naming('SlowController.find()').warnings).toEqual([
      expect.stringContaining('the requester was not subscribed, since an interceptor answered while the handler'),
    ]);
  });
});
