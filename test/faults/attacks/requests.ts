import { ANY, answer, type Attack, event } from './attack.js';

const asked = (row: Attack['row'], name: string, packet: unknown, expect: Attack['expect'] = answer(400)): Attack => ({
  row,
  name,
  send: () => [event('get', packet)],
  expect,
  own: true,
});

const urls: Array<[name: string, url: unknown]> = [
  ['missing', undefined],
  ['an object', { toString: '' }],
  ['a list', ['/echo']],
  ['empty', ''],
  ['another host', '//evil/echo'],
  ['another scheme', 'http://evil/echo'],
  ['a backslash', '\\echo'],
  ['CRLF', '/echo\r\nx: y'],
  ['NUL', '/echo\u0000'],
  ['dot segments', '/a/../echo'],
  ['10 kB', `/${'x'.repeat(10_000)}`],
];

const header = (name: string, value: unknown, expect?: Attack['expect']): Attack =>
  asked(
    'headers',
    `${name}: ${JSON.stringify(value).slice(0, 20)}`,
    { url: '/echo', headers: { [name]: value } },
    expect,
  );

/** Requests over the socket. */
export const requests: Attack[] = [
  ...urls.map(([name, url]) => asked('urls', name, { url })),
  asked('urls', 'no object', 'text'),
  asked('urls', 'null', null),
  asked('urls', '%00', { url: '/echo%00' }, { answer: ANY }),
  asked('urls', 'the path of the socket itself', { url: '/socket.io/?EIO=4&transport=polling' }, { answer: ANY }),
  ...['TRACE', 'CONNECT', '__proto__', 'x'.repeat(1_000), 'GET'].map((method): Attack => ({
    row: 'methods',
    name: method.slice(0, 20),
    send: () => [event(method, { url: '/echo' })],
    expect: [answer(404), answer(405)],
    own: true,
  })),
  header('a', 'b\r\nc: d'),
  header('a\r\nb', 'c'),
  header('a', { b: 1 }),
  header('transfer-encoding', 'chunked', answer(200)),
  header('content-length', '999999', answer(200)),
  header('x-forwarded-for', '1.2.3.4', answer(200)),
  header('cookie', 'sid=hunter2', answer(200)),
  asked('answers', 'not found', { url: '/nowhere' }, answer(404)),
  asked('answers', 'a bad parameter', { url: '/records/one' }, answer(400)),
  asked('answers', 'never answered', { url: '/never' }, answer(504)),
  asked('oracle', 'a record of others', { url: '/records/5' }, answer(403)),
  asked('oracle', 'a record that does not exist', { url: '/records/999999' }, answer(403)),
  ...[null, 7, [], { resource: 'tick' }, { resource: '__proto__', ids: [1] }, { ids: Array(5_000).fill(1) }].map(
    (packet): Attack => ({
      row: 'subscriptions',
      name: JSON.stringify(packet).slice(0, 30),
      send: () => [event('sockets:unsubscribe', packet)],
      expect: [{ answer: ANY }, 'ignored'],
      own: true,
    }),
  ),
];
