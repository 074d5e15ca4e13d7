import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RedisServer } from '../../../support/redis.js';
import { CLIENTS, startTwo } from './support/servers.js';

describe('While Redis is away', () => {
  it.for(Object.keys(CLIENTS))(
    'a read is answered, and its client is told to read again once it is back: %s',
    async (name, context) => {
      const redis = await RedisServer.startFor(context);
      const [here, there] = await startTwo({ client: CLIENTS[name](redis.url), prefix: randomUUID() });
      const reader = await here.connect();
      await redis.kill();

      for (const id of [1, 2]) {
        const answer = await reader.socket.emitWithAck('get', {
          url: `/cards/${id}`,
          headers: { 'realtime-since': 'new' },
        });
        expect(answer).toMatchObject({ statusCode: 200, body: { id } });
      }
      await redis.restart();
      await expect
        .poll(async () => {
          await there.channel('card').publishUpdate(1, { title: 'new' });
          return reader.heard('card').length;
        })
        .toBeGreaterThan(0);
      await reader.next('sockets:stale', ({ resource }: { resource: string }) => resource === 'card');
    },
  );
});
