import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { PostgresServer } from '../../../support/postgres.js';
import { startTwo } from './support/two-servers.js';

let server: PostgresServer | undefined;

beforeAll(async () => {
  server = await PostgresServer.start();
});

afterAll(() => server?.stop());

/** Starts two servers; where there is no Postgres, the test is skipped, aloud. */
function two(context: TestContext, prefix?: string): ReturnType<typeof startTwo> {
  return server ? startTwo(server, prefix) : context.skip('there is no Postgres');
}

describe('servers that Postgres joins', () => {
  it('hear each other in the order of sending, however large the messages are', async (context) => {
    const [a, b] = await two(context);
    const [near, far] = [await a.connect(), await b.connect()];

    for (let number = 0; number < 300; number++) {
      const size = number % 10 === 0 ? 30_000 : 10;
      void a.sockets.blast('numbered', { number, filling: '€'.repeat(size) });
    }
    void a.sockets.blast('last', {});

    await Promise.all([near.next('last'), far.next('last')]);
    const numbers = Array.from({ length: 300 }, (_, number) => number);
    for (const client of [near, far]) {
      const heard = client.heard('numbered') as Array<{ number: number; filling: string }>;
      expect(heard.map(({ number }) => number)).toEqual(numbers);
      expect(heard[0]?.filling).toBe('€'.repeat(30_000));
    }
  });

  it('carry names, bytes and what is absent as they are', async (context) => {
    const [a, b] = await two(context);
    const far = await b.connect();

    await a.sockets.blast('odd', {
      'name 😀 \u0000 "\\': [null, '\ud800'],
      bytes: Buffer.from([0, 255]),
      absent: undefined,
    });

    expect(await far.next('odd')).toEqual([{ 'name 😀 \u0000 "\\': [null, '\ud800'], bytes: Buffer.from([0, 255]) }]);
  });

  it('publish, join, leave and ask as one', async (context) => {
    const [a, b] = await two(context);
    const reader = await b.connect();
    await reader.socket.emitWithAck('get', { url: '/cards/1' });

    await a.sockets.join(reader.id, 'team');
    await a.sockets.broadcast('team', 'hello', 1);
    await a.sockets.leave(reader.id, 'team');
    await a.sockets.broadcast('team', 'hello', 2);
    await a.channel('card').publishUpdate(1, { title: 'x' });
    await a.channel('card').publishDestroy(1);
    await a.sockets.blast('last', {});

    await reader.next('last');
    expect(reader.heard('hello')).toEqual([1]);
    expect(reader.heard('card')).toMatchObject([{ verb: 'updated' }, { verb: 'destroyed' }]);
    expect(await a.sockets.socketRooms(reader.id)).not.toContain('team');
  });

  it('have events of the application and of Socket.IO reach each other', async (context) => {
    const [a, b] = await two(context);
    const far = await b.connect();
    const heard = new Promise((resolve) => b.sockets.onServerEvent('refresh', resolve));

    a.sockets.server.emit('plain', new Uint8Array([1, 2]), Buffer.from('€'));
    void a.sockets.serverSideEmit('refresh', { of: 'all' });

    expect(await far.next('plain')).toEqual([Buffer.from([1, 2]), Buffer.from('€')]);
    expect(await heard).toEqual({ of: 'all' });
    expect(await a.sockets.server.fetchSockets()).toHaveLength(1);
  });

  it('do not hear those of another prefix', async (context) => {
    const [, b] = await two(context);
    const [stranger] = await two(context, 'an other "prefix"');
    const far = await b.connect();

    await stranger.sockets.blast('strange', 1);
    await stranger.sockets.server.of('/').adapter.serverCount();
    await b.sockets.blast('last', 1);

    await far.next('last');
    expect(far.heard('strange')).toEqual([]);
  });
});
