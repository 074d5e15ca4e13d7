import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
// Not exported; users see its work by @JoinRoom, @Relay and the option "presence".
import { InvalidRoomTemplateError, InvalidRoomValueError } from '../../../src/index.js';
import { RoomTemplate } from '../../../src/rooms/room-template.js';
import { expectRefusal } from '../../support/refusal.js';

const SOCKET_ID = /^[\w-]{20}$/;

/** Mostly what could break out of its place. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: fc.constantFrom(':', '/', '%', '2', 'F', '#', '=', '&', '{', '}', ' ', '~', '\n', 'é', 'ab') }),
);
const value = fc
  .oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean())
  .filter((one) => one !== '');
const template = fc.constantFrom('board:{a}', 'a:{a}/b:{b}', '{a}/{b}', 'x-{a}.y:z.{b}:', 'a{a}#{b}/{c}', 'é{a}é{b}');
const values = fc.record({ a: value, b: value, c: value });

/** Only what the template asks for, as it is written. */
const written = ({ fields }: RoomTemplate, given: Record<string, unknown>): string[] =>
  fields.map((field) => String(given[field] === 0 ? 0 : given[field]));

const fill = (source: string, given: Record<string, unknown>): string => new RoomTemplate(source).fill(given);

describe('A template of rooms', () => {
  it('puts values into a name as they are written', () => {
    expect(fill('board:{boardId}', { boardId: 7 })).toBe('board:7');
    expect(fill('board:{boardId}', { boardId: '7' })).toBe('board:7');
    expect(fill('a:{x}/b:{y}', { x: true, y: 'c/d' })).toBe('a:true/b:c%2Fd');
    expect(fill('lobby', {})).toBe('lobby');
    expect(new RoomTemplate('a:{x}/b:{y}').fields).toEqual(['x', 'y']);
  });

  it('row 38: gives different names for different values, whatever they contain', () => {
    const property = fc.property(template, values, values, (source, one, other) => {
      const rooms = new RoomTemplate(source);
      const same = JSON.stringify(written(rooms, one)) === JSON.stringify(written(rooms, other));
      expect(rooms.fill(one) === rooms.fill(other)).toBe(same);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it('row 38: lets no value leave its place, even one that holds the text between two', () => {
    const between = fc.constantFrom('/b:', ':', '#', '-/', '%/', 'é');
    const pieces = fc.array(fc.oneof(text, fc.constant('%2F')), { minLength: 3, maxLength: 5 });
    const property = fc.property(between, pieces, (separator, parts) => {
      fc.pre(!parts.includes(''));
      const names = parts.slice(1).map((_, index) => {
        const [a, b] = [parts.slice(0, index + 1), parts.slice(index + 1)].map((some) => some.join(separator));
        return fill(`x:{a}${separator}{b}`, { a, b });
      });
      expect(new Set(names).size).toBe(names.length);
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('row 37: never gives a name of the library’s, or the id of a socket', () => {
    const property = fc.property(template, values, (source, given) => {
      const name = new RoomTemplate(source).fill(given);
      expect(name).not.toMatch(/^(?:sockets|resource):/);
      expect(name).not.toMatch(SOCKET_ID);
    });
    fc.assert(property);
  });

  it('knows its own names, and no others', () => {
    const property = fc.property(template, values, (source, given) => {
      const rooms = new RoomTemplate(source);
      expect(rooms.matches(rooms.fill(given))).toBe(true);
    });
    fc.assert(property);
    const board = new RoomTemplate('board:{boardId}');
    for (const name of [
      'board:',
      'board:1/2',
      'board:a b',
      'board:%41',
      'board:%2f',
      'board:%FF',
      'xboard:1',
      'board:1\n',
    ])
      expect(board.matches(name), name).toBe(false);
    expect(new RoomTemplate('lobby.').matches('lobbyx')).toBe(false);
  });

  it('row 40: takes __proto__ and its like as the values they are', () => {
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(fill('board:{boardId}', { boardId: name })).toBe(`board:${name}`);
  });

  it.each([
    undefined,
    null,
    '',
    NaN,
    Infinity,
    1n,
    {},
    [1],
    ['7'],
    () => 7,
    '\uD800',
    'a\uDC00b',
    { toString: () => '7' },
  ])('row 37: refuses %o, and does not repeat it', async (boardId) => {
    await expectRefusal(
      () => fill('board:{boardId}', { boardId }),
      InvalidRoomValueError,
      'INVALID_ROOM_VALUE',
      /\{boardId\}/,
    );
  });

  it('takes no value from a prototype', async () => {
    await expectRefusal(
      () => fill('board:{constructor}', {}),
      InvalidRoomValueError,
      'INVALID_ROOM_VALUE',
      /undefined/,
    );
  });

  it.each([
    ['', /placeholders only/],
    ['{boardId}', /placeholders only/],
    ['board:{boardId', /braces/],
    ['board:boardId}', /braces/],
    ['board:{}', /braces/],
    ['board:{{boardId}}', /braces/],
    ['board:{board id}', /braces/],
    ['board:{a}{b}', /between \{a\} and \{b\}/],
    ['board:{a}-{b}', /between \{a\} and \{b\}/],
    ['board:{a}:{a}', /twice/],
    ['board:{__proto__}', /__proto__/],
    ['sockets:user/{id}', /"sockets:"/],
    ['resource:card/{id}', /"resource:"/],
    ['resource:{x}', /"resource:"/],
    ['{kind}:{id}', /"sockets:"/],
    ['sock{kind}:{id}', /"sockets:"/],
    ['board-{id}', /id of a socket/],
    ['/admin#{id}', /id of a socket/],
    ['board:\uD800', /well-formed/],
  ])('is refused if it is %j', async (source, why) => {
    const make = (): unknown => new RoomTemplate(source);
    await expectRefusal(make, InvalidRoomTemplateError, 'INVALID_ROOM_TEMPLATE', why, /'board:\{boardId\}'/);
  });
});
