import { Controller, Get, Query } from '@nestjs/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead, type SliceValue } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { heard, read } from './support/cards.js';

/** Values as clients send them who would like to be elsewhere. */
const VALUES = [
  '__proto__',
  'constructor',
  'toString',
  'a/b',
  'a&tenantId=x',
  'a=b',
  'a@b',
  '#created',
  '~admin',
  '*',
  '?',
  '%2f',
  '..',
  'a\nb',
  ' a ',
  '\u00e9',
  'e\u0301',
  '🂡',
  'undefined',
  'null',
  'true',
  '01',
  '1e3',
  '1000',
  'x'.repeat(2_000),
];

describe('a slice whose value is unusual', () => {
  it('rows 38 to 40: is a slice like any other, and no two are the same', async () => {
    @Controller('cards')
    @Resourceful('card', { slices: ['boardId'], rememberedSlices: 0 })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      find(@Query('boardId') _boardId: string) {
        return [];
      }
    }
    const app = await start({ controllers: [CardsController] });
    const clients: TestClient[] = [];
    for (const value of VALUES) {
      const client = await app.connect();
      await read(client, `/cards?boardId=${encodeURIComponent(value)}`);
      clients.push(client);
    }

    for (const [index, boardId] of VALUES.entries()) await app.channel('card').publishCreate({ id: index, boardId });
    await app.settle();

    expect(clients.map((client) => heard(client))).toEqual(VALUES.map((_value, index) => [`created ${index}`]));
  });

  it('row 39: `1` and `"1"` are the same, and what is not a value is not a slice', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ resources: { card: { slices: ['boardId'] } } })],
    });
    const client = await app.connect();
    const cards = app.channel('card');
    await cards.watch(client.id, { boardId: 1 });

    for (const [id, boardId] of [1, '1', '01', Number.NaN, Infinity, '', null, undefined, {}, [{}], -0].entries()) {
      await cards.publishCreate({ id, boardId });
    }
    await app.settle();

    expect(heard(client)).toEqual(['created 0', 'created 1']);
  });
});

describe('the slices of any values', () => {
  it('are the same only if the written forms of all values are', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ resources: { card: { slices: [['a', 'b'], 'a&b', ['b', 'a=']] } } })],
    });
    const cards = app.channel<Record<string, SliceValue>>('card');
    const client = await app.connect();
    const value = fc.oneof(
      fc.string({ minLength: 1, unit: fc.constantFrom('a', 'b', '=', '&', '%', '@', '/', '1', '~', '#') }),
      fc.integer(),
      fc.boolean(),
      fc.string({ minLength: 1, unit: 'grapheme' }),
    );
    const slice = fc.oneof(
      fc.record({ a: value, b: value }),
      fc.record({ 'a&b': value }),
      fc.record({ b: value, 'a=': value }),
    ) as fc.Arbitrary<Record<string, SliceValue>>;
    const roomOf = async (values: Record<string, SliceValue>): Promise<string | undefined> => {
      await cards.watch(client.id, values);
      const rooms = (await app.sockets.socketRooms(client.id)).filter((room) => room.startsWith('resource:'));
      await cards.unwatch(client.id, values);
      return rooms[0];
    };
    const isSame = (one: Record<string, SliceValue>, other: Record<string, SliceValue>): boolean =>
      Object.keys(one).length === Object.keys(other).length &&
      Object.entries(one).every(([field, held]) => field in other && String(other[field]) === String(held));

    await fc.assert(
      fc.asyncProperty(slice, slice, async (one, other) => {
        const [first, second] = [await roomOf(one), await roomOf(other)];
        expect(first).toBeDefined();
        expect(first === second).toBe(isSame(one, other));
      }),
      {
        numRuns: 150,
        examples: [
          [
            { a: '1&b=1', b: '1' },
            { a: '1', b: '1&b=1' },
          ],
          [
            { a: '%26', b: '1' },
            { a: '&', b: '1' },
          ],
        ],
      },
    );
  });
});
