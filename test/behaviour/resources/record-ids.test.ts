import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResourcefulPubSub, SocketsModule, type RecordId, type ResourceOptions } from '../../../src/index.js';
import { start } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
/** Ids that look like something else: a separator, another room, a property of every object, another number. */
const NASTY: string[] = [
  '1',
  '01',
  '1e3',
  '1000',
  '-0',
  '0',
  'NaN',
  'null',
  'undefined',
  'true',
  '[object Object]',
  '/',
  '//',
  '/1',
  '1/',
  '1/2',
  '#',
  '#destroyed',
  '#destroyed/1',
  '1#destroyed',
  '1#destroyed/1',
  'user',
  'user/1',
  'resource:user',
  'resource:user/1',
  'resource:user#destroyed/1',
  '../pet/1',
  '@',
  '@board=7',
  '1 ',
  ' 1',
  ' ',
  '\n',
  '1\n2',
  '\0',
  '1\0',
  '\r\n',
  '%2F1',
  '*',
  '__proto__',
  'constructor',
  'toString',
  'é',
  'e\u0301',
  '💩',
  '\uFEFF1',
  'x'.repeat(100_000),
  'x'.repeat(100_001),
];

async function withResources(resources: Record<string, ResourceOptions>) {
  const app = await start({ imports: [SocketsModule.forRoot({ resources })] });
  return { app, channel: (name: string) => app.channel(name) };
}

