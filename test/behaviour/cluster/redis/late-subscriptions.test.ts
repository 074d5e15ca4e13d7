import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { RedisServer } from '../../../support/redis.js';
import { adminOf, CLIENTS, startOne } from './support/servers.js';

it.for(Object.keys(CLIENTS))(
  'has a client read again once its server hears a room, though it has heard another one before: %s',
  async (name, context) => {
    const redis = await RedisServer.startFor(context);
    const prefix = randomUUID();
    const admin = await adminOf(redis.url);
    const allow = (...rules: string[]) => admin.sendCommand(['ACL', 'SETUSER', 'app', ...rules]);
    const refusals = async (): Promise<number> => (await admin.aclLog()).reduce((sum, { count }) => sum + count, 0);
    const channels = [`&${prefix}:adapter*`, `&${prefix}:adapter#/#*`, `&${prefix}:*:messages:*`];
    await allow('on', '>secret', '~*', '+@all', 'resetchannels', ...channels);
    const there = await startOne({ url: redis.url, prefix });
    const here = await startOne({ client: CLIENTS[name](redis.url.replace('//', '//app:secret@')), prefix });
    for (const { sockets } of [here, there])
      await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
    const client = await here.connect();

    // Redis refuses the channel of the room, and goes on doing so.
    await here.channel('card').subscribe(client.id, 1);
    const before = await refusals();
    await expect.poll(refusals, { interval: 10 }).toBeGreaterThan(before);
    await allow('allchannels');
    await here.sockets.server.sockets.sockets.get(client.id)?.join('other room');
    let missed = -1;
    for (let round = 0; client.heard('card').length === 0; round++) {
      await there.channel('card').publishUpdate(1, { round });
      await there.sockets.broadcast('other room', 'round', round);
      await client.next<number>('round', (data) => data === round);
      if (client.heard('card').length === 0) missed = round;
    }

    const since = client.received.findIndex(([event, round]) => event === 'round' && round === missed);
    await expect.poll(() => client.received.slice(since + 1).map(([event]) => event)).toContain('sockets:stale');
  },
);
