import {
  Body,
  Controller,
  Delete,
  HttpCode,
  Injectable,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Put,
  type NestInterceptor,
} from '@nestjs/common';
import { map } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnReplace,
  PublishOnUpdate,
  Resourceful,
  ResourcefulPubSub,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { overItsSocket } from '../support/manners.js';
import { subscriptions } from '../support/subscriptions.js';

/** What the handlers return. */
@Injectable()
class Database {
  result: unknown;
}

@Controller('notes')
@Resourceful('note')
class NotesController {
  constructor(private readonly database: Database) {}

  @Patch('envelope/:id')
  @PublishOnUpdate({ select: 'note' })
  updateInEnvelope(@Param('id', ParseIntPipe) _id: number): unknown {
    return { note: this.database.result };
  }

  @Patch(':id')
  @PublishOnUpdate({ subscribe: true })
  async update(@Param('id', ParseIntPipe) _id: number): Promise<unknown> {
    return Promise.resolve(this.database.result);
  }

  @Delete('bulk')
  @PublishOnDestroy({ select: (_response, { body }) => body.ids, id: (id: number) => id })
  removeAll(@Body() _body: { ids: number[] }): unknown {
    return this.database.result;
  }

  @Delete('counted/:id')
  @PublishOnDestroy({ when: (result) => result.affected > 0 })
  removeCounted(@Param('id', ParseIntPipe) _id: number): unknown {
    return this.database.result;
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) _id: number): unknown {
    return this.database.result;
  }

  @Delete('silent/:id')
  @HttpCode(204)
  @PublishOnDestroy()
  removeSilently(@Param('id', ParseIntPipe) _id: number): unknown {
    return this.database.result;
  }

  @Put(':id/tags/:tagId')
  @PublishOnAdd('tags', { noReverse: true })
  addTag(@Param('id', ParseIntPipe) _id: number): unknown {
    return this.database.result;
  }

  @Delete(':id/tags/:tagId')
  @PublishOnRemove('tags', { noReverse: true })
  removeTag(@Param('id', ParseIntPipe) _id: number): unknown {
    return this.database.result;
  }

  @Put(':id/tags')
  @PublishOnReplace('tags', { noReverse: true, previous: () => ({ tags: [1] }) })
  replaceTags(@Param('id', ParseIntPipe) _id: number, @Body() _body: object): unknown {
    return this.database.result;
  }

  @Post(':id/archive')
  @Publish('archived')
  archive(@Param('id', ParseIntPipe) _id: number): unknown {
    return this.database.result;
  }

  @Post()
  @PublishOnCreate()
  create(): unknown {
    return this.database.result;
  }
}

/** As a driver returns them, so that they are more than an object literal. */
class UpdateResult {
  raw: unknown[] = [];
  generatedMaps: unknown[] = [];
  constructor(public affected?: number | null) {}
}

class DeleteResult {
  raw: unknown[] = [];
  constructor(public affected?: number | null) {}
}

/** What postgres.js returns: a list of rows, which counts those that it does not hold. */
function rowList(count: number): unknown[] {
  return Object.defineProperties([], { count: { value: count }, command: { value: 'UPDATE' } });
}

const pgResult = {
  command: 'UPDATE',
  oid: null,
  rows: [],
  fields: [],
  _parsers: [],
  _types: {},
  RowCtor: null,
  rowAsArray: false,
  _prebuiltEmptyResultObject: null,
};
const mongo = { acknowledged: true, upsertedId: null, upsertedCount: 0 };
const mysql = { fieldCount: 0, insertId: 0, info: '', serverStatus: 2, warningStatus: 0, changedRows: 0 };