describe('the id of a record', () => {
  type Row = [given: unknown, any: RecordId | undefined, number: RecordId | undefined, string: RecordId | undefined];
  const table: Row[] = [
    [1, 1, 1, '1'],
    ['1', '1', 1, '1'],
    [0, 0, 0, '0'],
    [-0, 0, 0, '0'],
    ['-0', '-0', undefined, '-0'],
    [-1, -1, -1, '-1'],
    [1.5, 1.5, 1.5, '1.5'],
    ['1.50', '1.50', undefined, '1.50'],
    ['01', '01', undefined, '01'],
    ['1e3', '1e3', undefined, '1e3'],
    ['0x1', '0x1', undefined, '0x1'],
    [' 1', ' 1', undefined, ' 1'],
    ['1\n', '1\n', undefined, '1\n'],
    ['9007199254740993', '9007199254740993', undefined, '9007199254740993'],
    ['a', 'a', undefined, 'a'],
    ['NaN', 'NaN', undefined, 'NaN'],
    ['Infinity', 'Infinity', undefined, 'Infinity'],
    ['__proto__', '__proto__', undefined, '__proto__'],
    ['constructor', 'constructor', undefined, 'constructor'],
    [{ id: 1 }, 1, 1, '1'],
    [{ id: '1', name: 'ada' }, '1', 1, '1'],
    [Object.create({ id: 1 }), 1, 1, '1'],
    [NaN, undefined, undefined, undefined],
    [Infinity, undefined, undefined, undefined],
    [-Infinity, undefined, undefined, undefined],
    ['', undefined, undefined, undefined],
    [null, undefined, undefined, undefined],
    [undefined, undefined, undefined, undefined],
    [true, undefined, undefined, undefined],
    [1n, '1', 1, '1'],
    [9007199254740993n, '9007199254740993', undefined, '9007199254740993'],
    [{ toJSON: () => 'a' }, 'a', undefined, 'a'],
    [2 ** 53, undefined, undefined, undefined],
    [Number('76561198016705746'), undefined, undefined, undefined],
    [Symbol('1'), undefined, undefined, undefined],
    [() => 1, undefined, undefined, undefined],
    [{}, undefined, undefined, undefined],
    [[], undefined, undefined, undefined],
    [{ id: null }, undefined, undefined, undefined],
    [{ id: [1] }, undefined, undefined, undefined],
    [{ id: { id: 1 } }, undefined, undefined, undefined],
    [new Date(0), undefined, undefined, undefined],
    ['\uD800', undefined, undefined, undefined],
    ['a\uDC00b', undefined, undefined, undefined],
  ];
  const shown = (value: unknown): string =>
    typeof value === 'object' || typeof value === 'string' ? JSON.stringify(value) : String(value);
  const rows = table.map((row) => [shown(row[0]), ...row] as const);

  it.each(rows)('row 34: %s is published in its one form, or refused', async (_, given, any, number, string) => {
    const { app, channel } = await withResources({
      any: {},
      number: { idType: 'number' },
      string: { idType: 'string' },
    });
    const watcher = await app.connect();

    for (const [name, expected] of Object.entries({ any, number, string })) {
      const records = channel(name);
      await records.watch(watcher.id);
      const outcome = records.message(given as RecordId, 'x');
      if (expected === undefined) {
        await expect(outcome).rejects.toMatchObject({ code: 'INVALID_RECORD_ID' });
        await expect(records.subscribe(watcher.id, [given as RecordId])).rejects.toMatchObject({
          code: 'INVALID_RECORD_ID',
        });
        expect(() => records.getRoomName(given as RecordId)).toThrow(
          /is not an id\. An id is .*, or a record whose field "id" holds it/,
        );
      } else {
        await outcome;
        expect(records.getRoomName(given as RecordId)).toBe(`resource:${name}/${expected}`);
      }
      await app.settle();
      const ids = watcher.heard(name).map((message) => (message as { id: unknown }).id);
      expect(ids).toEqual(expected === undefined ? [] : [expected]);
      if (ids[0] === 0) expect(Object.is(ids[0], 0)).toBe(true);
    }
  });

  it('row 34: a number and its written form are the same record, whatever the resource says of its ids', async () => {
    const { app, channel } = await withResources({
      any: {},
      number: { idType: 'number' },
      string: { idType: 'string' },
    });
    const client = await app.connect();

    for (const name of ['any', 'number', 'string']) {
      await channel(name).subscribe(client.id, name === 'number' ? '1' : 1);
      await channel(name).publishUpdate(1, {});
      await channel(name).publishUpdate('1', {});
    }
    await app.settle();

    expect(client.heard('any')).toEqual([
      { verb: 'updated', id: 1, data: {} },
      { verb: 'updated', id: '1', data: {} },
    ]);
    expect(client.heard('number')).toEqual([
      { verb: 'updated', id: 1, data: {} },
      { verb: 'updated', id: 1, data: {} },
    ]);
    expect(client.heard('string')).toEqual([
      { verb: 'updated', id: '1', data: {} },
      { verb: 'updated', id: '1', data: {} },
    ]);
  });

  it('row 34: is in the field that the resource names', async () => {
    const { app, channel } = await withResources({ user: { id: 'user_id', idType: 'number' } });
    const watcher = await app.connect();
    const users = channel('user');
    await users.watch(watcher.id);

    await users.publishCreate({ user_id: '7', id: 99 });
    await users.publishUpdate({ user_id: 8 }, { name: 'ada' });
    const refused = users.publishCreate({ id: 99 });
    await expect(refused).rejects.toThrow(
      'user: an object is not an id. An id is a number, or a record whose field "user_id" holds it. ' +
        `If the ids are in another field or of another type, say so: ` +
        `@Resourceful('user', { id: 'field', idType: 'string' }).`,
    );
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'created', id: 7, data: { user_id: '7', id: 99 } },
      { verb: 'updated', id: 8, data: { name: 'ada' } },
    ]);
  });

  it('is never repeated by an error, for it may be a secret or very long', async () => {
    const { channel } = await withResources({ user: { idType: 'number' } });

    await expect(channel('user').publishDestroy('s3cret')).rejects.toThrow(/^user: a string is not an id\./);
  });
});

