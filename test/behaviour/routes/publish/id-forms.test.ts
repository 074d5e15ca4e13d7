import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Injectable,
  Param,
  ParseIntPipe,
  ParseUUIDPipe,
  Patch,
  Post,
  ValidationPipe,
  type PipeTransform,
} from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt } from 'class-validator';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnUpdate,
  Resourceful,
  type RecordId,
  type ResourceOptions,
  SubscribeOnRead,
  Unsubscribe,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';

interface Row {
  id: RecordId;
  title?: string;
}

const idsOf = (client: TestClient, resource: string): unknown[] =>
  client.heard(resource).map((message) => (message as Row).id);

const read = async (client: TestClient, url: string): Promise<void> => {
  expect(await client.socket.emitWithAck('get', { url })).toMatchObject({ statusCode: 200 });
};

async function reader(app: TestApplication, url: string): Promise<TestClient> {
  const client = await app.connect();
  await read(client, url);
  return client;
}

/** A resource as generators write it: every id comes as a string, and what becomes of it is the service's affair. */
function tasksWith(rows: readonly Row[], options: ResourceOptions = {}, toKey: (id: string) => RecordId = (id) => +id) {
  @Controller('tasks')
  @Resourceful('task', options)
  class TasksController {
    @Get()
    @SubscribeOnRead({ watch: true })
    findAll() {
      return rows;
    }

    @Get(':id')
    @SubscribeOnRead()
    findOne(@Param('id') id: string) {
      return rows.find((row) => row.id === toKey(id));
    }

    @Post()
    @PublishOnCreate()
    create(@Body() body: object) {
      return body;
    }

    @Patch(':id')
    @PublishOnUpdate()
    update(@Param('id') id: string, @Body() body: object) {
      return { ...body, id };
    }

    @Patch(':id/touch')
    @PublishOnUpdate()
    touch(@Param('id') _id: string) {}

    @Delete(':id')
    @HttpCode(204)
    @PublishOnDestroy()
    remove(@Param('id') _id: string) {}
  }
  return TasksController;
}

