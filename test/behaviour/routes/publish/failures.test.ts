import { Body, Controller, Patch, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  BeforePublication,
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnUpdate,
  Resourceful,
  ResourcefulPubSub,
  type StandardSchema,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { stopClock } from '../../../support/clock.js';
import { Gate } from '../../../support/gate.js';
import { Logs } from '../../../support/logs.js';

interface Row {
  id: number;
  [field: string]: unknown;
}

const fail = (): never => {
  throw new Error('the option is broken');
};

const refusing: StandardSchema = { '~standard': { validate: () => ({ issues: [{ message: 'no' }] }) } };

class Vetoes {
  @BeforePublication('user', 'vetoed')
  veto() {
    throw new Error('the option is broken');
  }
}

@Controller('users')
@Resourceful('user')
class UsersController {
  @Post('when')
  @PublishOnCreate({ when: fail })
  when(@Body() body: Row) {
    return body;
  }

  @Post('when-later')
  @PublishOnCreate({ when: async () => fail() })
  whenLater(@Body() body: Row) {
    return body;
  }

  @Post('view')
  @PublishOnCreate({ view: fail })
  view(@Body() body: Row) {
    return body;
  }

  @Post('schema')
  @PublishOnCreate({ view: refusing })
  schema(@Body() body: Row) {
    return body;
  }

  @Post('id')
  @PublishOnCreate({ id: fail })
  id(@Body() body: Row) {
    return body;
  }

  @Post('to')
  @PublishOnCreate({ to: fail })
  to(@Body() body: Row) {
    return body;
  }

  @Post('to-nowhere')
  @PublishOnCreate({ to: () => '' })
  toNowhere(@Body() body: Row) {
    return body;
  }

  @Post('select')
  @PublishOnCreate({ select: fail })
  select(@Body() body: Row) {
    return body;
  }

  @Post(':id/child')
  @PublishOnAdd('pets', { child: fail })
  child(@Body() body: Row) {
    return body;
  }

  @Post('big-in-view')
  @PublishOnCreate({ view: () => ({ big: 1n }) })
  bigInView(@Body() body: Row) {
    return body;
  }

  @Post('circular-in-view')
  @PublishOnCreate({
    view: () => {
      const circular: Record<string, unknown> = {};
      circular.self = circular;
      return circular;
    },
  })
  circularInView(@Body() body: Row) {
    return body;
  }

  @Post('deep')
  @PublishOnCreate()
  deep(@Body() body: Row) {
    return { ...body, deep: Array.from({ length: 40 }).reduce((inner: unknown) => ({ inner }), {}) };
  }

  @Post('vetoed')
  @Publish('vetoed')
  vetoed(@Body() body: Row) {
    return body;
  }

  @Post('fine')
  @PublishOnCreate()
  fine(@Body() body: Row) {
    return body;
  }

  @Post('some')
  @PublishOnCreate({ view: (record: Row) => (record.id === 2 ? fail() : record) })
  some(@Body() body: Row[]) {
    return body;
  }

  @Post('circular')
  @PublishOnCreate()
  circular(@Body() body: Row) {
    body.self = body;
    return body;
  }

  @Post('big')
  @PublishOnCreate()
  big(@Body() body: Row) {
    return { ...body, big: 1n };
  }
}

describe('a publication that fails', () => {
  it.each([
    ...['when', 'when-later', 'view', 'schema', 'id', 'to', 'to-nowhere', 'select', '1/child'],
    ...['big-in-view', 'circular-in-view', 'deep', 'vetoed'],
  ])('is logged and counted, and the answer is untouched (%s)', async (path) => {
    const log = new Logs();
    const app = await start({ controllers: [UsersController], providers: [Vetoes], main: log.open });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    const answer = await app.request('POST', `/users/${path}`, { id: 1 });
    await app.request('POST', '/users/fine', { id: 2 });
    await app.settle();

    expect(answer).toMatchObject({ status: 201, body: { id: 1 } });
    expect(watcher.heard('user')).toEqual([{ verb: 'created', id: 2, data: { id: 2 } }]);
    const { errors } = log.naming('on UsersController');
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/on UsersController\.\w+\(\): not published\./);
    expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 1, failed: 1, skipped: 0 });
  });

  it('does not keep back those of the other records of the same answer', async () => {
    const log = new Logs();
    const app = await start({ controllers: [UsersController], main: log.open });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    await app.request('POST', '/users/some', [{ id: 1 }, { id: 2 }, { id: 3 }]);
    await app.settle();

    expect(watcher.heard('user')).toMatchObject([{ id: 1 }, { id: 3 }]);
    expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 2, failed: 1, skipped: 0 });
  });

  it.each(['circular', 'big'])(
    'as does an answer that cannot be sent, being %s, which fails by itself',
    async (path) => {
      const app = await start({ controllers: [UsersController] });
      const watcher = await app.connect();
      await app.channel('user').watch(watcher.id);

      expect((await app.request('POST', `/users/${path}`, { id: 1 })).status).toBe(500);
      expect((await app.request('POST', '/users/fine', { id: 2 })).status).toBe(201);
      await app.settle();

      expect(watcher.heard('user')).toMatchObject([{ id: 2 }]);
    },
  );
});

