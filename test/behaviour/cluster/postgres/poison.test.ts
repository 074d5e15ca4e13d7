import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { PostgresServer } from '../../../support/postgres.js';
import { startTwo } from './support/two-servers.js';

let server: PostgresServer | undefined;

beforeAll(async () => {
  server = await PostgresServer.start();
});

afterAll(() => server?.stop());

/** What another server would send to Socket.IO's adapter; one of this name is not waited for. */
const toAdapter = (message: unknown): string => `["adapter","/"]\n${JSON.stringify({ data: message, bytes: [] })}`;

const OPTIONS = { rooms: [], except: [], flags: {} };

/** Whole texts, of a sender that nobody knows. */
const TEXTS: Record<string, string> = {
  'no reader': 'hello',
  'no text': '["library","/"]\n',
  'no JSON': '["library","/"]\n{',
  'no message': '["library","/"]\n{"deliver":1}',
  'a message that no release knows': '["library","/"]\n["explode",{}]',
  'a delivery of nothing': '["library","/"]\n["deliver",null]',
  'a reader that there is not': '["constructor","/"]\n[]',
  'a namespace that there is not': '["library","/nowhere"]\n["deliver",{}]',
  'a namespace that is none': '["adapter",{}]\n[]',
  'null for the adapter': '["adapter","/"]\nnull',
  'nothing for the adapter': toAdapter(undefined),
  'a broadcast without options': toAdapter({
    uid: 'emitter',
    nsp: '/',
    type: 3,
    data: { packet: { type: 2, data: ['a'] } },
  }),
  'a broadcast without a packet': toAdapter({ uid: 'emitter', nsp: '/', type: 3, data: { opts: OPTIONS } }),
  'a question without options': toAdapter({ uid: 'emitter', nsp: '/', type: 7, data: { requestId: '1' } }),
  'a join without rooms': toAdapter({ uid: 'emitter', nsp: '/', type: 4, data: { opts: OPTIONS } }),
  'a server event named error': toAdapter({ uid: 'emitter', nsp: '/', type: 9, data: { packet: ['error', 'x'] } }),
  'a server event without a name': toAdapter({ uid: 'emitter', nsp: '/', type: 9, data: {} }),
  'an answer that nobody has asked for': toAdapter({ uid: 'emitter', nsp: '/', type: 8, data: { requestId: '1' } }),
  'an answer without a question': toAdapter({ uid: 'emitter', nsp: '/', type: 10 }),
  'a message of a type that there is not': toAdapter({ uid: 'emitter', nsp: '/', type: 99 }),
};

/** Notifications that are no texts. */
const NOTIFICATIONS: Record<string, string> = {
  'an empty one': '',
  'one without a number': 'hello',
  'the end of a text without its start': `${randomUUID()}.1.2.2:x`,
  'the start of a text without its end': `${randomUUID()}.1.1.2:x`,
  'a number that is far ahead': `${randomUUID()}.999999999999999.1.1:x`,
  'more parts than there can be': `${randomUUID()}.1.1.999999999:x`,
};

it('what others than servers write on the channel makes no server deaf', async (context) => {
  if (!server) return context.skip('there is no Postgres');
  const prefix = randomUUID();
  const [a, b] = await startTwo(server, prefix);
  const clients = [await a.connect(), await b.connect()];
  const pool = server.pool();
  onTestFinished(() => pool.end());
  const texts = Object.entries(TEXTS).map(([kind, text]) => [kind, `${randomUUID()}.1.1.1:${text}`]);

  for (const [kind, notification] of [...texts, ...Object.entries(NOTIFICATIONS)]) {
    await pool.query('SELECT pg_notify($1, $2)', [prefix, notification]);
    await a.sockets.blast('from a', kind);
    await b.sockets.blast('from b', kind);
    for (const client of clients) {
      await client.next('from a', (data) => data === kind);
      await client.next('from b', (data) => data === kind);
    }
  }

  expect(await a.sockets.subscribers(clients[1]?.id ?? '')).toEqual([clients[1]?.id]);
  for (const { sockets } of [a, b]) expect(sockets.metrics().bus.unreadable).toBeGreaterThan(12);
});
