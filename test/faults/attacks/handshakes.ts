import { type Attack, nestedJson } from './attack.js';

const EVIL = { origin: 'https://evil.example', cookie: 'sid=hunter2' };

/** Pages are told by `CONNECT_ERROR` or by a status, which Engine.IO makes 400 for a websocket. */
const REFUSED: Attack['expect'] = ['refused', { status: 403 }, { status: 400 }];

const auth = (name: string, json: () => string): Attack => ({
  row: 'auth',
  name,
  connect: () => `40${json()}`,
  expect: ['refused', 'closed'],
});

const handshake = (name: string, query: string, method?: string): Attack => ({
  row: 'handshakes',
  name,
  query,
  connect: () => undefined,
  expect: { status: 400 },
  ...(method === undefined ? {} : { method, only: 'polling' }),
});

/** What is wrong with how a client connects. */
export const handshakes: Attack[] = [
  auth('a list', () => '["token"]'),
  auth('100 kB of token', () => `{"token":"${'x'.repeat(100_000)}"}`),
  auth('10,000 levels', () => `{"token":${nestedJson(10_000)}}`),
  auth('10,000 levels beside a token', () => `{"token":"user:ada","more":${nestedJson(10_000)}}`),
  auth('a token that is a number', () => '{"token":7}'),
  auth('a token that is an object', () => '{"token":{"startsWith":1}}'),
  auth('a token in __proto__', () => '{"token":null,"__proto__":{"token":"user:ada"}}'),
  { row: 'tokens', name: 'of nobody', connect: () => '40{"token":"nobody"}', expect: 'refused' },
  { row: 'tokens', name: 'that is empty', connect: () => '40{"token":""}', expect: 'refused' },
  { row: 'tokens', name: 'with alg none', connect: () => '40{"token":"eyJhbGciOiJub25lIn0.e30."}', expect: 'refused' },
  handshake('an unknown session', '&sid=unknown'),
  handshake('the transport __proto__', '&transport=__proto__'),
  handshake('the session __proto__', '&sid=__proto__'),
  handshake('the method PUT', '', 'PUT'),
  handshake('the method POST, without a session', '', 'POST'),
  { row: 'origins', name: 'another site', headers: EVIL, expect: REFUSED },
  { row: 'origins', name: 'null', headers: { ...EVIL, origin: 'null' }, expect: REFUSED },
  {
    row: 'origins',
    name: 'none, from another site',
    headers: { cookie: EVIL.cookie, 'sec-fetch-site': 'cross-site' },
    expect: REFUSED,
  },
  {
    row: 'origins',
    name: 'none, as a script',
    headers: { cookie: EVIL.cookie },
    query: '&j=0',
    connect: () => undefined,
    expect: { status: 403 },
    only: 'polling',
  },
];
