import { Body, Controller, Delete, Get, Param, ParseIntPipe, Patch, Post, Put } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  hasMany,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnReplace,
  PublishOnUpdate,
  ResourcefulPubSub,
  Resourceful,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';

interface Row {
  id: number | string;
  [field: string]: unknown;
}

async function watch(app: TestApplication, resource = 'user'): Promise<TestClient> {
  const watcher = await app.connect();
  await app.channel(resource).watch(watcher.id);
  return watcher;
}

describe('ids of records', () => {
  it('row 34: a parameter declared a number makes the ids numbers, for every route of the resource', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Get(':id')
      findOne(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }

      @Post()
      @PublishOnCreate()
      create(@Body() body: Row) {
        return body;
      }

      @Delete(':id')
      @PublishOnDestroy()
      remove(@Param('id') _id: string) {}
    }
    const app = await start({ controllers: [UsersController] });
    const subscriber = await app.connect();
    await app.channel('user').subscribe(subscriber.id, '1');
    const watcher = await watch(app);

    await app.request('POST', '/users', { id: '1' });
    await app.request('DELETE', '/users/1');
    await app.settle();

    expect(watcher.heard('user')).toMatchObject([
      { verb: 'created', id: 1 },
      { verb: 'destroyed', id: 1 },
    ]);
    expect(subscriber.heard('user')).toEqual([{ verb: 'destroyed', id: 1 }]);
  });

  it('row 34: idType and the id field of the resource', async () => {
    @Controller('books')
    @Resourceful('book', { id: 'isbn', idType: 'string' })
    class BooksController {
      @Patch(':isbn')
      @PublishOnUpdate()
      update(@Body() body: object) {
        return body;
      }

      @Delete(':isbn')
      @PublishOnDestroy()
      remove() {}
    }
    const app = await start({ controllers: [BooksController] });
    const watcher = await watch(app, 'book');

    await app.request('PATCH', '/books/1', { isbn: 12, id: 99 });
    await app.request('PATCH', '/books/13');
    await app.request('DELETE', '/books/14');
    await app.settle();

    expect(watcher.heard('book')).toEqual([
      { verb: 'updated', id: '12', data: { isbn: 12, id: 99 } },
      { verb: 'updated', id: '13', data: { isbn: '13' } },
      { verb: 'destroyed', id: '14' },
    ]);
  });

  it('a number in another parameter says nothing of the ids', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Get('by-age/:age')
      byAge(@Param('age', ParseIntPipe) age: number) {
        return [{ age }];
      }

      @Post()
      @PublishOnCreate()
      create(@Body() body: Row) {
        return body;
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('POST', '/users', { id: 'a-uuid' });
    await app.settle();

    expect(watcher.heard('user')).toMatchObject([{ id: 'a-uuid' }]);
  });

  it('the response’s own id comes before the route’s, then nothing; a named one is the route’s first', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch('plain/:id')
      @PublishOnUpdate()
      plain(@Body() body: object) {
        return body;
      }

      @Patch('named/:number')
      @PublishOnUpdate({ id: 'number' })
      named(@Body() body: object) {
        return body;
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('PATCH', '/users/plain/1', { id: 2 });
    await app.request('PATCH', '/users/plain/1', { id: null });
    await app.request('PATCH', '/users/plain/1');
    await app.request('PATCH', '/users/named/3', { id: 4, number: 5 });
    await app.settle();

    expect((watcher.heard('user') as Row[]).map(({ id }) => id)).toEqual([2, 1, 1, 3]);
  });

  it('a missing id is logged once with the route, counted, and nothing is sent', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post()
      @PublishOnCreate()
      create(@Body() body: object) {
        return body;
      }
    }
    const log = new Logs();
    const app = await start({ controllers: [UsersController], main: log.open });
    const watcher = await watch(app);

    expect((await app.request('POST', '/users', { name: 'ada' })).status).toBe(201);
    await app.request('POST', '/users', [{ name: 'joan' }, { id: 1 }]);
    await app.request('POST', '/users');
    await app.settle();

    expect(watcher.heard('user')).toEqual([{ verb: 'created', id: 1, data: { id: 1 } }]);
    const { warnings, errors } = log.naming('@PublishOnCreate() on UsersController.create()');
    expect(errors).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('the option "id"');
    expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 1, failed: 0, skipped: 3 });
  });
});

