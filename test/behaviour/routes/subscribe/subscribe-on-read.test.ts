import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Delete,
  Get,
  NotFoundException,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Put,
  UseInterceptors,
} from '@nestjs/common';
import { Exclude } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  hasMany,
  manyToMany,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnReplace,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { messages } from '../../../support/messages.js';
import { Logs } from '../../../support/logs.js';
import { manners } from '../support/manners.js';
import { subscriptions } from '../support/subscriptions.js';

interface Row {
  id: number;
  [field: string]: unknown;
}

const rex = { id: 7, name: 'rex', owner: 1, toys: [{ id: 70 }] };
const ada = { id: 1, name: 'ada', pets: [rex, 8], patients: [{ id: 9 }], bestFriend: { id: 10 } };
const eve = { id: 2, name: 'eve', pets: [], patients: [7] };

@Controller('users')
@Resourceful('user', {
  relations: {
    pets: hasMany('pet', 'owner'),
    patients: manyToMany('pet', 'vets'),
    bestFriend: belongsTo('pet'),
  },
})
class UsersController {
  @Get()
  @SubscribeOnRead()
  find() {
    return [ada, eve];
  }

  @Get('watched')
  @SubscribeOnRead({ watch: true })
  findWatched() {
    return [ada];
  }

  @Get('none')
  @SubscribeOnRead()
  findNone() {
    return [];
  }

  @Get('none/watched')
  @SubscribeOnRead({ watch: true })
  findNoneWatched() {
    return [];
  }

  @Get('populated')
  @SubscribeOnRead({ relations: true })
  findPopulated() {
    return [ada, eve];
  }

  @Get('with-pets')
  @SubscribeOnRead({ relations: ['pets'] })
  findWithPets() {
    return [ada];
  }

  @Get('unread')
  findWithoutSubscribing() {
    return [ada];
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number) {
    if (id !== 1) throw new NotFoundException();
    return ada;
  }

  @Get(':id/populated')
  @SubscribeOnRead({ relations: true })
  findOnePopulated(@Param('id', ParseIntPipe) _id: number) {
    return ada;
  }

  @Get(':id/pets')
  @SubscribeOnRead('pet')
  findPets() {
    return ada.pets;
  }

  @Post()
  @PublishOnCreate({ subscribe: true })
  create(@Body() body: Row) {
    return body;
  }

  @Post('aloof')
  @PublishOnCreate()
  createAloof(@Body() body: Row) {
    return body;
  }

  @Post('several')
  @PublishOnCreate({ subscribe: true, select: 'items', when: () => false })
  createSeveral(@Body() { items }: { items: Row[] }) {
    return { items };
  }

  @Patch(':id')
  @PublishOnUpdate({ subscribe: true })
  update(@Param('id', ParseIntPipe) _id: number) {}

  @Patch(':id/aloof')
  @PublishOnUpdate()
  updateAloof(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Patch(':id/refused')
  @PublishOnUpdate({ subscribe: true })
  updateNothing() {
    throw new NotFoundException();
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) _id: number) {}

