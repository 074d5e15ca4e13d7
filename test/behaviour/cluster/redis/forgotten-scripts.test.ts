import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { RedisServer } from '../../../support/redis.js';
import { adminOf, CLIENTS, startTwo } from './support/servers.js';

it.for(Object.keys(CLIENTS))(
  'publishes everything once and in order, though Redis is told to forget its scripts meanwhile: %s',
  async (name, context) => {
    const redis = await RedisServer.startFor(context);
    const [a, b] = await startTwo({ client: CLIENTS[name](redis.url), prefix: randomUUID() });
    const admin = await adminOf(redis.url);
    const [near, far] = [await a.connect(), await b.connect()];
    for (const { socket } of [near, far]) await socket.emitWithAck('get', { url: '/cards/1' });

    const count = 500;
    for (let number = 0; number < count; number++) {
      void a.channel('card').publishUpdate(1, { number });
      if (number % 50 === 0) await admin.sendCommand(['SCRIPT', 'FLUSH']);
    }

    for (const client of [near, far]) {
      await client.next<{ data: { number: number } }>('card', ({ data }) => data.number === count - 1);
      const numbers = client.heard('card').map((message) => (message as { data: { number: number } }).data.number);
      expect(numbers).toEqual(Array.from({ length: count }, (_, number) => number));
    }
  },
);

it.for(Object.keys(CLIENTS))(
  'tells of a destroyed record before the end of its subscriptions, though Redis has forgotten its scripts: %s',
  async (name, context) => {
    const redis = await RedisServer.startFor(context);
    const [a, b] = await startTwo({ client: CLIENTS[name](redis.url), prefix: randomUUID() });
    const admin = await adminOf(redis.url);
    const far = await b.connect();
    const ids = Array.from({ length: 20 }, (_, number) => number + 1);
    for (const id of ids) await far.socket.emitWithAck('get', { url: `/cards/${id}` });
    await a.channel('card').publishUpdate(1, {});
    await far.next('card');

    for (const id of ids) {
      await admin.sendCommand(['SCRIPT', 'FLUSH']);
      await a.channel('card').publishDestroy(id);
    }
    await a.sockets.blast('done');
    await far.next('done');

    const destroyed = far.heard('card').slice(1) as Array<{ verb: string; id: number }>;
    expect(destroyed.map(({ verb, id }) => [verb, id])).toEqual(ids.map((id) => ['destroyed', id]));
  },
);
