import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Res, StreamableFile, type Type } from '@nestjs/common';
import { Readable } from 'node:stream';
import { from, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  Publish,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  ResourcefulPubSub,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

interface Row {
  id: number;
  [field: string]: unknown;
}

async function watch(app: TestApplication): Promise<TestClient> {
  const watcher = await app.connect();
  await app.channel('user').watch(watcher.id);
  return watcher;
}

describe('what a route answers', () => {
  it('row 22: a record, a promise, an array (one message each), an Observable’s last value, an envelope', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post('record')
      @PublishOnCreate()
      record() {
        return { id: 1 };
      }

      @Post('promise')
      @PublishOnCreate()
      async promise() {
        return { id: 2 };
      }

      @Post('array')
      @PublishOnCreate()
      array() {
        return [{ id: 3 }, { id: 4 }];
      }

      @Post('none')
      @PublishOnCreate()
      none() {
        return [];
      }

      @Post('observable')
      @PublishOnCreate()
      observable() {
        return from([{ id: 0 }, { id: 5 }]);
      }

      @Post('promised-observable')
      @PublishOnCreate()
      async promisedObservable() {
        return of({ id: 6 });
      }

      @Post('envelope')
      @PublishOnCreate({ select: 'rows' })
      envelope() {
        return { rows: [{ id: 7 }, { id: 8 }], total: 2 };
      }

      @Post('passthrough')
      @PublishOnCreate()
      passthrough(@Res({ passthrough: true }) response: { header(name: string, value: string): unknown }) {
        response.header('x-seen', 'yes');
        return { id: 9 };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    const paths = [
      'record',
      'promise',
      'array',
      'none',
      'observable',
      'promised-observable',
      'envelope',
      'passthrough',
    ];
    for (const path of paths) expect((await app.request('POST', `/users/${path}`)).status).toBe(201);
    await app.settle();

    expect(watcher.heard('user')).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => ({ verb: 'created', id, data: { id } })),
    );
    expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 9, failed: 0, skipped: 0 });
  });

  it('row 25: nothing at all, and what an ORM says of a deletion, where the route names the record; null is none', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Delete('nothing/:id')
      @HttpCode(204)
      @PublishOnDestroy()
      nothing() {}

      @Delete('null/:id')
      @PublishOnDestroy()
      null() {
        return null;
      }

      @Delete('result/:id')
      @PublishOnDestroy()
      result() {
        return { raw: [], affected: 1 };
      }

      @Delete('several')
      @PublishOnDestroy({ id: 'id' })
      several() {
        return [{ id: 4 }, { id: 5 }];
      }

      @Patch(':id')
      @PublishOnUpdate()
      update() {}
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    for (const path of ['nothing/1', 'null/2', 'result/3', 'several']) await app.request('DELETE', `/users/${path}`);
    await app.request('PATCH', '/users/6');
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'destroyed', id: '1' },
      { verb: 'destroyed', id: '3' },
      { verb: 'destroyed', id: 4 },
      { verb: 'destroyed', id: 5 },
      { verb: 'updated', id: 6, data: { id: 6 } },
    ]);
  });

  it('several records are not all taken for the one that the route names', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch(':id')
      @PublishOnUpdate()
      update() {
        return [{ name: 'ada' }, { id: 2 }, { name: 'joan' }];
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('PATCH', '/users/1');
    await app.settle();

    expect(watcher.heard('user')).toEqual([{ verb: 'updated', id: 2, data: { id: 2 } }]);
    expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 1, failed: 0, skipped: 2 });
  });

  it('row 26: the subscriptions to a destroyed record end for everybody', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Delete(':id')
      @PublishOnDestroy()
      remove() {}

      @Post()
      @Publish('seen')
      see(@Body() body: Row) {
        return body;
      }
    }
    const app = await start({ controllers: [UsersController] });
    const subscriber = await app.connect();
    await app.channel('user').subscribe(subscriber.id, [1, 2]);

    await app.request('DELETE', '/users/1');
    await app.request('POST', '/users', { id: 1 });
    await app.request('POST', '/users', { id: 2 });
    await app.settle();

    expect(subscriber.heard('user')).toMatchObject([
      { verb: 'destroyed', id: '1' },
      { verb: 'seen', id: 2 },
    ]);
    expect(await app.channel('user').subscribers(1)).toEqual([]);
  });

  const streams: Array<{ kind: string; answer: () => unknown }> = [
    { kind: 'a StreamableFile', answer: () => new StreamableFile(Buffer.from('{"id":1}')) },
    { kind: 'a Node stream', answer: () => Readable.from(['{"id":1}']) },
    { kind: 'a Buffer', answer: () => Buffer.from('{"id":1}') },
    {
      kind: 'an async generator',
      answer: async function* answer() {
        yield { id: 1 };
      },
    },
    {
      kind: 'an async iterable',
      answer: () => ({ id: 1, [Symbol.asyncIterator]: async function* iterate() {} }),
    },
    { kind: 'a web Response', answer: () => new Response('{"id":1}') },
    { kind: 'a web stream', answer: () => new Blob(['{"id":1}']).stream() },
  ];
  it.each(streams)('$kind is never published, nor touched', async ({ answer }) => {
    // Declared on the outside, so that boot cannot know.
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch(':id')
      @PublishOnUpdate()
      update(): unknown {
        return answer();
      }
    }
    @Controller('plain')
    class PlainController {
      @Patch(':id')
      update(): unknown {
        return answer();
      }
    }
    const controllers: Type[] = [UsersController, PlainController];
    const app = await start({ controllers });
    const watcher = await watch(app);

    const plain = await app.request('PATCH', '/plain/1', {});
    const published = await app.request('PATCH', '/users/1', {});
    await app.settle();

    expect(published).toMatchObject({ status: plain.status, body: plain.body });
    expect(watcher.heard('user')).toEqual([]);
    const { published: sent, failed } = app.get(ResourcefulPubSub).counters;
    expect({ sent, failed }).toEqual({ sent: 0, failed: 0 });
  });

  it('a route without a decorator publishes nothing', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Get()
      find() {
        return [{ id: 1 }];
      }

      @Post()
      create() {
        return { id: 1 };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);
    await app.request('GET', '/users');
    await app.request('POST', '/users');
    await app.settle();
    expect(watcher.heard('user')).toEqual([]);
  });
});