const nothing: Array<[library: string, result: unknown]> = [
  ['TypeORM, of an update', new UpdateResult(0)],
  ['TypeORM, of a deletion', new DeleteResult(0)],
  ['Prisma', { count: 0 }],
  ['MongoDB, of a deletion', { acknowledged: true, deletedCount: 0 }],
  ['MongoDB, of an update that found nothing', { ...mongo, matchedCount: 0, modifiedCount: 0 }],
  ['MongoDB, of an update that found the record as it was to be', { ...mongo, matchedCount: 1, modifiedCount: 0 }],
  ['Mongoose, before version 6', { n: 1, nModified: 0, ok: 1 }],
  ['Mongoose, which finds nothing to delete', null],
  ['Sequelize, of an update', [0]],
  ['Sequelize, of an update with the rows', [0, []]],
  ['Sequelize, of a deletion, and Knex', 0],
  ['Kysely, of a deletion', [{ numDeletedRows: 0n }]],
  ['Kysely, of an update', { numUpdatedRows: 0n }],
  ['Kysely on MySQL, of an update that changed nothing', { numUpdatedRows: 1n, numChangedRows: 0n }],
  ['Drizzle on PostgreSQL', { ...pgResult, rowCount: 0 }],
  ['Drizzle on postgres.js', rowList(0)],
  ['Drizzle on MySQL', [{ ...mysql, affectedRows: 0 }, undefined]],
  ['Drizzle on SQLite', { changes: 0, lastInsertRowid: 0 }],
  ['Drizzle on libSQL', { rowsAffected: 0, rows: [], columns: [], columnTypes: [], lastInsertRowid: '0' }],
  ['SQL Server', { rowsAffected: [0, 0], recordset: undefined, recordsets: [], output: {} }],
  ['several statements', [new DeleteResult(0), new DeleteResult(0)]],
  ['a service', false],
];

const something: Array<[library: string, result: unknown]> = [
  ['TypeORM, of an update', new UpdateResult(1)],
  ['TypeORM, of a deletion', new DeleteResult(1)],
  ['TypeORM, whose driver cannot say', new UpdateResult(undefined)],
  ['TypeORM, whose driver does not know', new DeleteResult(null)],
  ['Prisma', { count: 1 }],
  ['MongoDB, of a deletion', { acknowledged: true, deletedCount: 1 }],
  ['MongoDB, of an update', { ...mongo, matchedCount: 1, modifiedCount: 1 }],
  ['MongoDB, of an update that inserted', { ...mongo, matchedCount: 0, modifiedCount: 0, upsertedCount: 1 }],
  ['MongoDB, which does not acknowledge', { ...mongo, acknowledged: false, matchedCount: 0, modifiedCount: 0 }],
  ['Mongoose, before version 6', { n: 1, ok: 1, deletedCount: 1 }],
  ['Sequelize, of an update', [1]],
  ['Sequelize, of an update with the rows', [1, [{ id: 5, secret: 'of the row' }]]],
  ['Sequelize, of a deletion, and Knex', 1],
  ['Kysely, of a deletion', [{ numDeletedRows: 1 }]],
  ['Kysely, of an update', { numUpdatedRows: 1 }],
  ['Drizzle on PostgreSQL', { ...pgResult, rowCount: 1 }],
  ['Drizzle on postgres.js', rowList(1)],
  ['Drizzle on MySQL', [{ ...mysql, affectedRows: 1 }, undefined]],
  ['Drizzle on SQLite', { changes: 1, lastInsertRowid: 0 }],
  ['several statements', [new DeleteResult(0), new DeleteResult(1)]],
  ['a service, of what it is done with', undefined],
  ['a service, of success', true],
  ['nest generate resource', 'This action updates a #5 note'],
];

const records: Array<[what: string, record: object]> = [
  ['with an id and the field "count"', { id: 5, count: 0 }],
  ['with an id and the field "affected"', { id: 5, affected: 0, raw: 'potatoes' }],
  ['without an id, with the field "count" among others', { count: 0, title: 'inventory' }],
  ['without an id, with the field "changes" in words', { changes: 'none' }],
  ['without an id, with the field "rows" alone', { rows: 0 }],
];