describe('collections', () => {
  it('rows 27, 28: whichever way the path names the two records', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Put(':id/pets/:petId')
      @PublishOnAdd('pets')
      plain() {}

      @Delete(':userId/toys/:id')
      @PublishOnRemove('toys')
      otherWayRound() {}

      @Put(':id/friends/:userId')
      @PublishOnAdd('friends')
      sameResource() {}

      @Put('by-name/:name/pets/:pet')
      @PublishOnAdd('pets')
      anyNames() {}
    }
    @Controller('users/:userId/cars')
    class CarsController {
      @Put(':id')
      @PublishOnAdd('cars', { resource: 'user' })
      add() {}

      @Post()
      @PublishOnAdd('cars', { resource: 'user' })
      create(@Body() body: Row) {
        return body;
      }
    }
    @Controller('orgs/:orgId/users')
    @Resourceful('user')
    class OrgUsersController {
      @Post(':id/bikes')
      @PublishOnAdd('bikes')
      create(@Body() body: Row) {
        return body;
      }
    }
    const app = await start({ controllers: [UsersController, CarsController, OrgUsersController] });
    const watcher = await watch(app);

    await app.request('PUT', '/users/1/pets/7');
    await app.request('DELETE', '/users/1/toys/7');
    await app.request('PUT', '/users/1/friends/2');
    await app.request('PUT', '/users/by-name/ada/pets/rex');
    await app.request('PUT', '/users/1/cars/7');
    await app.request('POST', '/users/1/cars', { id: 8 });
    await app.request('POST', '/orgs/5/users/1/bikes', { id: 9 });
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'addedTo', id: '1', attribute: 'pets', addedId: '7' },
      { verb: 'removedFrom', id: '1', attribute: 'toys', removedId: '7' },
      { verb: 'addedTo', id: '1', attribute: 'friends', addedId: '2' },
      { verb: 'addedTo', id: 'ada', attribute: 'pets', addedId: 'rex' },
      { verb: 'addedTo', id: '1', attribute: 'cars', addedId: '7' },
      { verb: 'addedTo', id: '1', attribute: 'cars', addedId: 8, added: { id: 8 } },
      { verb: 'addedTo', id: '1', attribute: 'bikes', addedId: 9, added: { id: 9 } },
    ]);
  });

  it('the other record has ids of its own kind', async () => {
    @Controller('users')
    @Resourceful('user', { idType: 'number' })
    class UsersController {
      @Put(':id/pets/:petId')
      @PublishOnAdd('pets')
      add() {}

      @Delete(':id/toys/:toyId')
      @PublishOnRemove('toys')
      remove(@Param('toyId', ParseIntPipe) _toyId: number) {}
    }
    @Controller('owners')
    @Resourceful('owner')
    class OwnersController {
      @Delete(':id/toys/:toyId')
      @PublishOnRemove('toys')
      remove(@Param('toyId', ParseIntPipe) _toyId: number) {}
    }
    const app = await start({ controllers: [UsersController, OwnersController] });
    const watcher = await watch(app);
    const ofOwners = await watch(app, 'owner');

    await app.request('PUT', '/users/1/pets/rex');
    await app.request('DELETE', '/users/1/toys/7');
    await app.request('DELETE', '/owners/ada/toys/7');
    await app.settle();

    expect(ofOwners.heard('owner')).toEqual([{ verb: 'removedFrom', id: 'ada', attribute: 'toys', removedId: 7 }]);

    expect(watcher.heard('user')).toEqual([
      { verb: 'addedTo', id: 1, attribute: 'pets', addedId: 'rex' },
      { verb: 'removedFrom', id: 1, attribute: 'toys', removedId: 7 },
    ]);
  });

  it('the record that the response shows is told, if it is known to be the added one', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post(':id/pets')
      @PublishOnAdd('pets')
      create(@Body() body: Row) {
        return body;
      }

      @Put(':id/pets/:petId')
      @PublishOnAdd('pets')
      add(@Param('id') id: string) {
        return { id, name: 'the owner' };
      }

      @Put(':id/toys/:toyId')
      @PublishOnAdd('toys', { select: 'toy' })
      addToy() {
        return { toy: { id: 7, name: 'ball' } };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('POST', '/users/1/pets', { id: 7, name: 'rex' });
    await app.request('POST', '/users/1/pets', [{ id: 8 }, { id: 9 }]);
    await app.request('PUT', '/users/1/pets/7');
    await app.request('PUT', '/users/1/toys/7');
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'addedTo', id: '1', attribute: 'pets', addedId: 7, added: { id: 7, name: 'rex' } },
      { verb: 'addedTo', id: '1', attribute: 'pets', addedId: 8, added: { id: 8 } },
      { verb: 'addedTo', id: '1', attribute: 'pets', addedId: 9, added: { id: 9 } },
      { verb: 'addedTo', id: '1', attribute: 'pets', addedId: '7' },
      { verb: 'addedTo', id: '1', attribute: 'toys', addedId: '7', added: { id: 7, name: 'ball' } },
    ]);
  });

  it('row 46: a replacement is the response, its attribute or the body; what was, a list or a record', async () => {
    @Controller('users')
    @Resourceful('user', { idType: 'number', relations: { pets: hasMany('pet', 'owner') } })
    class UsersController {
      @Put('list/:id/pets')
      @PublishOnReplace('pets', { previous: () => [1] })
      list(@Body() body: number[]) {
        return body;
      }

      @Put('record/:id/pets')
      @PublishOnReplace('pets', { previous: () => ({ pets: [{ id: 1 }, { id: 2 }] }) })
      record(@Body() body: { pets: number[] }) {
        return { id: 1, ...body };
      }

      @Put('nothing/:id/pets')
      @PublishOnReplace('pets')
      nothing(@Body() _body: number[]) {}
    }
    @Controller('pets')
    @Resourceful('pet', { idType: 'number' })
    class PetsController {}
    const app = await start({ controllers: [UsersController, PetsController] });
    const watcher = await watch(app);

    await app.request('PUT', '/users/list/1/pets', [2, 3]);
    await app.request('PUT', '/users/record/1/pets', { pets: [2, 3] });
    await app.request('PUT', '/users/nothing/1/pets', [4]);
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'addedTo', id: 1, attribute: 'pets', addedId: 2 },
      { verb: 'addedTo', id: 1, attribute: 'pets', addedId: 3 },
      { verb: 'removedFrom', id: 1, attribute: 'pets', removedId: 1 },
      { verb: 'addedTo', id: 1, attribute: 'pets', addedId: 3 },
      { verb: 'removedFrom', id: 1, attribute: 'pets', removedId: 1 },
      { verb: 'addedTo', id: 1, attribute: 'pets', addedId: 4 },
    ]);
  });
});
