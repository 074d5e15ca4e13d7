import { ANY, answer, type Attack, event, eventOf, keysJson, nestedJson } from './attack.js';

const refusedAs = (
  row: Attack['row'],
  statusCode: number,
  cases: Array<[name: string, json: () => string]>,
): Attack[] =>
  cases.flatMap(([name, json]) => [
    { row, name: `${name}, to a handler`, send: () => [eventOf('echo', json())], expect: answer(statusCode) },
    {
      row,
      name: `${name}, to a guard that refuses`,
      send: () => [eventOf('guarded', json())],
      expect: answer(statusCode),
    },
    { row, name: `${name}, to nobody`, send: () => [eventOf('nobody', json())], expect: answer(statusCode) },
    {
      row,
      name: `${name}, in a request`,
      send: () => [eventOf('post', `{"url":"/echo","data":${json()}}`)],
      expect: answer(statusCode),
      own: true,
    },
  ]);

const key = (name: string, value: unknown): Attack => ({
  row: 'prototype',
  name,
  send: () => [eventOf('merge', typeof value === 'string' ? value : JSON.stringify(value))],
  expect: ['closed', { answer: ANY }],
});

const text = (name: string, value: () => string): Attack => ({
  row: 'text',
  name,
  send: () => [event('echo', value())],
  expect: { answer: value },
});

const named = (
  name: string,
  json: string,
  expect: Attack['expect'] = [answer(404), answer(405), 'closed'],
): Attack => ({
  row: 'events',
  name,
  send: () => [`427[${json},{"secret":"hunter2"}]`],
  expect,
});

/** What is wrong with the payload of an event that can be read. */
export const payloads: Attack[] = [
  ...refusedAs('nesting', 400, [
    ['33 lists', () => nestedJson(40)],
    ['5,000 lists', () => nestedJson(5_000)],
    ['400,000 lists', () => nestedJson(400_000)],
    ['5,000 objects', () => nestedJson(5_000, '{"a":', '}')],
    ['5,000 lists among others', () => `[1,"[[",${nestedJson(5_000)},{"b":[]}]`],
  ]),
  ...refusedAs('keys', 413, [
    [
      '100,001 keys',
      () =>
        keysJson(100_001)
          .slice(0, 900_000)
          .replace(/,[^,]*$/, '}'),
    ],
    ['100,001 members', () => `[${'0,'.repeat(100_000)}0]`],
    ['100,001 lists', () => `[${'[],'.repeat(100_000)}[]]`],
  ]),
  key('__proto__', '{"__proto__":{"polluted":1}}'),
  key('__proto__ deeper', '{"a":{"b":{"__proto__":{"polluted":1}}}}'),
  key('__proto__ in escapes', '{"\\u005f_proto__":{"polluted":1}}'),
  key('constructor', '{"constructor":{"prototype":{"polluted":1}}}'),
  key('in a list', '[{"__proto__":{"polluted":1}}]'),
  text('lone surrogates', () => '\ud800 \udc00 a'),
  text('NUL and control characters', () => 'a\u0000b\u001b[31m\r\n\u2028'),
  text('RTL marks', () => '\u202e\u2066abc\u200f'),
  text('500 kB', () => 'x'.repeat(500_000)),
  named('a number', '7'),
  named('empty', '""'),
  named('100 kB', `"${'x'.repeat(100_000)}"`),
  named('__proto__', '"__proto__"'),
  named('constructor', '"constructor"'),
  named('error', '"error"'),
  named('connection', '"connection"'),
  named('disconnect', '"disconnect"', 'closed'),
  named('newListener', '"newListener"', 'closed'),
  named('an object', '{}', 'closed'),
  named('null', 'null', 'closed'),
  named('unknown', '"unknown"', answer(404)),
  named('control characters', '"a\\u001b[31m\\r\\nb"', answer(404)),
  {
    row: 'forged',
    name: 'of a resource',
    send: () => [event('tick', { verb: 'created', id: 1 })],
    expect: answer(404),
  },
  { row: 'forged', name: 'revoked', send: () => [event('revoked', [{ resource: 'tick' }])], expect: answer(404) },
  { row: 'forged', name: 'exception', send: () => [event('exception', { status: 'error' })], expect: answer(404) },
];