let app: TestApplication;
let reader: TestClient;
let logs: Logs;
let database: Database;

async function run(...interceptors: NestInterceptor[]): Promise<void> {
  app = await start({
    controllers: [NotesController],
    providers: [Database],
    main: (nest) => {
      logs = listenTo(nest);
      nest.useGlobalInterceptors(...interceptors);
    },
  });
  database = app.get(Database);
  reader = await app.connect();
  await app.channel('note').watch(reader.id);
  await app.channel('note').subscribe(reader.id, [4, 5, 6]);
}

async function heardOf(method: string, path: string, result: unknown, body?: unknown): Promise<unknown[]> {
  database.result = result;
  reader.forget();
  await app.request(method, path, body);
  await app.settle();
  return reader.heard('note');
}

/** An interceptor such as many applications have; it also writes what JSON cannot. */
const wrapping: NestInterceptor = {
  intercept: (_context, next) =>
    next.handle().pipe(
      map((data: unknown) => ({
        success: true,
        data: JSON.parse(JSON.stringify(data ?? null, (_key, value: unknown) => writable(value))) as unknown,
      })),
    ),
};

function writable(value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

describe.each([
  { response: 'as it is', interceptors: [] },
  { response: 'in an envelope', interceptors: [wrapping] },
])('What a library returns of a write, answered $response,', ({ interceptors }) => {
  beforeEach(() => run(...interceptors));

  it('publishes nothing and ends no subscription if nothing was changed', async () => {
    for (const [library, result] of nothing) {
      for (const [method, path] of [
        ['PATCH', '/notes/5'],
        ['DELETE', '/notes/5'],
        ['DELETE', '/notes/silent/5'],
      ]) {
        expect(await heardOf(method, path, result), `${library}: ${method} ${path}`).toEqual([]);
      }
    }
    expect(await app.channel('note').subscribers(5)).toEqual([reader.id]);
    expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 0, failed: 0, skipped: 0 });
    expect(logs.naming('NotesController').warnings).toEqual([]);
  });

  it('publishes the id alone if something was', async () => {
    for (const [library, result] of something) {
      const updated = [{ verb: 'updated', id: 5, data: { id: 5 } }];
      expect(await heardOf('PATCH', '/notes/5', result), library).toEqual(updated);
      expect(await heardOf('DELETE', '/notes/5', result), library).toEqual([{ verb: 'destroyed', id: 5 }]);
      await app.channel('note').subscribe(reader.id, [5]);
    }
  });
});