describe('the id of a record that only the URL names', () => {
  it('is a number where records have numbers, and reaches who read the record', async () => {
    const app = await start({ controllers: [tasksWith([{ id: 1 }, { id: 2 }])] });
    const [watcher, two] = [await reader(app, '/tasks'), await reader(app, '/tasks/2')];

    await app.request('PATCH', '/tasks/1/touch');
    await app.request('PATCH', '/tasks/2', { title: 'echoes the string' });
    await app.request('DELETE', '/tasks/2');
    await app.settle();

    expect(idsOf(watcher, 'task')).toEqual([1, 2, 2]);
    expect(idsOf(two, 'task')).toEqual([2, 2]);
  });

  it('stays a string where records have strings of digits, as drivers give them for BIGINT', async () => {
    const app = await start({ controllers: [tasksWith([{ id: '1' }, { id: '2' }], {}, String)] });
    const watcher = await reader(app, '/tasks');

    await app.request('DELETE', '/tasks/2');
    await app.channel('task').publishUpdate(1, { title: 'by code, which has numbers' });
    await app.settle();

    expect(idsOf(watcher, 'task')).toEqual(['2', '1']);
  });

  it('is what the records say even if the handler declares the parameter a number', async () => {
    @Controller('accounts')
    @Resourceful('account')
    class AccountsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      findAll() {
        return [];
      }

      @Get(':id')
      @SubscribeOnRead()
      findOne(@Param('id') id: number) {
        return { id: String(id) };
      }

      @Post()
      @PublishOnCreate()
      create() {
        return { id: '5' };
      }

      @Delete(':id')
      @HttpCode(204)
      @PublishOnDestroy()
      remove(@Param('id') _id: number) {}
    }
    const app = await start({ controllers: [AccountsController] });
    const watcher = await reader(app, '/accounts');

    await app.request('POST', '/accounts');
    await app.request('DELETE', '/accounts/5');
    await app.settle();

    expect(idsOf(watcher, 'account')).toEqual(['5', '5']);
  });

  it('is spelled like the records where it is a UUID, and reaches those who read it in any case', async () => {
    const [lower, other] = ['8f14e45f-ceea-467f-a0e6-5d8c7e1b9a01', '8f14e45f-ceea-467f-a0e6-5d8c7e1b9a02'];
    const rows = [{ id: lower }, { id: other }];
    const app = await start({ controllers: [tasksWith(rows, {}, (id) => id.toLowerCase())] });
    const [one, neighbour] = [await reader(app, `/tasks/${lower}`), await reader(app, `/tasks/${other}`)];

    await app.request('PATCH', `/tasks/${lower.toUpperCase()}`, {});
    await app.request('DELETE', `/tasks/${lower.toUpperCase()}`);
    await app.settle();

    expect(idsOf(one, 'task')).toEqual([lower, lower]);
    expect(idsOf(neighbour, 'task')).toEqual([]);
  });

  it('is in upper case where the records are, as SQL Server gives them', async () => {
    const upper = '8F14E45F-CEEA-467F-A0E6-5D8C7E1B9A01';
    for (const options of [{}, { idType: 'uuid' }] as const) {
      const app = await start({ controllers: [tasksWith([{ id: upper }], options, (id) => id.toUpperCase())] });
      const watcher = await reader(app, '/tasks');

      await app.request('DELETE', `/tasks/${upper.toLowerCase()}`);
      await app.settle();

      expect(idsOf(watcher, 'task')).toEqual([upper]);
    }
  });

  it('reaches readers of the same UUID before any record was seen, and readers of no other string', async () => {
    const uuid = 'ab14e45f-ceea-467f-a0e6-5d8c7e1b9a01';
    const app = await start({ controllers: [tasksWith([])] });
    const [one, text, capitals] = [await app.connect(), await app.connect(), await app.connect()];
    await app.channel('task').subscribe(one.id, uuid);
    await app.channel('task').subscribe(text.id, 'abc');
    await app.channel('task').subscribe(capitals.id, 'ABC');

    await app.request('DELETE', `/tasks/${uuid.toUpperCase()}`);
    await app.request('DELETE', '/tasks/ABC');
    await app.settle();

    expect(idsOf(one, 'task')).toEqual([uuid.toUpperCase()]);
    expect(idsOf(text, 'task')).toEqual([]);
    expect(idsOf(capitals, 'task')).toEqual(['ABC']);
  });

  it('never becomes another record: what is not the one form of a number stays what it is', async () => {
    const app = await start({ controllers: [tasksWith([{ id: 1 }, { id: 1000 }])] });
    const [watcher, one, thousand] = [
      await reader(app, '/tasks'),
      await reader(app, '/tasks/1'),
      await reader(app, '/tasks/1000'),
    ];
    const odd = ['01', '1e3', '+1', '1.0', '0x1', '%201'];

    for (const id of odd) await app.request('DELETE', `/tasks/${id}`);
    await app.settle();

    expect(idsOf(one, 'task')).toEqual([]);
    expect(idsOf(thousand, 'task')).toEqual([]);
    expect(idsOf(watcher, 'task')).toEqual(odd.map(decodeURIComponent));
  });

  it('of the other side of a relation is in the form of that side', async () => {
    @Controller('boards')
    @Resourceful('board')
    class BoardsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      findAll() {
        return [{ id: 7 }, { id: 8 }];
      }

      @Delete(':id/cards/:cardId')
      @PublishOnRemove('cards')
      take(@Param('id') _id: string, @Param('cardId') _cardId: string) {}
    }
    @Controller('cards')
    @Resourceful('card', { relations: { board: belongsTo('board', 'cards') } })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      findAll() {
        return [{ id: 'c1', board: '7' }];
      }

      @Patch(':id')
      @PublishOnUpdate({ previous: () => ({ board: '7' }) })
      update(@Param('id') id: string) {
        return { id, board: '8' };
      }
    }
    const app = await start({ controllers: [BoardsController, CardsController] });
    const [boards, cards] = [await reader(app, '/boards'), await reader(app, '/cards')];

    await app.request('PATCH', '/cards/c1');
    await app.request('DELETE', '/boards/8/cards/c1');
    await app.settle();

    expect(boards.heard('board')).toMatchObject([
      { verb: 'removedFrom', id: 7, removedId: 'c1' },
      { verb: 'addedTo', id: 8, addedId: 'c1' },
      { verb: 'removedFrom', id: 8, removedId: 'c1' },
    ]);
    expect(idsOf(cards, 'card')).toEqual(['c1', 'c1']);
  });
});

