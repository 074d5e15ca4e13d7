import { Body, Controller, Delete, Get, HttpCode, Param, ParseIntPipe, Patch, Post, Put } from '@nestjs/common';
import { Expose } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  hasMany,
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnReplace,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  type PublishContext,
  type StandardSchema,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

interface Row {
  id: number;
  name?: string;
  [field: string]: unknown;
}

async function watch(app: TestApplication, resource = 'user'): Promise<TestClient> {
  const watcher = await app.connect();
  await app.channel(resource).watch(watcher.id);
  return watcher;
}

describe('publishing decorators', () => {
  it("@PublishOnCreate('user') stands alone, without @Resourceful", async () => {
    @Controller('people')
    class PeopleController {
      @Post()
      @PublishOnCreate('user')
      create(@Body() body: Row) {
        return body;
      }

      @Patch(':id')
      @PublishOnUpdate('user', { mirror: true })
      update(@Param('id') id: string, @Body() body: object) {
        return { id: Number(id), ...body };
      }

      @Delete(':id')
      @PublishOnDestroy('user')
      remove(@Param('id') _id: string) {}
    }
    const app = await start({ controllers: [PeopleController] });
    const watcher = await watch(app);

    await app.request('POST', '/people', { id: 1 });
    await app.request('PATCH', '/people/1', { name: 'grace' });
    await app.request('DELETE', '/people/2');
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'created', id: 1, data: { id: 1 } },
      { verb: 'updated', id: 1, data: { id: 1, name: 'grace' } },
      { verb: 'destroyed', id: 2 },
    ]);
  });

  it('rows 22, 24, 25, 27, 28, 29: every verb has its message', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post()
      @PublishOnCreate()
      create(@Body() body: Row) {
        return body;
      }

      @Patch(':id')
      @PublishOnUpdate()
      update(@Param('id', ParseIntPipe) id: number, @Body() body: object) {
        return { id, ...body };
      }

      @Put(':id/pets/:petId')
      @PublishOnAdd('pets')
      add(@Param('id', ParseIntPipe) id: number, @Param('petId', ParseIntPipe) petId: number) {
        return { id, pets: [petId] };
      }

      @Delete(':id/pets/:petId')
      @PublishOnRemove('pets')
      take(@Param('id', ParseIntPipe) _id: number, @Param('petId', ParseIntPipe) _petId: number) {}

      @Put(':id/pets')
      @PublishOnReplace('pets', { previous: () => [7, 8] })
      replace(@Param('id', ParseIntPipe) id: number, @Body() body: { pets: number[] }) {
        return { id, ...body };
      }

      @Post(':id/archive')
      @Publish('archived')
      archive(@Param('id', ParseIntPipe) id: number) {
        return { id, archived: true };
      }

      @Post(':id/poke')
      @Publish('messaged')
      poke(@Param('id', ParseIntPipe) _id: number) {
        return { from: 'ada' };
      }

      @Delete(':id')
      @HttpCode(204)
      @PublishOnDestroy()
      remove(@Param('id', ParseIntPipe) _id: number) {}
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('POST', '/users', { id: 1, name: 'ada' });
    await app.request('PATCH', '/users/1', { name: 'grace' });
    await app.request('PUT', '/users/1/pets/7');
    await app.request('DELETE', '/users/1/pets/7');
    await app.request('PUT', '/users/1/pets', { pets: [8, 9] });
    await app.request('POST', '/users/1/archive');
    await app.request('POST', '/users/1/poke');
    await app.request('DELETE', '/users/1');
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'created', id: 1, data: { id: 1, name: 'ada' } },
      { verb: 'updated', id: 1, data: { id: 1, name: 'grace' } },
      { verb: 'addedTo', id: 1, attribute: 'pets', addedId: 7 },
      { verb: 'removedFrom', id: 1, attribute: 'pets', removedId: 7 },
      { verb: 'addedTo', id: 1, attribute: 'pets', addedId: 9 },
      { verb: 'removedFrom', id: 1, attribute: 'pets', removedId: 7 },
      { verb: 'archived', id: 1, data: { id: 1, archived: true } },
      { verb: 'messaged', id: 1, data: { from: 'ada' } },
      { verb: 'destroyed', id: 1 },
    ]);
  });

  it('the options resource, id, select and when say what is published, and whether', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post('other')
      @PublishOnCreate({ resource: 'person' })
      other(@Body() body: Row) {
        return body;
      }

      @Post('field')
      @PublishOnCreate({ id: 'number' })
      byField(@Body() body: object) {
        return body;
      }

      @Patch('parameter/:slug')
      @PublishOnUpdate({ id: 'slug' })
      byParameter(@Param('slug') _slug: string, @Body() body: object) {
        return body;
      }

      @Patch('function/:key')
      @PublishOnUpdate({
        id: (record: Row, { params, query }: PublishContext) => `${record.id}-${params.key}-${query.q}`,
      })
      byFunction(@Body() body: object) {
        return body;
      }

      @Post('selected')
      @PublishOnCreate({ select: 'data' })
      selected(@Body() body: Row) {
        return { data: body };
      }

      @Post('selected-by-function')
      @PublishOnCreate({ select: (response: { rows: Row[] }) => response.rows })
      selectedByFunction(@Body() body: Row) {
        return { rows: [body, { id: 99 }] };
      }

      @Post('when')
      @PublishOnCreate({ when: (record: Row, { body }: PublishContext) => record.id > 5 && body.name !== 'hidden' })
      when(@Body() body: Row) {
        return body;
      }

      @Post('when-later')
      @PublishOnCreate({ when: async (record: Row) => record.id > 5 })
      whenLater(@Body() body: Row) {
        return body;
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);
    const other = await watch(app, 'person');

    await app.request('POST', '/users/other', { id: 1 });
    await app.request('POST', '/users/field', { id: 'not this', number: 2 });
    await app.request('PATCH', '/users/parameter/three', { id: 'not this' });
    await app.request('PATCH', '/users/function/k?q=x', { id: 4 });
    await app.request('POST', '/users/selected', { id: 5 });
    await app.request('POST', '/users/selected-by-function', { id: 6 });
    for (const path of ['when', 'when-later']) {
      await app.request('POST', `/users/${path}`, { id: 1 });
      await app.request('POST', `/users/${path}`, { id: 7 });
    }
    await app.request('POST', '/users/when', { id: 7, name: 'hidden' });
    await app.settle();

    expect(other.heard('person')).toEqual([{ verb: 'created', id: 1, data: { id: 1 } }]);
    expect((watcher.heard('user') as Row[]).map(({ id }) => id)).toEqual([2, 'three', '4-k-x', 5, 6, 99, 7, 7]);
  });

  it('the option to reaches further rooms, with the record’s own message only', async () => {
    @Controller('pets')
    @Resourceful('pet', { relations: { owner: belongsTo('user', 'pets') } })
    class PetsController {
      @Post()
      @PublishOnCreate({ to: 'lobby' })
      create(@Body() body: Row) {
        return body;
      }

      @Patch(':id')
      @PublishOnUpdate({
        to: (record: Row, { params }: PublishContext) => [`board:${String(record.board)}`, `pet:${params.id}`],
      })
      update(@Body() body: Row) {
        return body;
      }
    }
    const app = await start({
      controllers: [PetsController],
      imports: [SocketsModule.forRoot({ resources: { user: {} } })],
    });
    const [lobby, board, bystander] = [await app.connect(), await app.connect(), await app.connect()];
    await app.sockets.join(lobby.id, 'lobby');
    await app.sockets.join(board.id, ['board:3', 'pet:1']);

    await app.request('POST', '/pets', { id: 1, owner: 4 });
    await app.request('PATCH', '/pets/1', { id: 1, board: 3 });
    await app.settle();

    expect(lobby.received.filter(([event]) => event !== 'marker')).toMatchObject([['pet', { verb: 'created' }, {}]]);
    expect(board.heard('pet')).toEqual([{ verb: 'updated', id: 1, data: { id: 1, board: 3 } }]);
    expect(bystander.heard('pet')).toEqual([]);
  });

  it('the option view is a class, a Standard Schema or a function, also for what is added and what was', async () => {
    class PublicUser {
      @Expose() id!: number;
      @Expose() name!: string;
    }
    const schema: StandardSchema = {
      '~standard': { validate: async (value) => ({ value: { id: (value as Row).id, fits: true } }) },
    };

    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch('class/:id')
      @PublishOnUpdate({ view: PublicUser, previous: () => ({ id: 1, name: 'ada', email: 'old' }) })
      byClass(@Body() body: Row) {
        return body;
      }

      @Post('schema')
      @PublishOnCreate({ view: schema })
      bySchema(@Body() body: Row) {
        return body;
      }

      @Post('function')
      @Publish('renamed', { view: ({ id }: Row) => ({ id, by: 'function' }) })
      byFunction(@Body() body: Row) {
        return body;
      }

      @Post(':id/friends')
      @PublishOnAdd('friends', { view: PublicUser })
      add(@Body() body: Row) {
        return body;
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    const answer = await app.request('PATCH', '/users/class/1', { id: 1, name: 'grace', email: 'new' });
    await app.request('POST', '/users/schema', { id: 2, email: 'new' });
    await app.request('POST', '/users/function', { id: 3, email: 'new' });
    await app.request('POST', '/users/1/friends', { id: 4, name: 'joan', email: 'new' });
    await app.settle();

    expect(answer.body).toEqual({ id: 1, name: 'grace', email: 'new' });
    expect(watcher.heard('user')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1, name: 'grace' }, previous: { id: 1, name: 'ada' } },
      { verb: 'created', id: 2, data: { id: 2, fits: true } },
      { verb: 'renamed', id: 3, data: { id: 3, by: 'function' } },
      { verb: 'addedTo', id: 1, attribute: 'friends', addedId: 4, added: { id: 4, name: 'joan' } },
    ]);
  });

  it('rows 35, 40: the other side of a relation is told, unless noReverse', async () => {
    @Controller('pets')
    @Resourceful('pet', { relations: { owner: belongsTo('user', 'pets') } })
    class PetsController {
      @Post()
      @PublishOnCreate()
      create(@Body() body: Row) {
        return body;
      }

      @Post('quiet')
      @PublishOnCreate({ noReverse: true })
      quiet(@Body() body: Row) {
        return body;
      }
    }
    @Controller('users')
    @Resourceful('user')
    class UsersController {}
    const app = await start({ controllers: [PetsController, UsersController] });
    const owner = await app.connect();
    await app.channel('user').subscribe(owner.id, 4);

    await app.request('POST', '/pets/quiet', { id: 1, owner: 4 });
    await app.request('POST', '/pets', { id: 2, owner: 4 });
    await app.settle();

    expect(owner.heard('user')).toEqual([{ verb: 'addedTo', id: 4, attribute: 'pets', addedId: 2 }]);
  });

  it('row 36: the option movedFrom tells the parent that was robbed', async () => {
    @Controller('users')
    @Resourceful('user', { relations: { pets: hasMany('pet', 'owner') } })
    class UsersController {
      @Put(':id/pets/:petId')
      @PublishOnAdd('pets', { movedFrom: 9 })
      add() {}

      @Post()
      @PublishOnCreate({ movedFrom: (petId) => (petId === 2 ? 8 : undefined) })
      create(@Body() body: Row) {
        return body;
      }
    }
    @Controller('pets')
    @Resourceful('pet', { idType: 'number' })
    class PetsController {}
    const app = await start({ controllers: [UsersController, PetsController] });
    const robbed = await app.connect();
    await app.channel('user').subscribe(robbed.id, [8, 9]);

    await app.request('PUT', '/users/1/pets/7');
    await app.request('POST', '/users', { id: 2, pets: [1, 2] });
    await app.settle();

    expect(robbed.heard('user')).toEqual([
      { verb: 'removedFrom', id: 9, attribute: 'pets', removedId: 7 },
      { verb: 'removedFrom', id: 8, attribute: 'pets', removedId: 2 },
    ]);
  });

  it('the option child says what is added, removed or put in place', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post(':id/pets/:petId/:reason')
      @PublishOnAdd('pets', { child: 'petId' })
      byParameter() {}

      @Delete(':id/pets')
      @PublishOnRemove('pets', { child: (_response, { query }) => query.pet as string })
      byFunction() {}

      @Post(':id/pets')
      @PublishOnAdd('pets', { child: (_response, { body }) => body as unknown })
      several() {}

      @Put(':id/pets')
      @PublishOnReplace('pets', { child: (response: { list: Row[] }) => response.list })
      replace(@Body() body: Row[]) {
        return { list: body };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('POST', '/users/1/pets/7/gift');
    await app.request('DELETE', '/users/1/pets?pet=8');
    await app.request('POST', '/users/1/pets', [9, 10]);
    await app.request('PUT', '/users/1/pets', [{ id: 11 }]);
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'addedTo', id: '1', attribute: 'pets', addedId: '7' },
      { verb: 'removedFrom', id: '1', attribute: 'pets', removedId: '8' },
      { verb: 'addedTo', id: '1', attribute: 'pets', addedId: 9 },
      { verb: 'addedTo', id: '1', attribute: 'pets', addedId: 10 },
      { verb: 'addedTo', id: '1', attribute: 'pets', addedId: 11 },
    ]);
  });

  it('on a class a decorator is for the routes of its conventional method, and a method’s own wins', async () => {
    @Controller('users')
    @Resourceful('user')
    @PublishOnCreate()
    @PublishOnUpdate()
    @PublishOnDestroy()
    class UsersController {
      @Get(':id')
      findOne(@Param('id') id: string) {
        return { id };
      }

      @Post()
      create(@Body() body: Row) {
        return body;
      }

      @Put(':id')
      put(@Body() body: Row) {
        return body;
      }

      @Patch(':id')
      patch(@Body() body: Row) {
        return body;
      }

      @Delete(':id')
      remove() {}

      @Post(':id/archive')
      @Publish('archived')
      archive(@Param('id') id: string) {
        return { id };
      }

      @Post('silent')
      @PublishOnCreate({ when: () => false })
      silent() {
        return { id: 5 };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('GET', '/users/1');
    await app.request('POST', '/users', { id: 1 });
    await app.request('PUT', '/users/1', { id: 1, by: 'put' });
    await app.request('PATCH', '/users/1', { id: 1, by: 'patch' });
    await app.request('POST', '/users/1/archive');
    await app.request('POST', '/users/silent');
    await app.request('DELETE', '/users/1');
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'created', id: 1, data: { id: 1 } },
      { verb: 'updated', id: 1, data: { id: 1, by: 'put' } },
      { verb: 'updated', id: 1, data: { id: 1, by: 'patch' } },
      { verb: 'archived', id: 1, data: { id: '1' } },
      { verb: 'destroyed', id: 1 },
    ]);
  });

  it('several decorators on one method publish in the order in which they are written', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post()
      @PublishOnCreate()
      @Publish('welcomed')
      @PublishOnUpdate({ resource: 'account', id: (user: Row) => Number(user.account), select: 'account' })
      create(@Body() body: Row) {
        return body;
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('POST', '/users', { id: 1 });
    await app.settle();

    expect(watcher.heard('user')).toMatchObject([{ verb: 'created' }, { verb: 'welcomed' }]);
  });

  it('a decorator further up may put another function in the method’s place', async () => {
    const Traced: MethodDecorator = (_target, _key, descriptor: PropertyDescriptor) => {
      const original = descriptor.value as (...args: unknown[]) => unknown;
      descriptor.value = function traced(this: unknown, ...args: unknown[]) {
        return original.apply(this, args);
      };
    };
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post()
      @Traced
      @PublishOnCreate()
      create(@Body() body: Row) {
        return body;
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('POST', '/users', { id: 1 });
    await app.settle();

    expect(watcher.heard('user')).toMatchObject([{ verb: 'created', id: 1 }]);
  });
});