describe('A result of a write', () => {
  beforeEach(() => run());

  it('in the selected part of the response counts, too', async () => {
    for (const result of [null, false, new UpdateResult(0), { count: 0 }])
      expect(await heardOf('PATCH', '/notes/envelope/5', result)).toEqual([]);
    const updated = [{ verb: 'updated', id: 5, data: { id: 5 } }];
    for (const result of [new UpdateResult(1), undefined])
      expect(await heardOf('PATCH', '/notes/envelope/5', result)).toEqual(updated);
  });

  it('is not taken for a record, nor a record for one', async () => {
    for (const [what, record] of records)
      expect(await heardOf('PATCH', '/notes/5', record), what).toEqual([{ verb: 'updated', id: 5, data: record }]);
  });

  it('is what the decorator’s functions are given', async () => {
    expect(await heardOf('DELETE', '/notes/counted/5', new DeleteResult(1))).toHaveLength(1);
  });

  it('says that others than the selected records were changed, or publishes them', async () => {
    const ids = [4, 5];
    const destroyed = ids.map((id) => ({ verb: 'destroyed', id }));
    for (const result of [{ count: 2 }, 2, [new DeleteResult(1), new DeleteResult(1)], undefined, { count: 9 }])
      expect(await heardOf('DELETE', '/notes/bulk', result, { ids })).toEqual(destroyed);
    expect(await heardOf('DELETE', '/notes/bulk', { count: 2 }, { ids: [4, 5, 5] })).toHaveLength(3);
    await app.channel('note').subscribe(reader.id, ids);

    expect(await heardOf('DELETE', '/notes/bulk', { count: 0 }, { ids })).toEqual([]);
    expect(logs.naming('removeAll()').warnings).toEqual([]);
    for (const result of [{ count: 1 }, 1, [new DeleteResult(0), new DeleteResult(1)]])
      expect(await heardOf('DELETE', '/notes/bulk', result, { ids })).toEqual([]);
    expect(await app.channel('note').subscribers(4)).toEqual([reader.id]);
    expect(logs.naming('removeAll()').warnings).toEqual([
      expect.stringContaining('1 of 2 records were changed, but not which'),
    ]);
  });

  it('says the same of collections', async () => {
    for (const result of [new UpdateResult(0), { rowCount: 0 }, 0, null, false]) {
      expect(await heardOf('PUT', '/notes/5/tags/7', result)).toEqual([]);
      expect(await heardOf('DELETE', '/notes/5/tags/7', result)).toEqual([]);
    }
    const change = { id: 5, attribute: 'tags' };
    expect(await heardOf('PUT', '/notes/5/tags/7', { rowCount: 1 })).toEqual([
      { verb: 'addedTo', ...change, addedId: 7 },
    ]);
    expect(await heardOf('DELETE', '/notes/5/tags/7', 1)).toEqual([{ verb: 'removedFrom', ...change, removedId: 7 }]);
  });

  it('says nothing of a collection that several writes have replaced, unless the record was not there', async () => {
    const removed = [{ verb: 'removedFrom', id: 5, attribute: 'tags', removedId: 1 }];
    expect(await heardOf('PUT', '/notes/5/tags', { count: 0 }, { tags: [] })).toEqual(removed);
    expect(await heardOf('PUT', '/notes/5/tags', null, { tags: [] })).toEqual([]);
  });

  it('says the same of the application’s own verbs, where it can be nothing else', async () => {
    const archived = (data: object): unknown[] => [{ verb: 'archived', id: 5, data }];
    for (const result of [new UpdateResult(0), { acknowledged: true, matchedCount: 0, modifiedCount: 0 }, null, false])
      expect(await heardOf('POST', '/notes/5/archive', result)).toEqual([]);
    expect(await heardOf('POST', '/notes/5/archive', new UpdateResult(1))).toEqual(archived({ id: 5 }));
    expect(await heardOf('POST', '/notes/5/archive', { count: 0 })).toEqual(archived({ count: 0 }));
    expect(await heardOf('POST', '/notes/5/archive', 0)).toEqual(archived({ id: 5 }));
  });

  it('is no record that was created, which the log says', async () => {
    for (const result of [{ count: 1 }, null, [0]]) expect(await heardOf('POST', '/notes', result)).toEqual([]);
    expect(logs.naming('NotesController.create()').warnings).toHaveLength(1);
  });

  it('of what several records have become leaves out those that are not there', async () => {
    const heard = await heardOf('PATCH', '/notes/5', [{ id: 4 }, null, { id: 6 }]);
    expect(heard).toMatchObject([{ id: 4 }, { id: 6 }]);
    expect(logs.naming('NotesController').warnings).toEqual([]);
  });

  it('subscribes a requester only to what it has changed', async () => {
    const client = await app.connect();
    for (const result of [new UpdateResult(0), null, 0]) {
      database.result = result;
      await overItsSocket.send(app, client, 'PATCH', '/notes/5');
      expect(await subscriptions(app, client)).toEqual([]);
    }
    database.result = new UpdateResult(1);
    await overItsSocket.send(app, client, 'PATCH', '/notes/5');
    expect(await subscriptions(app, client)).toEqual(['note/5']);
  });
});