describe('a parameter that pipes have changed', () => {
  class OneId {
    @IsInt()
    @Type(() => Number)
    id!: number;
  }

  @Injectable()
  class ArticleBySlug implements PipeTransform {
    transform(slug: string) {
      return { id: slug.length, slug, secret: true };
    }
  }

  class ObjectId {
    constructor(private readonly hex: string) {}

    toJSON(): string {
      return this.hex;
    }
  }

  @Injectable()
  class ParseObjectId implements PipeTransform {
    transform(hex: string) {
      return new ObjectId(hex.toLowerCase());
    }
  }

  @Controller('things')
  @Resourceful('thing')
  class ThingsController {
    @Delete('number/:id')
    @PublishOnDestroy()
    number(@Param('id', ParseIntPipe) _id: number) {}

    @Delete('uuid/:id')
    @PublishOnDestroy()
    uuid(@Param('id', ParseUUIDPipe) _id: string) {}

    @Delete('dto/:id')
    @PublishOnDestroy()
    dto(@Param(new ValidationPipe({ transform: true })) _params: OneId) {}

    @Delete('slug/:slug')
    @PublishOnDestroy()
    slug(@Param('slug', ArticleBySlug) _article: object) {}

    @Delete('object-id/:id')
    @PublishOnDestroy()
    objectId(@Param('id', ParseObjectId) _id: ObjectId) {}

    @Delete('muted/:id')
    @Unsubscribe()
    mute(@Param('id', ParseIntPipe) _id: number) {}
  }

  it('is what they left: a number, a field of all parameters, an ObjectId, or the id of a record', async () => {
    const app = await start({ controllers: [ThingsController] });
    const watcher = await app.connect();
    await app.channel('thing').watch(watcher.id);
    const uuid = '8f14e45f-ceea-467f-a0e6-5d8c7e1b9a01';

    for (const path of ['number/007', `uuid/${uuid}`, 'dto/08', 'slug/hello', 'object-id/FF00']) {
      expect((await app.request('DELETE', `/things/${path}`)).status).toBe(200);
    }
    await app.settle();

    expect(idsOf(watcher, 'thing')).toEqual([7, uuid, 8, 5, 'ff00']);
    expect(JSON.stringify(watcher.heard('thing'))).not.toContain('secret');
  });

  it('ends the subscription of the record that they name', async () => {
    const app = await start({ controllers: [ThingsController] });
    const client = await app.connect();
    await app.channel('thing').subscribe(client.id, [7, 8]);

    await client.socket.emitWithAck('delete', { url: '/things/muted/007' });

    expect(await app.channel('thing').subscribers(7)).toEqual([]);
    expect(await app.channel('thing').subscribers(8)).toEqual([client.id]);
  });
});

describe('an id that a number cannot hold', () => {
  const [a, b] = ['76561198016705746', '76561198016705747'];

  it('is told by its exact string, to its own readers only, whatever the handler declares', async () => {
    @Controller('players')
    @Resourceful('player')
    class PlayersController {
      @Get(':id')
      @SubscribeOnRead()
      findOne(@Param('id') id: number) {
        return { id: String(id) };
      }

      @Patch(':id')
      @PublishOnUpdate()
      update(@Param('id') id: number) {
        return { id: String(id) };
      }

      @Delete(':id')
      @HttpCode(204)
      @PublishOnDestroy()
      remove(@Param('id') _id: number) {}
    }
    const app = await start({ controllers: [PlayersController] });
    const [one, neighbour] = [await reader(app, `/players/${a}`), await reader(app, `/players/${b}`)];

    await app.request('PATCH', `/players/${a}`);
    await app.request('DELETE', `/players/${a}`);
    await app.settle();

    expect(idsOf(one, 'player')).toEqual([a, a]);
    expect(idsOf(neighbour, 'player')).toEqual([]);
  });

  it('publishes nothing once it was rounded, and the log says so', async () => {
    @Controller('players')
    @Resourceful('player')
    class PlayersController {
      @Delete('pipe/:id')
      @PublishOnDestroy()
      pipe(@Param('id', ParseIntPipe) _id: number) {}

      @Patch(':id')
      @PublishOnUpdate()
      update(@Param('id') id: string) {
        return { id: Number(id) };
      }
    }
    @Controller('members')
    @Resourceful('member', { idType: 'number' })
    class MembersController {
      @Delete(':id')
      @PublishOnDestroy()
      remove(@Param('id') _id: string) {}
    }
    const log = new Logs();
    const app = await start({ controllers: [PlayersController, MembersController], main: log.open });
    const watcher = await app.connect();
    await app.channel('player').watch(watcher.id);
    await app.channel('member').watch(watcher.id);

    await app.request('DELETE', `/players/pipe/${a}`);
    await app.request('PATCH', `/players/${a}`);
    await app.request('DELETE', `/members/${a}`);
    await app.settle();

    expect([...idsOf(watcher, 'player'), ...idsOf(watcher, 'member')]).toEqual([]);
    for (const method of ['PlayersController.pipe()', 'PlayersController.update()', 'MembersController.remove()']) {
      const { warnings } = log.naming(method);
      expect(warnings, method).toEqual([expect.stringMatching(/beyond 2\^53, which a number cannot hold exactly/)]);
      expect(warnings[0]).not.toContain(a);
    }
  });
});

