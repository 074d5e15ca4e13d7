import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Delete,
  Injectable,
  Patch,
  SerializeOptions,
  UseInterceptors,
} from '@nestjs/common';
import { Exclude, Expose, Transform } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  type PublishContext,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Gate } from '../../../support/gate.js';
import { Logs } from '../../../support/logs.js';

interface Row {
  id: number;
  [field: string]: unknown;
}

async function watch(app: TestApplication, resource = 'user'): Promise<TestClient> {
  const watcher = await app.connect();
  await app.channel(resource).watch(watcher.id);
  return watcher;
}

@Injectable()
class Users {
  readonly rows = new Map<string, Row>([
    ['1', { id: 1, name: 'ada', email: 'a@example.com', owner: 4 }],
    ['2', { id: 2, name: 'joan', email: 'j@example.com' }],
  ]);
}

const stored = ({ get, params }: PublishContext) => ({ ...get(Users).rows.get(params.id ?? '') });

/** What watchers hear as `previous` when the response is this and the record was that. */
async function previousOf(response: object, previous: unknown): Promise<unknown> {
  @Controller('users')
  @Resourceful('user')
  class UsersController {
    @Patch(':id')
    @PublishOnUpdate({ previous: () => previous })
    update() {
      return response;
    }
  }
  const app = await start({ controllers: [UsersController] });
  const watcher = await watch(app);
  await app.request('PATCH', '/users/1', {});
  await app.settle();
  return (watcher.heard('user') as Array<{ previous?: unknown }>)[0]?.previous;
}