describe('a publication that takes its time', () => {
  it('delays no answer, and keeps its place before those that follow', async () => {
    const gate = new Gate();
    @Controller('users')
    @Resourceful('user')
    class SlowController {
      @Patch(':id')
      @PublishOnUpdate({
        view: (async (record: Row) => {
          if (record.id === 1) await gate.opened;
          return record;
        }) as (record: Row) => unknown,
      })
      update(@Body() body: Row) {
        return body;
      }
    }
    const app = await start({ controllers: [SlowController] });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    for (const id of [1, 2, 3]) expect((await app.request('PATCH', `/users/${id}`, { id })).status).toBe(200);
    await app.settle();
    expect(watcher.heard('user')).toEqual([]);

    gate.open();
    await watcher.next<Row>('user', ({ id }) => id === 3);
    expect((watcher.heard('user') as Row[]).map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('for ever is given up after five seconds, logged and counted, and those behind it go out', async () => {
    const log = new Logs();
    @Controller('users')
    @Resourceful('user')
    class HangingController {
      @Patch(':id')
      @PublishOnUpdate({ view: ((record: Row) => (record.id < 3 ? new Promise(() => {}) : record)) as () => unknown })
      update(@Body() body: Row) {
        return body;
      }
    }
    const app = await start({ controllers: [HangingController], main: log.open });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    const clock = stopClock();
    for (const id of [1, 2, 3]) expect((await app.request('PATCH', `/users/${id}`, { id })).status).toBe(200);
    await clock.pass(4_999);
    await app.settle();
    expect(watcher.heard('user')).toEqual([]);
    // Both of them at once: a queue of such does not grow without bounds.
    await clock.pass(1);
    await watcher.next<Row>('user', ({ id }) => id === 3);

    expect(watcher.heard('user')).toHaveLength(1);
    const { errors } = log.naming('HangingController.update()');
    expect(errors).toHaveLength(2);
    expect(errors[0]).toContain('5000 ms');
    expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 1, failed: 2, skipped: 0 });
  });

  it('a previous that never comes holds the request for five seconds at the most', async () => {
    const log = new Logs();
    const reading = new Gate();
    @Controller('users')
    @Resourceful('user')
    class HangingController {
      @Patch(':id')
      @PublishOnUpdate({
        previous: () => {
          reading.open();
          return new Promise(() => {});
        },
      })
      update(@Body() body: Row) {
        return body;
      }
    }
    const app = await start({ controllers: [HangingController], main: log.open });
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    const clock = stopClock();
    const answer = app.request('PATCH', '/users/1', { id: 1 });
    await reading.opened;
    await clock.pass(5_000);

    expect((await answer).status).toBe(200);
    await app.settle();
    expect(watcher.heard('user')).toEqual([{ verb: 'updated', id: 1, data: { id: 1 } }]);
    expect(log.errors.join()).toContain('the option "previous" failed');
  });
});