describe('records whose ids are of both types', () => {
  it('are told as each is, and the log asks which type is right', async () => {
    const log = new Logs();
    const app = await start({ controllers: [tasksWith([{ id: 1 }, { id: 'two' }])], main: log.open });
    const watcher = await reader(app, '/tasks');

    await app.request('DELETE', '/tasks/1');
    await app.request('DELETE', '/tasks/two');
    await app.settle();

    expect(idsOf(watcher, 'task')).toEqual(['1', 'two']);
    const { warnings } = log.naming('Some records of "task"');
    expect(warnings).toEqual([expect.stringContaining("@Resourceful('task', { idType: 'number' })")]);
  });

  it('do not become so because a client sends an id as a string', async () => {
    const log = new Logs();
    const app = await start({ controllers: [tasksWith([{ id: 1 }])], main: log.open });
    const watcher = await reader(app, '/tasks');

    await app.request('POST', '/tasks', { id: '2' });
    await app.request('PATCH', '/tasks/3', { title: 'x' });
    await app.request('DELETE', '/tasks/2');
    await app.settle();

    expect(idsOf(watcher, 'task')).toEqual([2, 3, 2]);
    expect(log.naming('Some records of "task"').warnings).toEqual([]);
  });
});

describe('the option idType', () => {
  it("with 'string', keeps apart what differs in any letter, be it a UUID", async () => {
    const lower = 'ab14e45f-ceea-467f-a0e6-5d8c7e1b9a01';
    const app = await start({ controllers: [tasksWith([{ id: lower }], { idType: 'string' }, String)] });
    const one = await reader(app, `/tasks/${lower}`);

    await app.request('DELETE', `/tasks/${lower.toUpperCase()}`);
    await app.settle();

    expect(idsOf(one, 'task')).toEqual([]);
  });

  it("with 'uuid', takes upper for lower case, and refuses what is no UUID", async () => {
    const lower = 'ab14e45f-ceea-467f-a0e6-5d8c7e1b9a01';
    const log = new Logs();
    const app = await start({ controllers: [tasksWith([], { idType: 'uuid' })], main: log.open });
    const watcher = await app.connect();
    const tasks = app.channel('task');
    await tasks.watch(watcher.id);

    await app.request('DELETE', `/tasks/${lower.toUpperCase()}`);
    await app.request('DELETE', '/tasks/5');
    await app.settle();

    expect(idsOf(watcher, 'task')).toEqual([lower]);
    expect(tasks.getRoomName(lower.toUpperCase())).toBe(`resource:task/${lower}`);
    expect(() => tasks.getRoomName('5')).toThrow('An id is a UUID');
    expect(log.naming("is declared with idType: 'uuid'").warnings).toHaveLength(1);
  });

  it('with a function, is what that returns, in rooms and messages', async () => {
    const idType = (id: RecordId): RecordId | undefined => {
      if (id === 'broken') throw new Error('not an id');
      return typeof id === 'string' ? id.toLowerCase() : undefined;
    };
    const app = await start({ controllers: [tasksWith([{ id: 'ada' }], { idType }, (id) => id.toLowerCase())] });
    const [ada, watcher] = [await reader(app, '/tasks/Ada'), await reader(app, '/tasks')];

    await app.request('DELETE', '/tasks/ADA');
    await app.request('DELETE', '/tasks/broken');
    await app.settle();

    expect(idsOf(ada, 'task')).toEqual(['ada']);
    expect(idsOf(watcher, 'task')).toEqual(['ada']);
    await expect(app.channel('task').publishDestroy(5)).rejects.toThrow('An id is what its idType accepts');
    const answer: unknown = await ada.socket.emitWithAck('sockets:unsubscribe', { resource: 'task', ids: ['broken'] });
    expect(answer).toMatchObject({ statusCode: 400 });
  });
});

describe('an id that code gives', () => {
  it('is published in the form of the records, and reaches their readers in any spelling', async () => {
    const app = await start({ controllers: [tasksWith([{ id: 1 }, { id: 2 }])] });
    const [watcher, two] = [await reader(app, '/tasks'), await reader(app, '/tasks/2')];

    await app.channel('task').publishUpdate('2', { title: 'x' });
    await app.channel('task').publishDestroy('2');
    await app.settle();

    expect(idsOf(watcher, 'task')).toEqual([2, 2]);
    expect(idsOf(two, 'task')).toEqual([2, 2]);
  });

  it('may be what JSON turns into a string, as may the id in a record', async () => {
    const objectId = { toJSON: () => 'ff00' };
    const app = await start({ controllers: [tasksWith([])] });
    const watcher = await app.connect();
    const tasks = app.channel<{ id: unknown }>('task');
    await tasks.watch(watcher.id);

    await tasks.publishCreate({ id: objectId });
    await tasks.publishUpdate(objectId as unknown as string, { id: objectId });
    await tasks.publishDestroy({ id: 76561198016705746n });
    await app.settle();

    expect(idsOf(watcher, 'task')).toEqual(['ff00', 'ff00', '76561198016705746']);
  });
});
