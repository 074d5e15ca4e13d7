import { Body, Controller, Delete, Get, Put, Query } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { PublishOnCreate, PublishOnUpdate, Resourceful, SubscribeOnRead, Unsubscribe } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { client as clientOf } from '../../client/support/client.js';
import { subscriptions } from '../support/subscriptions.js';

interface Note {
  id: string;
  folder: string;
  tag: string;
}

/** Takes every id and every value as it comes, as a careless application does. */
@Controller('notes')
@Resourceful('note', { slices: ['folder', ['folder', 'tag']] })
class NotesController {
  @Get('one')
  @SubscribeOnRead()
  findOne(@Query('id') id: unknown) {
    return { id };
  }

  @Get('folder')
  @SubscribeOnRead({ watch: true })
  findFolder(@Query('folder') _folder: string) {
    return [];
  }

  @Get('tagged')
  @SubscribeOnRead({ watch: true })
  findTagged(@Query('folder') _folder: string, @Query('tag') _tag: string) {
    return [];
  }

  @Put('new')
  @PublishOnCreate()
  create(@Body() note: Note) {
    return note;
  }

  @Put('one')
  @PublishOnUpdate()
  update(@Body() note: Note) {
    return note;
  }

  @Delete('one')
  @Unsubscribe({ id: (_, { query }) => (query as Note).id })
  mute() {}
}

/** Whose ids are numbers. */
@Controller('pages')
@Resourceful('page', { idType: 'number' })
class PagesController {
  @Get()
  @SubscribeOnRead()
  findOne(@Query('id') id: unknown) {
    return { id };
  }
}

/** Whose name and ids look like rooms of the other. */
@Controller('other')
@Resourceful('note.other')
class OtherController {}

const controllers = [NotesController, PagesController, OtherController];

const HOSTILE = [
  ...['/', '#', '*', '?', '[a]', '@', '~', '=', '&', ':', ',', ' ', '\n', '\0', '%', '%2f', '%252f', '..', '../one'],
  ...['1#destroyed', '#created', '@folder=1', 'folder=1', 'folder=1&tag=2', '~admin', '1/2', 'resource:note', 'note'],
  ...['é', 'e\u0301', '\u202E', 'x'.repeat(10_000)],
];

const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', 'then', 'length'];

const get = async ({ socket }: TestClient, url: string, query: object): Promise<void> => {
  const { statusCode } = (await socket.emitWithAck('get', { url, data: query })) as { statusCode: number };
  expect(statusCode).toBe(200);
};

const put = async ({ socket }: TestClient, url: string, data: object): Promise<void> => {
  const { statusCode } = (await socket.emitWithAck('put', { url, data })) as { statusCode: number };
  expect(statusCode).toBe(200);
};

async function readers(app: TestApplication, url: string, queries: readonly object[]): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  for (const query of queries) {
    const client = await app.connect();
    await get(client, url, query);
    clients.push(client);
  }
  return clients;
}

