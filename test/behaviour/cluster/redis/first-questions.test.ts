import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { RedisServer } from '../../../support/redis.js';
import { CLIENTS, startOne } from './support/servers.js';

let server: RedisServer | undefined;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server?.stop());

function urlOf(context: TestContext): string {
  return server?.url ?? context.skip('there is no redis-server');
}

const MODES = ['pubsub', 'sharded', 'streams'] as const;

describe('A server that Redis has just joined to others', () => {
  it.for(MODES.flatMap((mode) => Object.keys(CLIENTS).map((name) => [mode, name] as const)))(
    'knows what they know by its first question, in namespaces that come later, too: %s, %s',
    async ([mode, name], context) => {
      const url = urlOf(context);
      const options = { mode, prefix: randomUUID() };
      const first = await startOne({ ...options, client: CLIENTS[name](url) });
      first.sockets.server.of(/^\/board-\d+$/);
      const client = await first.connect();
      const inBoard = await first.connect({ namespace: '/board-1' });

      const second = await startOne({ ...options, client: CLIENTS[name](url) });
      expect(await second.sockets.subscribers(client.id)).toEqual([client.id]);
      second.sockets.server.of('/board-1');
      expect(await second.sockets.of('/board-1').subscribers(inBoard.id)).toEqual([inBoard.id]);
    },
  );
});
