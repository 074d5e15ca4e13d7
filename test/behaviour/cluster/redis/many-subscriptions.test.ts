import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { stopClock } from '../../../support/clock.js';
import { RedisServer } from '../../../support/redis.js';
import { adminOf, CLIENTS, startTwo } from './support/servers.js';

const COUNT = 10_000;

it.for(Object.keys(CLIENTS))(
  'a client that gives up ten thousand records at once holds up nobody, hears of those that it reads again, and leaves ' +
    'nothing that its server listens to: %s',
  async (name, context) => {
    const redis = await RedisServer.startFor(context);
    const prefix = randomUUID();
    const [a, b] = await startTwo({ client: CLIENTS[name](redis.url), prefix });
    const admin = await adminOf(redis.url);
    const channels = async (): Promise<number> => (await admin.pubSubChannels(`${prefix}:*:rooms:*`)).length;
    const [client, other] = [await b.connect(), await b.connect()];
    const ids = Array.from({ length: COUNT }, (_, index) => index + 1);
    const [cards, far] = [b.channel('card'), a.channel('card')];
    const unsubscribe = (): Promise<unknown> => client.socket.emitWithAck('sockets:unsubscribe', { resource: 'card' });
    const clock = stopClock();
    await clock.passUntil(cards.subscribe(client.id, ids));
    // They share channels, of which most are needed then.
    await expect.poll(channels).toBeGreaterThan(3_000);

    const answered = [unsubscribe(), other.socket.emitWithAck('get', { url: '/cards/20000' })];
    const answers = await clock.passUntil(Promise.all(answered));
    expect(answers).toMatchObject([{ statusCode: 204 }, { statusCode: 200 }]);
    await far.publishUpdate(1, { title: 'given up' });
    await a.sockets.blast('settled', 1);
    await clock.passUntil(other.next('settled'));
    await clock.passUntil(cards.subscribe(client.id, ids));
    for (const id of [1, COUNT / 2, COUNT]) await far.publishUpdate(id, { title: 'read again' });
    await clock.passUntil(client.next<{ id: number }>('card', ({ id }) => id === COUNT));
    expect(client.heard('card')).toMatchObject([
      { id: 1, data: { title: 'read again' } },
      { id: COUNT / 2 },
      { id: COUNT },
    ]);

    await unsubscribe();
    await clock.pass(100_000);
    // What the other one has read.
    await expect.poll(channels).toBe(1);
  },
);
