import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RedisServer } from '../../../support/redis.js';
import { CLIENTS, startTwo } from './support/servers.js';

describe('servers whose Redis is away', () => {
  it.for(Object.keys(CLIENTS).flatMap((name) => [[name, 'pubsub'] as const, [name, 'sharded'] as const]))(
    'serve their own clients, keep so much and no more, and hear each other again: %s, %s',
    async ([name, mode], context) => {
      const server = await RedisServer.startFor(context);
      const [a, b] = await startTwo({ client: CLIENTS[name](server.url), mode, prefix: randomUUID() });
      const [near, far] = [await a.connect(), await b.connect()];

      await server.kill();
      for (let number = 0; number < 10_100; number++) void a.sockets.blast('meanwhile', number);
      void a.sockets.blast('last', 1);
      await near.next('last');
      expect(near.heard('meanwhile')).toHaveLength(10_100);
      await expect.poll(() => a.sockets.metrics().bus.unsent).toBeGreaterThanOrEqual(100);

      await server.restart();
      await expect
        .poll(async () => {
          await a.sockets.blast('again', 1);
          await b.sockets.blast('again', 2);
          return [near, far].map((client) => new Set(client.heard('again')).size);
        })
        .toEqual([2, 2]);
    },
  );
});

describe('a client that enters a room while Redis stands still', () => {
  it.for(Object.keys(CLIENTS).flatMap((name) => [[name, 'pubsub'] as const, [name, 'sharded'] as const]))(
    'is told to read again, since its server may have missed something: %s, %s',
    async ([name, mode], context) => {
      const server = await RedisServer.startFor(context);
      const [, b] = await startTwo({ client: CLIENTS[name](server.url), mode, prefix: randomUUID() });
      const client = await b.connect();
      onTestFinished(() => server.thaw());

      server.freeze();
      await b.channel('card').subscribe(client.id, 1);
      server.thaw();

      expect(await client.next('sockets:stale')).toEqual([{ resource: 'card' }]);
    },
  );
});
