import {
  Body,
  ConflictException,
  Controller,
  Delete,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  UseInterceptors,
  type NestInterceptor,
  type NestModule,
  type Type,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { concat, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  ResourcefulPubSub,
  SocketsModule,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Gate } from '../../../support/gate.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { envelope, impatient, insteadOfErrors, refusing, Replay, retrying, takingOne } from './support/interceptors.js';

interface Task {
  id: number;
  title?: string;
}

interface Running {
  app: TestApplication;
  watcher: TestClient;
  logs: Logs;
}

/** Starts the application, and watches tasks; a second client is subscribed to task 5 alone. */
async function run(controller: Type, ...interceptors: NestInterceptor[]): Promise<Running> {
  let logs!: Logs;
  const app = await start({
    controllers: [controller],
    main: (nest) => {
      logs = listenTo(nest);
      nest.useGlobalInterceptors(...interceptors);
    },
  });
  const watcher = await app.connect();
  await app.channel('task').watch(watcher.id);
  await app.channel('task').subscribe(watcher.id, [5]);
  return { app, watcher, logs };
}

async function expectNothing({ app, watcher, logs }: Running): Promise<void> {
  await app.settle();
  expect(watcher.heard('task')).toEqual([]);
  expect(await app.channel('task').subscribers(5)).toEqual([watcher.id]);
  expect(app.get(ResourcefulPubSub).counters.published).toBe(0);
  expect(logs.naming('TasksController').errors).toEqual([]);
}

@Controller('tasks')
@Resourceful('task')
class TasksController {
  @Post()
  @PublishOnCreate({ select: 'data' })
  create() {
    throw new ConflictException('duplicate');
  }

  @Patch('later/:id')
  @PublishOnUpdate()
  async updateLater(@Param('id', ParseIntPipe) id: number) {
    await Promise.resolve();
    throw new ConflictException(`${id} is locked`);
  }

  @Patch('emits/:id')
  @PublishOnUpdate()
  updateAndFail(@Param('id', ParseIntPipe) id: number) {
    return concat(
      of({ id }),
      throwError(() => new Error('the connection is lost')),
    );
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) id: number) {
    throw new NotFoundException(`you may not delete ${id}`);
  }
}

describe('An error that an interceptor has turned into a response publishes nothing', () => {
  it.each([
    { what: 'thrown by the handler', method: 'POST', path: '/tasks' },
    { what: 'rejected by the handler', method: 'PATCH', path: '/tasks/later/5' },
    { what: 'of the handler’s Observable, after it has emitted', method: 'PATCH', path: '/tasks/emits/5' },
    { what: 'thrown where a record was to be destroyed', method: 'DELETE', path: '/tasks/5' },
    { what: 'of a pipe', method: 'DELETE', path: '/tasks/five' },
  ])('$what', async ({ method, path }) => {
    const running = await run(TasksController, envelope);
    const { body } = await running.app.request(method, path, method === 'DELETE' ? undefined : {});
    expect(body).toMatchObject({ success: false });
    await expectNothing(running);
    expect(running.logs.naming('TasksController').warnings).toEqual([]);
  });

  it('though the value looks like the record', async () => {
    const running = await run(TasksController, insteadOfErrors({ id: 5, data: { id: 5 } }));
    await running.app.request('POST', '/tasks', {});
    await running.app.request('PATCH', '/tasks/later/5', {});
    await running.app.request('DELETE', '/tasks/5');
    await expectNothing(running);
  });

  it('of another interceptor', async () => {
    const running = await run(TasksController, envelope, refusing);
    expect((await running.app.request('DELETE', '/tasks/5')).body).toMatchObject({ message: 'refused' });
    await expectNothing(running);
  });

  it('of a handler that called others, which did succeed', async () => {
    @Controller('tasks')
    @Resourceful('task')
    class Calling {
      @Patch(':id')
      @PublishOnUpdate()
      update(@Param('id', ParseIntPipe) id: number): Task {
        return { id };
      }

      @Delete(':id')
      @PublishOnDestroy()
      async remove(@Param('id', ParseIntPipe) id: number, again = true): Promise<void> {
        this.update(id);
        if (!again) return;
        await this.remove(id, false);
        throw new ConflictException();
      }
    }
    const running = await run(Calling, envelope);
    expect((await running.app.request('DELETE', '/tasks/5')).body).toMatchObject({ success: false });
    await expectNothing(running);
  });
});