describe('the room of a record', () => {
  // Few names, so that two are often the same, and since every name makes a resource.
  const names = fc.constantFrom(...fc.sample(fc.stringMatching(/^[A-Za-z][\w.-]{0,12}$/), 40));
  const hostile = fc.array(
    fc.constantFrom('resource:', 'user', 'a', '/', '#', 'destroyed', 'updated', '1', '@', '=', '\n'),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  const anyId = fc
    .oneof(
      fc.constantFrom(...NASTY),
      hostile.map((parts) => parts.join('')),
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.string({ minLength: 1 }),
      fc.integer(),
      fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .filter((id) => !Number.isInteger(id) || Number.isSafeInteger(id)),
    )
    .filter((id) => typeof id !== 'string' || !/\p{Surrogate}/u.test(id));

  it('is another one for another id, another resource, or a collection, however they are written', async () => {
    const app = await start();

    fc.assert(
      fc.property(names, anyId, names, anyId, (name, id, otherName, otherId) => {
        fc.pre(!['disconnect', 'disconnecting', 'connect', 'newListener', 'removeListener'].includes(name));
        fc.pre(!['disconnect', 'disconnecting', 'connect', 'newListener', 'removeListener'].includes(otherName));
        const room = app.channel(name).getRoomName(id);
        const other = app.channel(otherName).getRoomName(otherId);
        // -0 is written as 0.
        const same = name === otherName && String(id) === String(otherId);
        expect(room === other).toBe(same);
        expect(room.startsWith(`resource:${name}/`)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is that of the declared ids, although it was asked for before they were declared', async () => {
    const uuid = 'AAAAAAAA-0000-4000-8000-000000000000';
    const asked: string[] = [];
    class Early {
      constructor(pubSub: ResourcefulPubSub) {
        asked.push(pubSub.of('user').getRoomName(uuid));
      }
    }
    Reflect.defineMetadata('design:paramtypes', [ResourcefulPubSub], Early);
    const app = await start({
      imports: [SocketsModule.forRoot({ resources: { user: { idType: 'string' } } })],
      providers: [Early],
    });

    asked.push(app.channel('user').getRoomName(uuid));

    expect(asked).toEqual([`resource:user/${uuid.toLowerCase()}`, `resource:user/${uuid}`]);
  });

  it('no two of all rooms that subscribing and watching leads to are the same', async () => {
    const { app, channel } = await withResources({
      user: { verbs: ['a', 'user'] },
      a: { verbs: ['user'] },
      'user.a': {},
      'user-a': {},
    });
    const client = await app.connect();
    const verbs = ['created', 'updated', 'destroyed', 'addedTo', 'removedFrom', 'messaged'];
    const rooms = new Set<string>();
    let expected = 0;
    const joined = async (): Promise<void> => {
      for (const room of await app.sockets.socketRooms(client.id)) if (room !== client.id) rooms.add(room);
      await app.sockets.leave(client.id, [...rooms]);
    };

    for (const name of ['user', 'a', 'user.a', 'user-a']) {
      await channel(name).watch(client.id);
      await channel(name).watch(client.id, undefined, { verbs });
      await channel(name).subscribe(client.id, NASTY);
      await channel(name).subscribe(client.id, NASTY, { verbs });
      await joined();
      expected += (1 + verbs.length) * (1 + NASTY.length);
    }

    expect(rooms.size).toBe(expected);
  });

  it('a message for any id reaches subscribers of that id, that resource and that verb, and nobody else', async () => {
    const { app, channel } = await withResources({ user: {}, pet: {} });
    const ids = NASTY.filter((id) => id.length < 1_000);
    // One socket for each id, so that each tells what landed with it.
    const clients = new Map<string, TestClient>();
    for (const id of ids) clients.set(id, await app.connect());
    const destroyedOnly = await app.connect();
    const ofPets = await app.connect();
    const watcher = await app.connect();
    for (const [id, client] of clients) await channel('user').subscribe(client.id, id);
    await channel('user').subscribe(destroyedOnly.id, ids, { verbs: ['destroyed'] });
    await channel('pet').subscribe(ofPets.id, ids);
    await channel('pet').watch(ofPets.id);
    await channel('user').watch(watcher.id);

    for (const id of ids) await channel('user').publishUpdate(id, { id });
    await app.settle();

    for (const [id, client] of clients) {
      expect(client.heard('user'), JSON.stringify(id)).toEqual([{ verb: 'updated', id, data: { id } }]);
    }
    expect(destroyedOnly.received.filter(([event]) => event !== 'marker')).toEqual([]);
    expect(ofPets.received.filter(([event]) => event !== 'marker')).toEqual([]);
    expect(watcher.heard('user')).toHaveLength(ids.length);

    for (const id of ids) await channel('user').publishDestroy(id);
    await app.settle();
    expect(destroyedOnly.heard('user')).toHaveLength(ids.length);
    expect((await app.sockets.rooms()).filter((room) => room.startsWith('resource:user/'))).toEqual([]);
    expect((await app.sockets.socketRooms(ofPets.id)).length).toBe(ids.length + 2);
  });
});