  @Put(':id/pets/:petId')
  @PublishOnAdd('pets', { subscribe: true })
  add(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Put(':id/pets/:petId/aloof')
  @PublishOnAdd('pets')
  addAloof(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Post(':id/toys')
  @PublishOnAdd('toys', { subscribe: true })
  addUnrelated(@Param('id', ParseIntPipe) _id: number, @Body() body: Row) {
    return body;
  }

  @Delete(':id/pets/:petId')
  @PublishOnRemove('pets')
  take(@Param('id', ParseIntPipe) _id: number) {}

  @Put(':id/pets')
  @PublishOnReplace('pets', { previous: () => [1], movedFrom: (petId) => (petId === 3 ? 4 : null) })
  replace(@Param('id', ParseIntPipe) id: number, @Body() pets: number[]) {
    return { id, pets };
  }
}

@Controller('pets')
@Resourceful('pet', { idType: 'number', relations: { toys: hasMany('toy') } })
class PetsController {}

@Controller('toys')
@Resourceful('toy')
class ToysController {}

const controllers = [UsersController, PetsController, ToysController];

const heard = (client: TestClient): string[] =>
  messages(client).map(([resource, message]) => {
    const { verb, id } = message as { verb: string; id: number };
    return `${resource} ${id} ${verb}`;
  });

describe.each(manners)('A socket that asks $manner', ({ send }) => {
  async function reader(): Promise<{ app: TestApplication; client: TestClient; bystander: TestClient }> {
    const app = await start({ controllers });
    return { app, client: await app.connect(), bystander: await app.connect() };
  }

  describe('Sails row 43: find subscribes', () => {
    it('the reader to the records that it was given, and nobody else, and to no other record', async () => {
      const { app, client, bystander } = await reader();

      expect(await send(app, client, 'GET', '/users')).toMatchObject({ status: 200, body: [ada, eve] });
      for (const id of [1, 2, 3]) await app.channel('user').publishUpdate(id, { name: 'new' });
      await app.settle();

      expect(client.heard('user')).toEqual([
        { verb: 'updated', id: 1, data: { name: 'new' } },
        { verb: 'updated', id: 2, data: { name: 'new' } },
      ]);
      expect(bystander.heard('user')).toEqual([]);
    });

    it('to `created` only where the route watches', async () => {
      const { app, client } = await reader();
      const watcher = await app.connect();

      await send(app, client, 'GET', '/users');
      await send(app, watcher, 'GET', '/users/watched');
      await app.request('POST', '/users', { id: 5 });
      await app.request('PATCH', '/users/5');
      await app.request('PATCH', '/users/1');
      await app.settle();

      expect(heard(client)).toEqual(['user 1 updated']);
      expect(heard(watcher)).toEqual(['user 5 created', 'user 5 updated', 'user 1 updated']);
    });

    it('to the collection also where the list is empty, if the route watches, and otherwise to nothing', async () => {
      const { app, client } = await reader();
      const watcher = await app.connect();

      await send(app, client, 'GET', '/users/none');
      await send(app, watcher, 'GET', '/users/none/watched');

      expect(await subscriptions(app, client)).toEqual([]);
      expect(await subscriptions(app, watcher)).toEqual(['user']);
    });

    it('to populated records of relations, at every level, where the route says so, never by ids alone', async () => {
      const { app, client } = await reader();

      await send(app, client, 'GET', '/users/populated');
      await app.channel('pet').publishUpdate(7, {});
      await app.channel('pet').publishUpdate(8, {});
      await app.settle();

      expect(heard(client)).toEqual(['pet 7 updated']);
      expect(await subscriptions(app, client)).toEqual(['pet/10', 'pet/7', 'pet/9', 'toy/70', 'user/1', 'user/2']);
    });

    it('to those of the named relations only, where the route names them', async () => {
      const { app, client } = await reader();
      await send(app, client, 'GET', '/users/with-pets');
      expect(await subscriptions(app, client)).toEqual(['pet/7', 'toy/70', 'user/1']);
    });

    it('to nothing where the route says nothing of it', async () => {
      const { app, client } = await reader();
      await send(app, client, 'GET', '/users/unread');
      expect(await subscriptions(app, client)).toEqual([]);
    });
  });

  describe('Sails row 44: findOne and populate subscribe', () => {
    it('to the record alone, and watch no collection', async () => {
      const { app, client } = await reader();

      expect(await send(app, client, 'GET', '/users/1')).toMatchObject({ status: 200, body: ada });
      await app.request('POST', '/users', { id: 5 });
      await app.channel('pet').publishCreate({ id: 5 });
      await app.request('PATCH', '/users/1');
      await app.settle();

      expect(heard(client)).toEqual(['user 1 updated']);
      expect(await subscriptions(app, client)).toEqual(['user/1']);
    });

    it('to the record and its populated children, where the route says so', async () => {
      const { app, client } = await reader();
      await send(app, client, 'GET', '/users/1/populated');
      expect(await subscriptions(app, client)).toEqual(['pet/10', 'pet/7', 'pet/9', 'toy/70', 'user/1']);
    });

    it('to the children that are listed, and not to the parent that stands in the path', async () => {
      const { app, client } = await reader();
      await send(app, client, 'GET', '/users/1/pets');
      expect(await subscriptions(app, client)).toEqual(['pet/7']);
    });

    it('to nothing when there is no such record', async () => {
      const { app, client } = await reader();
      expect((await send(app, client, 'GET', '/users/2')).status).toBe(404);
      expect(await subscriptions(app, client)).toEqual([]);
    });

    it('until the record is destroyed, and not to one that comes to have its id', async () => {
      const { app, client } = await reader();
      await send(app, client, 'GET', '/users/1');

      await app.request('DELETE', '/users/1');
      await app.request('PATCH', '/users/1');
      await app.settle();

      expect(heard(client)).toEqual(['user 1 destroyed']);
      expect(await subscriptions(app, client)).toEqual([]);
    });
  });

  describe('Sails row 45: create, update and destroy publish', () => {
    it('and with the option `subscribe` the requester is subscribed to the record that it created', async () => {
      const { app, client, bystander } = await reader();
      await app.channel('user').watch(bystander.id);

      expect((await send(app, client, 'POST', '/users', { id: 5 })).status).toBe(201);
      await app.request('PATCH', '/users/5');
      await app.settle();

      expect(heard(client)).toEqual(['user 5 updated']);
      expect(heard(bystander)).toEqual(['user 5 created', 'user 5 updated']);
    });

    it('to each of several, published or not', async () => {
      const { app, client } = await reader();
      await send(app, client, 'POST', '/users/several', { items: [{ id: 5 }, { id: 6 }] });
      expect(await subscriptions(app, client)).toEqual(['user/5', 'user/6']);
    });

    it('to the record that it changed, even where the route answers nothing, until somebody destroys it', async () => {
      const { app, client } = await reader();

      await send(app, client, 'PATCH', '/users/5');
      await app.request('PATCH', '/users/5');
      await app.request('DELETE', '/users/5');
      await app.request('PATCH', '/users/5');
      await app.settle();

      expect(heard(client)).toEqual(['user 5 updated', 'user 5 destroyed']);
    });

    it('and to nothing without that option, nor by a request that fails', async () => {
      const { app, client } = await reader();

      await send(app, client, 'POST', '/users/aloof', { id: 5 });
      await send(app, client, 'PATCH', '/users/5/aloof');
      expect((await send(app, client, 'PATCH', '/users/5/refused')).status).toBe(404);

      expect(await subscriptions(app, client)).toEqual([]);
    });

    it('and a plain HTTP request that creates subscribes nobody', async () => {
      const { app, client, bystander } = await reader();
      await app.channel('user').watch(bystander.id);

      await app.request('POST', '/users', { id: 5 });
      await app.settle();

      expect(heard(bystander)).toEqual(['user 5 created']);
      expect(await subscriptions(app, client)).toEqual([]);
    });
  });

  describe('Sails row 46: add, remove and replace publish', () => {
    it('and with the option `subscribe` whoever adds is subscribed to the parent and the child', async () => {
      const { app, client, bystander } = await reader();
      await app.channel('user').watch(bystander.id);
      await app.channel('pet').watch(bystander.id);

      await send(app, client, 'PUT', '/users/5/pets/7');
      expect(await subscriptions(app, client)).toEqual(['pet/7', 'user/5']);
      await send(app, client, 'DELETE', '/users/5/pets/7');
      await app.settle();

      expect(heard(bystander)).toEqual(['user 5 addedTo', 'pet 7 updated', 'user 5 removedFrom', 'pet 7 updated']);
      expect(heard(client)).toEqual([]);
    });

    it('to the parent alone, where no relation says what the child is', async () => {
      const { app, client } = await reader();
      await send(app, client, 'POST', '/users/5/toys', { id: 70 });
      expect(await subscriptions(app, client)).toEqual(['user/5']);
    });

    it('and to nothing without that option', async () => {
      const { app, client } = await reader();
      await send(app, client, 'PUT', '/users/5/pets/7/aloof');
      expect(await subscriptions(app, client)).toEqual([]);
    });

    it('replacing [1] by [2, 3]: two `addedTo`, one `removedFrom`, and the robbed parent is told', async () => {
      const { app, client, bystander } = await reader();
      await app.channel('user').watch(bystander.id);

      await send(app, client, 'PUT', '/users/5/pets', [2, 3]);
      await app.settle();

      expect(bystander.heard('user')).toEqual([
        { verb: 'addedTo', id: 5, attribute: 'pets', addedId: 2 },
        { verb: 'addedTo', id: 5, attribute: 'pets', addedId: 3 },
        { verb: 'removedFrom', id: 4, attribute: 'pets', removedId: 3 },
        { verb: 'removedFrom', id: 5, attribute: 'pets', removedId: 1 },
      ]);
    });
  });
});

describe.each(manners)('What a route with @SubscribeOnRead says, $manner', ({ send }) => {
  class Secretive {
    @Exclude()
    id = 3;
    name = 'unseen';
  }

  @Controller('boards')
  @Resourceful('board')
  class BoardsController {
    @Get('page')
    @SubscribeOnRead({ select: 'items', watch: true })
    page() {
      return { items: [{ id: 1 }, null, 'text', { id: 2 }], total: 2, first: { id: 99 } };
    }

    @Get('nested')
    @SubscribeOnRead({ select: ({ data }: { data: { open: Row[]; shut: Row[] } }) => [...data.open, ...data.shut] })
    nested() {
      return { data: { open: [{ id: 1 }], shut: [{ id: 2 }], hidden: [{ id: 3 }] } };
    }

    @Get('elsewhere')
    @SubscribeOnRead({ select: () => [{ id: 1 }] })
    elsewhere() {
      return [{ id: 2 }];
    }

    @Get('keyed')
    @SubscribeOnRead({ id: 'key' })
    keyed() {
      return [
        { id: 1, key: 'a' },
        { id: 2, key: 'b' },
      ];
    }

    @Get('computed')
    @SubscribeOnRead({ id: async ({ key }: { key: number }) => key * 2 })
    computed() {
      return [{ key: 1 }, { key: 2 }];
    }

    @Get('verbs')
    @SubscribeOnRead({ verbs: ['updated', 'archived'], watch: ['created'] })
    verbs() {
      return [{ id: 1 }];
    }

    @Get('two')
    @SubscribeOnRead({ select: 'board' })
    @SubscribeOnRead('card', { select: 'cards' })
    two() {
      return { board: { id: 1 }, cards: [{ id: 5 }, { id: 6 }] };
    }

    @Get('hidden/:id')
    @UseInterceptors(ClassSerializerInterceptor)
    @SubscribeOnRead()
    hidden() {
      return new Secretive();
    }

    @Get('named/:slug/of/:id')
    @SubscribeOnRead({ id: 'slug' })
    named() {
      return { title: 'plans' };
    }

    @Get('contradicted/:slug')
    @SubscribeOnRead({ id: 'slug' })
    contradicted() {
      return { id: 1 };
    }

    @Get('list/:id')
    @SubscribeOnRead()
    list() {
      return [{ open: 1 }, { id: 2 }];
    }

    @Get(':id/summary')
    @SubscribeOnRead()
    summary() {
      return { open: 1 };
    }

    @Get(':id/cards')
    @SubscribeOnRead('card')
    cards() {
      return { items: [{ id: 5 }] };
    }

    @Get('part/:id')
    @SubscribeOnRead({ select: 'stats' })
    part() {
      return { id: 1, stats: { open: 1 } };
    }

    @Get('other/:id')
    @SubscribeOnRead('card')
    other() {
      return { items: [{ id: 5 }] };
    }
  }

  const cases: Array<[path: string, rooms: string[], what: string]> = [
    ['/boards/page', ['board', 'board/1', 'board/2'], 'a field by name is the records, and only objects count'],
    ['/boards/nested', ['board/1', 'board/2'], 'a function may pick several parts'],
    ['/boards/elsewhere', [], 'what a function takes from elsewhere was not read'],
    ['/boards/keyed', ['board/a', 'board/b'], 'the id may be in another field'],
    ['/boards/computed', ['board/2', 'board/4'], 'or be found by a function, which may be a promise'],
    ['/boards/verbs', ['board#archived/1', 'board#created', 'board#updated/1'], 'some verbs of both'],
    ['/boards/two', ['board/1', 'card/5', 'card/6'], 'two resources of one answer'],
    ['/boards/hidden/3', [], 'the path says what a client wanted to read, and not what it was given'],
    ['/boards/named/9/of/2', ['board/9'], 'unless the decorator says that its parameter names the record'],
    ['/boards/contradicted/9', ['board/1'], 'which counts for less than an id that stands in the answer'],
    ['/boards/list/7', ['board/2'], 'and names nothing among several'],
    ['/boards/7/summary', [], 'nothing lies behind a record that was not given'],
    ['/boards/7/cards', [], 'nor in one of another resource'],
    ['/boards/part/7', [], 'nor in a part of the answer'],
    ['/boards/other/7', [], 'nor where the parameter is the controller’s own resource'],
  ];
  it.each(cases)('%s subscribes to %j: %s', async (path, rooms) => {
    const archives = { board: { verbs: ['archived'] } };
    const app = await start({
      imports: [SocketsModule.forRoot({ resources: archives })],
      controllers: [BoardsController],
    });
    const client = await app.connect();
    expect((await send(app, client, 'GET', path)).status).toBe(200);
    expect(await subscriptions(app, client)).toEqual(rooms);
  });

  it('on a class it is about each GET route without one of its own', async () => {
    @Controller('cards')
    @Resourceful('card')
    @SubscribeOnRead({ watch: true })
    class CardsController {
      @Get()
      find() {
        return [{ id: 1 }];
      }

      @Get(':id')
      @SubscribeOnRead()
      findOne() {
        return { id: 2 };
      }

      @Post('search')
      search() {
        return [{ id: 3 }];
      }
    }
    const app = await start({ controllers: [CardsController] });
    const [first, second, third] = [await app.connect(), await app.connect(), await app.connect()];
    await send(app, first, 'GET', '/cards');
    await send(app, second, 'GET', '/cards/2');
    await send(app, third, 'POST', '/cards/search');
    expect(await subscriptions(app, first)).toEqual(['card', 'card/1']);
    expect(await subscriptions(app, second)).toEqual(['card/2']);
    expect(await subscriptions(app, third)).toEqual([]);
  });

  it('a resource autosubscribes to some verbs here too; one with none is silently left out of relations', async () => {
    @Controller('logs')
    @Resourceful('log', {
      autosubscribe: ['destroyed'],
      relations: { lines: hasMany('line'), marks: hasMany('mark') },
    })
    class LogsController {
      @Get()
      @SubscribeOnRead({ watch: true, relations: true })
      find() {
        return [{ id: 1, lines: [{ id: 2 }], marks: [{ id: 3 }] }];
      }
    }
    @Controller('lines')
    @Resourceful('line', { autosubscribe: false })
    class LinesController {}
    @Controller('marks')
    @Resourceful('mark', { autosubscribe: ['updated'] })
    class MarksController {}
    const log = new Logs();
    const logs = [LogsController, LinesController, MarksController];
    const app = await start({ controllers: logs, main: log.open });
    const client = await app.connect();
    await send(app, client, 'GET', '/logs');
    expect(await subscriptions(app, client)).toEqual(['log#destroyed', 'log#destroyed/1', 'mark#updated/3']);
    expect(log.naming('LogsController')).toEqual({ warnings: [], errors: [] });
  });
});
