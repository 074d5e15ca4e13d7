import {
  Body,
  Controller,
  Delete,
  Injectable,
  Module,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Scope,
  Version,
  VersioningType,
  type Type,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import {
  Publish,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

interface Row {
  id: number;
  [field: string]: unknown;
}

async function watch(app: TestApplication, resource = 'user'): Promise<TestClient> {
  const watcher = await app.connect();
  await app.channel(resource).watch(watcher.id);
  return watcher;
}

class CrudController {
  @Post()
  @PublishOnCreate()
  create(@Body() body: Row): unknown {
    return body;
  }

  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number, @Body() body: object): unknown {
    return { id, ...body };
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) _id: number): void {}
}

describe('controllers', () => {
  it('a generic base publishes for the resource of each controller that extends it', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController extends CrudController {}
    @Controller('pets')
    @Resourceful('pet')
    class PetsController extends CrudController {}
    const app = await start({ controllers: [UsersController, PetsController] });
    const [users, pets] = [await watch(app), await watch(app, 'pet')];

    await app.request('POST', '/users', { id: 1 });
    await app.request('PATCH', '/pets/2', { name: 'rex' });
    await app.request('DELETE', '/pets/2');
    await app.settle();

    expect(users.heard('user')).toEqual([{ verb: 'created', id: 1, data: { id: 1 } }]);
    expect(users.heard('pet')).toEqual([]);
    expect(pets.heard('pet')).toEqual([
      { verb: 'updated', id: 2, data: { id: 2, name: 'rex' } },
      { verb: 'destroyed', id: 2 },
    ]);
    expect(pets.heard('user')).toEqual([]);
  });

  it('a method that is written anew says anew what it publishes, as it does with its route', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController extends CrudController {
      @Post()
      @Publish('registered')
      override create(@Body() body: Row) {
        return { ...body, registered: true };
      }

      @Patch(':id')
      override update(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('POST', '/users', { id: 1 });
    expect((await app.request('PATCH', '/users/1')).status).toBe(200);
    await app.request('DELETE', '/users/1');
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'registered', id: 1, data: { id: 1, registered: true } },
      { verb: 'destroyed', id: 1 },
    ]);
  });

  it('mixins publish as what they are mixed into', async () => {
    function Creates(resource: string): Type<{ create(body: Row): unknown }> {
      class Mixin {
        @Post()
        @PublishOnCreate({ resource })
        create(@Body() body: Row) {
          return body;
        }
      }
      return Mixin;
    }
    @Controller('users')
    class UsersController extends Creates('user') {}
    @Controller('pets')
    class PetsController extends Creates('pet') {}
    const app = await start({ controllers: [UsersController, PetsController] });
    const [users, pets] = [await watch(app), await watch(app, 'pet')];

    await app.request('POST', '/users', { id: 1 });
    await app.request('POST', '/pets', { id: 2 });
    await app.settle();

    expect(users.received.filter(([event]) => event !== 'marker')).toHaveLength(1);
    expect(users.heard('user')).toMatchObject([{ id: 1 }]);
    expect(pets.heard('pet')).toMatchObject([{ id: 2 }]);
  });

  it('decorators on a base class are inherited, and a subclass changes one without losing the others', async () => {
    @PublishOnCreate()
    @PublishOnUpdate({ when: () => false })
    class Base {
      @Post()
      create(@Body() body: Row) {
        return body;
      }

      @Patch(':id')
      update(@Body() body: Row) {
        return body;
      }
    }
    @Controller('users')
    @Resourceful('user')
    @PublishOnUpdate()
    class UsersController extends Base {}
    @Controller('pets')
    @Resourceful('pet')
    class PetsController extends Base {}
    const app = await start({ controllers: [UsersController, PetsController] });
    const [users, pets] = [await watch(app), await watch(app, 'pet')];

    for (const path of ['users', 'pets']) {
      await app.request('POST', `/${path}`, { id: 1 });
      await app.request('PATCH', `/${path}/1`, { id: 1 });
    }
    await app.settle();

    expect(users.heard('user')).toMatchObject([{ verb: 'created' }, { verb: 'updated' }]);
    expect(pets.heard('pet')).toMatchObject([{ verb: 'created' }]);
  });

  it('every path of an overloaded route publishes, each with its own name for the id', async () => {
    @Controller(['users', 'people'])
    @Resourceful('user')
    class UsersController {
      @Delete([':id', 'by-number/:userId'])
      @PublishOnDestroy()
      remove() {}
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('DELETE', '/users/1');
    await app.request('DELETE', '/people/2');
    await app.request('DELETE', '/people/by-number/3');
    await app.settle();

    expect(watcher.heard('user')).toMatchObject([{ id: '1' }, { id: '2' }, { id: '3' }]);
  });

  it.each([
    { type: VersioningType.URI, at: (version: string) => ({ path: `/v${version}/users`, headers: {} }) },
    {
      type: VersioningType.HEADER,
      at: (version: string) => ({ path: '/users', headers: { 'x-version': version } }),
    },
  ] as const)('versions of a route publish each what it says (versioning type $type)', async ({ type, at }) => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Version('1')
      @Post()
      @PublishOnCreate()
      create(@Body() body: Row) {
        return { ...body, version: 1 };
      }

      @Version('2')
      @Post()
      @PublishOnCreate({ select: 'data' })
      createTwo(@Body() body: Row) {
        return { data: { ...body, version: 2 } };
      }
    }
    const app = await start({
      controllers: [UsersController],
      main: (nest) =>
        nest.enableVersioning(
          type === VersioningType.URI ? { type } : { type: VersioningType.HEADER, header: 'x-version' },
        ),
    });
    const watcher = await watch(app);

    for (const version of ['1', '2']) {
      const { path, headers } = at(version);
      expect((await app.request('POST', path, { id: 7 }, headers)).status).toBe(201);
    }
    await app.settle();

    expect(watcher.heard('user')).toMatchObject([
      { id: 7, data: { version: 1 } },
      { id: 7, data: { version: 2 } },
    ]);
  });

  it('a global prefix and that of RouterModule change nothing, and their parameters can name the record', async () => {
    @Controller()
    class MembersController {
      @Patch()
      @PublishOnUpdate('team')
      update() {}

      @Delete(':memberId')
      @PublishOnDestroy('member')
      remove() {}
    }
    @Module({ controllers: [MembersController] })
    class MembersModule {}
    const app = await start({
      imports: [
        SocketsModule.forRoot(),
        MembersModule,
        RouterModule.register([{ path: 'teams/:teamId/members', module: MembersModule }]),
      ],
      main: (nest) => nest.setGlobalPrefix('api'),
    });
    const [teams, members] = [await watch(app, 'team'), await watch(app, 'member')];

    expect((await app.request('PATCH', '/api/teams/5/members')).status).toBe(200);
    expect((await app.request('DELETE', '/api/teams/5/members/6')).status).toBe(200);
    await app.settle();

    expect(teams.heard('team')).toEqual([{ verb: 'updated', id: '5', data: { id: '5' } }]);
    expect(members.heard('member')).toEqual([{ verb: 'destroyed', id: '6' }]);
  });

  it('request-scoped controllers publish', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      readonly name = 'ada';
    }
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      constructor(private readonly perRequest: PerRequest) {}

      @Post()
      @PublishOnCreate()
      create(@Body() body: Row) {
        return { ...body, name: this.perRequest.name };
      }
    }
    const app = await start({ controllers: [UsersController], providers: [PerRequest] });
    const watcher = await watch(app);

    await app.request('POST', '/users', { id: 1 });
    await app.settle();

    expect(watcher.heard('user')).toEqual([{ verb: 'created', id: 1, data: { id: 1, name: 'ada' } }]);
  });

  it('a controller’s path may hold parameters of other records', async () => {
    @Controller('users/:userId/pets')
    @Resourceful('pet')
    class PetsController {
      @Post()
      @PublishOnCreate()
      create(@Param('userId', ParseIntPipe) owner: number, @Body() body: Row) {
        return { ...body, owner };
      }

      @Patch(':petId')
      @PublishOnUpdate()
      update(@Param('petId') _petId: string) {}

      @Delete(':id')
      @PublishOnDestroy()
      remove() {}
    }
    const app = await start({ controllers: [PetsController] });
    const watcher = await watch(app, 'pet');

    await app.request('POST', '/users/1/pets', { id: 'rex' });
    await app.request('PATCH', '/users/1/pets/7');
    await app.request('DELETE', '/users/1/pets/8');
    await app.settle();

    expect(watcher.heard('pet')).toEqual([
      { verb: 'created', id: 'rex', data: { id: 'rex', owner: 1 } },
      { verb: 'updated', id: '7', data: { id: '7' } },
      { verb: 'destroyed', id: '8' },
    ]);
  });

  it('the id of another record in the controller’s path says nothing of the resource’s own ids', async () => {
    @Controller('users/:id/pets')
    @Resourceful('pet')
    class PetsController {
      @Post()
      @PublishOnCreate()
      create(@Param('id', ParseIntPipe) _user: number, @Body() body: Row) {
        return body;
      }
    }
    const app = await start({ controllers: [PetsController] });
    const watcher = await watch(app, 'pet');

    await app.request('POST', '/users/1/pets', { id: 'rex' });
    await app.settle();

    expect(watcher.heard('pet')).toMatchObject([{ verb: 'created', id: 'rex' }]);
  });
});