describe('the record as it was', () => {
  it('is read before the handler runs, with access to providers and path parameters', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      constructor(private readonly users: Users) {}

      @Patch(':id')
      @PublishOnUpdate({ previous: async (context: PublishContext) => stored(context) })
      update(@Body() body: Row) {
        this.users.rows.set('1', body);
        return body;
      }

      @Delete(':id')
      @PublishOnDestroy({ previous: stored, view: ({ name }: Row) => ({ name }) })
      remove() {
        this.users.rows.clear();
      }
    }
    const app = await start({ controllers: [UsersController], providers: [Users] });
    const watcher = await watch(app);

    await app.request('PATCH', '/users/1', { id: 1, name: 'grace' });
    await app.request('DELETE', '/users/2');
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1, name: 'grace' }, previous: { id: 1, name: 'ada' } },
      { verb: 'destroyed', id: 2, previous: { name: 'joan' } },
    ]);
  });

  it('shows the fields that the response shows, at every level, and nothing else', async () => {
    const response = {
      id: 1,
      name: 'x',
      owner: { id: 1 },
      pets: [
        { id: 1, a: 1 },
        { id: 2, b: { c: 1 } },
      ],
      card: { last: 4 },
    };
    const previous = {
      id: 1,
      name: 'y',
      password: 'secret',
      owner: { id: 2, password: 'secret' },
      pets: [{ id: 3, a: 2, b: { c: 2, d: 'secret' }, e: 'secret' }],
      card: '4111 secret',
    };
    expect(await previousOf(response, previous)).toEqual({
      id: 1,
      name: 'y',
      owner: { id: 2 },
      pets: [{ id: 3, a: 2, b: { c: 2 } }],
    });
  });

  it('leaves out a list of which it cannot be known what may be told, rather than telling half of it', async () => {
    const response = { id: 1, pets: [], tags: ['a'], places: [[1, 2]], mixed: [1, { id: 1 }], owner: null };
    const previous = {
      id: 1,
      pets: [{ secret: 1 }],
      tags: ['b', { secret: 1 }],
      places: [[3, 4], [5]],
      mixed: [{ id: 2 }],
      owner: { secret: 1 },
    };
    expect(await previousOf(response, previous)).toEqual({
      id: 1,
      places: [[3, 4], [5]],
      mixed: [{ id: 2 }],
    });
  });

  it('shows the id alone when the response shows nothing', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Delete(':id')
      @PublishOnDestroy({ previous: () => ({ id: 1, password: 'secret' }) })
      remove() {}
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);
    await app.request('DELETE', '/users/1');
    await app.settle();
    expect(watcher.heard('user')).toEqual([{ verb: 'destroyed', id: 1, previous: { id: 1 } }]);
  });

  it('is serialized as the responses of the route are', async () => {
    class User {
      id = 1;
      @Transform(() => 'masked') name = 'ada';
      @Exclude() password = 'secret';
      @Expose({ groups: ['admin'] }) email = 'a@example.com';
    }
    class Dto {
      @Expose() id!: number;
      @Expose() name!: string;
    }
    @Controller('users')
    @Resourceful('user')
    @UseInterceptors(ClassSerializerInterceptor)
    class UsersController {
      @Patch('groups/:id')
      @SerializeOptions({ groups: ['admin'] })
      @PublishOnUpdate({ previous: () => new User() })
      groups() {
        return new User();
      }

      @Patch('dto/:id')
      @SerializeOptions({ type: Dto, strategy: 'excludeAll' })
      @PublishOnUpdate({ previous: () => ({ id: 1, name: 'joan', password: 'secret' }) })
      dto() {
        return new User();
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    for (const path of ['groups', 'dto']) await app.request('PATCH', `/users/${path}/1`, {});
    await app.settle();

    const previous = (watcher.heard('user') as Array<{ previous?: unknown }>).map((message) => message.previous);
    expect(previous).toEqual([
      { id: 1, name: 'masked', email: 'a@example.com' },
      { id: 1, name: 'joan' },
    ]);
  });

  it('of several records goes to each its own', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch('several')
      @PublishOnUpdate({
        previous: () => [
          { id: 2, name: 'two' },
          { id: 1, name: 'one' },
        ],
      })
      several() {
        return [
          { id: 1, name: 'a' },
          { id: 2, name: 'b' },
          { id: 3, name: 'c' },
        ];
      }

      @Patch('one-of')
      @PublishOnUpdate({ previous: () => ({ id: 2, name: 'two' }) })
      oneOf() {
        return [
          { id: 1, name: 'a' },
          { id: 2, name: 'b' },
        ];
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('PATCH', '/users/several', {});
    await app.request('PATCH', '/users/one-of', {});
    await app.settle();

    const heard = watcher.heard('user') as Array<{ id: number; previous?: Row }>;
    expect(heard.map(({ id, previous }) => [id, previous?.name])).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, undefined],
      [1, undefined],
      [2, 'two'],
    ]);
  });

  it('row 37: says who is told on the other side of a relation, though it is not sent', async () => {
    @Controller('pets')
    @Resourceful('pet', { relations: { owner: belongsTo('user', 'pets') } })
    class PetsController {
      @Patch(':id')
      @PublishOnUpdate({ previous: () => ({ id: 1, owner: 4 }) })
      update() {
        return { id: 1, owner: 5 };
      }

      @Delete(':id')
      @PublishOnDestroy({ previous: () => ({ id: 1, owner: 5 }) })
      remove() {}
    }
    @Controller('users')
    @Resourceful('user')
    class UsersController {}
    const app = await start({ controllers: [PetsController, UsersController] });
    const watcher = await watch(app);

    await app.request('PATCH', '/pets/1', {});
    await app.request('DELETE', '/pets/1');
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'removedFrom', id: 4, attribute: 'pets', removedId: 1 },
      { verb: 'addedTo', id: 5, attribute: 'pets', addedId: 1 },
      { verb: 'removedFrom', id: 5, attribute: 'pets', removedId: 1 },
    ]);
  });

  it('goes to the decorator that asked for it, whatever the others on the route ask for', async () => {
    const slow = new Gate();
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch(':id')
      @PublishOnUpdate()
      @PublishOnUpdate('team', { previous: () => slow.opened.then(() => ({ id: 1, name: 'old team' })) })
      @PublishOnUpdate('house', { previous: () => Promise.reject(new Error('no such table')) })
      @PublishOnUpdate('club', {
        previous: () => {
          slow.open();
          return { id: 1, name: 'old club' };
        },
      })
      update() {
        return { id: 1, name: 'new' };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await app.connect();
    const resources = ['user', 'team', 'house', 'club'];
    for (const resource of resources) await app.channel(resource).watch(watcher.id);

    await app.request('PATCH', '/users/1', {});
    await app.settle();

    const message = { verb: 'updated', id: 1, data: { id: 1, name: 'new' } };
    expect(resources.map((resource) => watcher.heard(resource))).toEqual([
      [message],
      [{ ...message, previous: { id: 1, name: 'old team' } }],
      [message],
      [{ ...message, previous: { id: 1, name: 'old club' } }],
    ]);
  });

  it('says for each resource in which slice it was, though it is one object that the handler changes', async () => {
    const row = { id: 1, boardId: 4, folderId: 6 };
    @Resourceful('card', { slices: ['boardId'] })
    @Controller('cards')
    class CardsController {
      @Patch(':id')
      @PublishOnUpdate({ previous: () => row })
      @PublishOnUpdate('note', { previous: () => row })
      update() {
        return Object.assign(row, { boardId: 5, folderId: 7 });
      }
    }
    @Resourceful('note', { slices: ['folderId'] })
    @Controller('notes')
    class NotesController {}
    const app = await start({ controllers: [CardsController, NotesController] });
    const watcher = await app.connect();
    await app.channel('card').watch(watcher.id, { boardId: 4 });
    await app.channel('note').watch(watcher.id, { folderId: 6 });

    await app.request('PATCH', '/cards/1', {});
    await app.settle();

    expect(watcher.heard('card')).toMatchObject([{ verb: 'left', id: 1 }]);
    expect(watcher.heard('note')).toMatchObject([{ verb: 'left', id: 1 }]);
  });

  it('that cannot be read is logged, and neither fails the request nor keeps the message back', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch('throws/:id')
      @PublishOnUpdate({
        previous: () => {
          throw new Error('no such table');
        },
      })
      throws(@Body() body: Row) {
        return body;
      }

      @Patch('rejects/:id')
      @PublishOnUpdate({ previous: () => Promise.reject(new Error('connection lost')) })
      rejects(@Body() body: Row) {
        return body;
      }
    }
    const log = new Logs();
    const app = await start({ controllers: [UsersController], main: log.open });
    const watcher = await watch(app);

    for (const path of ['throws', 'rejects']) {
      const answer = await app.request('PATCH', `/users/${path}/1`, { id: 1 });
      expect(answer).toMatchObject({ status: 200, body: { id: 1 } });
    }
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1 } },
      { verb: 'updated', id: 1, data: { id: 1 } },
    ]);
    const [thrown, rejected] = ['throws', 'rejects'].map((name) => log.naming(`UsersController.${name}()`).errors);
    expect(thrown).toEqual([expect.stringContaining('no such table')]);
    expect(rejected).toEqual([expect.stringContaining('connection lost')]);
  });
});