describe('By a route that takes what comes', () => {
  it('row 38: whoever reads a record with an odd id hears of that record and of nothing else', async () => {
    const app = await start({ controllers });
    const writer = await app.connect();
    const bystander = await app.connect();
    await app.channel('note.other').watch(bystander.id);
    const clients = await readers(
      app,
      '/notes/one',
      HOSTILE.map((id) => ({ id })),
    );

    for (const id of HOSTILE) await put(writer, '/notes/one', { id });
    await app.settle();

    const updated = HOSTILE.map((id) => [{ verb: 'updated', id, data: { id } }]);
    expect(clients.map((client) => client.heard('note'))).toEqual(updated);
    expect(bystander.received.filter(([event]) => event !== 'marker')).toEqual([]);
  });

  it('row 38: an empty id is the id of no record', async () => {
    const app = await start({ controllers });
    const [client] = await readers(app, '/notes/one', [{ id: '' }]);
    expect(await subscriptions(app, client)).toEqual([]);
  });

  it('row 38: whoever watches a slice by an odd value hears of that slice and of nothing else', async () => {
    const app = await start({ controllers });
    const writer = await app.connect();
    const clients = await readers(
      app,
      '/notes/folder',
      HOSTILE.map((folder) => ({ folder })),
    );
    // Written without care, these two would be one.
    const pairs = [
      { folder: 'a&tag=b', tag: 'c' },
      { folder: 'a', tag: 'b&tag=c' },
    ];
    const [one, other] = await readers(app, '/notes/tagged', pairs);

    const notes = HOSTILE.map((folder, index) => ({ id: String(index), folder, tag: 'none' }));
    for (const note of notes) await put(writer, '/notes/new', note);
    for (const [index, pair] of pairs.entries()) await put(writer, '/notes/new', { id: `pair ${index}`, ...pair });
    await app.settle();

    const created = (id: string, note: object): object[] => [{ verb: 'created', id, data: { id, ...note } }];
    expect(clients.map((client) => client.heard('note'))).toEqual(notes.map((note) => created(note.id, note)));
    expect([one, other].map((client) => client.heard('note'))).toEqual(
      pairs.map((pair, index) => created(`pair ${index}`, pair)),
    );
  });

  it('row 39: an id not in its one form is the id of no record, and another form is another record', async () => {
    const app = await start({ controllers });
    const rooms = async (url: string, id: unknown): Promise<string[]> => {
      const [client] = await readers(app, url, [{ id }]);
      return subscriptions(app, client);
    };
    const odd = ['01', '1e0', '+1', ' 1', '1.0', '-0', 'NaN', 'Infinity', 'true', '0x1', {}, [1, 2], { id: 1 }];
    for (const id of odd) expect(await rooms('/pages', id), JSON.stringify(id)).toEqual([]);
    expect(await rooms('/pages', '1')).toEqual(['page/1']);
    expect(await rooms('/pages', 1)).toEqual(['page/1']);
    expect(await rooms('/pages', '1000')).toEqual(['page/1000']);
    const distinct = ['1', '01', '1e0', 'AB', 'ab', 'é', 'e\u0301'];
    expect(await Promise.all(distinct.map((id) => rooms('/notes/one', id)))).toEqual(
      distinct.map((id) => [`note/${id}`]),
    );
  });

  it('row 40: records may be called what objects inherit, on the server and on the client', async () => {
    const app = await start({ controllers });
    const sockets = clientOf(app.url);
    const heard: unknown[] = [];
    let settled: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (settled = resolve));
    sockets.on('note', ({ id }) => (id === 'end' ? settled() : heard.push(id)));
    for (const id of [...INHERITED, 'end']) await sockets.get('/notes/one', { id });
    await sockets.get('/notes/folder', { folder: '__proto__' });
    const writer = await app.connect();

    for (const id of INHERITED) await put(writer, '/notes/one', { id });
    await put(writer, '/notes/new', { id: 'new', folder: '__proto__', tag: 'constructor' });
    await sockets.unsubscribe('note', INHERITED);
    for (const id of INHERITED) await put(writer, '/notes/one', { id });
    await put(writer, '/notes/one', { id: 'end' });
    await end;

    expect(heard).toEqual([...INHERITED, 'new']);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('row 41: reading twice, and leaving twice or what was never entered, is as once', async () => {
    const app = await start({ controllers });
    const [client, writer] = [await app.connect(), await app.connect()];
    for (let time = 0; time < 2; time++) {
      await get(client, '/notes/one', { id: '1' });
      await get(client, '/notes/folder', { folder: 'a' });
    }
    await put(writer, '/notes/one', { id: '1', folder: 'a', tag: 'x' });
    await app.settle();
    expect(client.heard('note')).toHaveLength(1);

    for (const id of ['1', '1', '2']) {
      const answer: unknown = await client.socket.emitWithAck('delete', { url: `/notes/one?id=${id}` });
      expect(answer).toMatchObject({ statusCode: 200 });
    }
    for (const ids of [['1'], ['1'], ['2']]) {
      expect(await client.socket.emitWithAck('sockets:unsubscribe', { resource: 'note', ids })).toMatchObject({
        statusCode: 204,
      });
    }
    expect(await subscriptions(app, client)).toEqual(['note@folder=a']);
  });
});