describe('A handler that is called', () => {
  it('publishes what it did, once, though it failed at first', async () => {
    let attempts = 0;
    @Controller('tasks')
    @Resourceful('task')
    class Unsteady {
      @Patch(':id')
      @PublishOnUpdate({ when: (_task, { args }) => args[0] === 5 })
      update(@Param('id', ParseIntPipe) id: number) {
        if (++attempts < 3) throw new ConflictException();
        return { id, attempts };
      }
    }
    const { app, watcher } = await run(Unsteady, retrying(2));

    expect((await app.request('PATCH', '/tasks/5', {})).status).toBe(200);
    await app.settle();

    expect(watcher.heard('task')).toEqual([{ verb: 'updated', id: 5, data: { id: 5, attempts: 3 } }]);
  });

  it('publishes nothing if it fails again and again', async () => {
    const running = await run(TasksController, envelope, retrying(2));
    expect((await running.app.request('DELETE', '/tasks/5')).body).toMatchObject({ success: false });
    await expectNothing(running);
  });

  it('publishes nothing if it fails when it is called again', async () => {
    let attempts = 0;
    @Controller('tasks')
    @Resourceful('task')
    class Unsteady {
      @Delete(':id')
      @PublishOnDestroy()
      remove() {
        if (++attempts > 1) throw new ConflictException();
      }
    }
    const rollback: NestInterceptor = {
      intercept: (_context, next) =>
        concat(
          next.handle(),
          throwError(() => new Error('could not commit')),
        ),
    };
    const running = await run(Unsteady, envelope, retrying(1), rollback);
    expect((await running.app.request('DELETE', '/tasks/5')).body).toMatchObject({ success: false });
    await expectNothing(running);
    expect(attempts).toBe(2);
  });

  it('publishes once, whatever other handlers it calls', async () => {
    @Controller('tasks')
    @Resourceful('task')
    class Calling {
      private lastId = 0;

      @Post()
      @PublishOnCreate()
      create(@Body() { title }: { title: string }): Task {
        return { id: ++this.lastId, title };
      }

      @Post('import')
      @PublishOnCreate()
      async import(@Body() { titles }: { titles: string[] }, again = true): Promise<Task[]> {
        const tasks = titles.map((title) => this.create({ title }));
        return again ? [...tasks, ...(await this.import({ titles }, false))] : tasks;
      }
    }
    const { app, watcher } = await run(Calling);

    await app.request('POST', '/tasks/import', { titles: ['a', 'b'] });
    await app.settle();

    expect(watcher.heard('task').map((message) => (message as Task).id)).toEqual([1, 2, 3, 4]);
  });

  it('publishes what it did, though a tracer has wrapped it', async () => {
    const traced: number[] = [];
    @Controller('tasks')
    @Resourceful('task')
    @UseInterceptors(envelope)
    class TracedController {
      @Patch(':id')
      @PublishOnUpdate({ select: 'data' })
      update(@Param('id', ParseIntPipe) id: number): Task {
        if (id !== 5) throw new ConflictException();
        return { id };
      }
    }
    /** Wraps the handler as late as tracers do that patch Nest's router. */
    @Module({ controllers: [TracedController] })
    class TracingModule implements NestModule {
      constructor(private readonly moduleRef: ModuleRef) {}

      configure(): void {
        const controller = this.moduleRef.get(TracedController);
        const original = controller.update.bind(controller);
        controller.update = function update(id: number) {
          traced.push(id);
          return original(id);
        };
      }
    }
    const app = await start({ imports: [SocketsModule.forRoot(), TracingModule] });
    const watcher = await app.connect();
    await app.channel('task').watch(watcher.id);

    for (const id of [5, 6]) expect((await app.request('PATCH', `/tasks/${id}`, {})).status).toBe(200);
    await app.settle();

    expect(traced).toEqual([5, 6]);
    expect(watcher.heard('task')).toEqual([{ verb: 'updated', id: 5, data: { id: 5 } }]);
  });

  it('publishes what it emits first, if the response waits for no more', async () => {
    @Controller('tasks')
    @Resourceful('task')
    class Emitting {
      @Patch(':id')
      @PublishOnUpdate()
      update(@Param('id', ParseIntPipe) id: number) {
        return of({ id, title: 'first' }, { id, title: 'second' });
      }
    }
    const { app, watcher } = await run(Emitting, takingOne);
    await app.request('PATCH', '/tasks/5', {});
    await app.settle();
    expect(watcher.heard('task')).toEqual([{ verb: 'updated', id: 5, data: { id: 5, title: 'first' } }]);
  });

  it('publishes nothing while it is still at work, and the log says so once', async () => {
    const [called, gate] = [new Gate(), new Gate()];
    @Controller('tasks')
    @Resourceful('task')
    class SlowController {
      @Patch(':id')
      @PublishOnUpdate()
      async update(@Param('id', ParseIntPipe) id: number) {
        called.open();
        await gate.opened;
        return { id };
      }
    }
    const running = await run(SlowController, impatient(called.opened, { id: 5 }));
    for (const _ of [1, 2]) expect((await running.app.request('PATCH', '/tasks/5', {})).body).toEqual({ id: 5 });
    await running.app.settle();
    gate.open();
    await expectNothing(running);
    expect(running.logs.naming('SlowController.update()').warnings).toEqual([
      expect.stringContaining('an interceptor answered while the handler was still at work'),
    ]);
  });
});

describe('A handler that is not called', () => {
  it('publishes nothing, where an interceptor replays what was answered before', async () => {
    @Controller('tasks')
    @Resourceful('task')
    @UseInterceptors(new Replay())
    class Replayed {
      private lastId = 0;

      @Post()
      @PublishOnCreate()
      create(): Task {
        return { id: ++this.lastId };
      }

      @Delete(':id')
      @PublishOnDestroy()
      remove(@Param('id', ParseIntPipe) _id: number) {}
    }
    const { app, watcher } = await run(Replayed);
    const key = { 'idempotency-key': 'once' };

    for (const _ of [1, 2]) expect((await app.request('POST', '/tasks', {}, key)).body).toEqual({ id: 1 });
    await app.request('POST', '/tasks', {}, { 'idempotency-key': 'another' });
    await app.request('DELETE', '/tasks/5');
    await app.channel('task').subscribe(watcher.id, [5]);
    await app.request('DELETE', '/tasks/5');
    await app.settle();

    expect(watcher.heard('task')).toMatchObject([
      { verb: 'created', id: 1 },
      { verb: 'created', id: 2 },
      { verb: 'destroyed', id: 5 },
    ]);
    expect(await app.channel('task').subscribers(5)).toEqual([watcher.id]);
  });
});
