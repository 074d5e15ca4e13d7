import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { cluster } from '../../../src/index.js';
import { redis, type RedisMode } from '../../../src/server/cluster/engines/redis.js';
import { RedisServer } from '../redis.js';
import type { Engine } from './engine.js';

/** By an address, of which the library makes clients of node-redis. */
const byUrl =
  (mode: RedisMode): Engine['join'] =>
  async (url, prefix) => ({ cluster: redis({ url, prefix, mode }), end: async () => {} });

/** One by an adapter of another package, with clients of the application; the others by the library. */
const joins: Record<'redis' | 'sharded' | 'streams' | 'ioredis', Engine['join']> = {
  redis: async (url, key) => {
    const [pub, sub] = await Promise.all([connectedClient(url), connectedClient(url)]);
    const end = async (): Promise<void> => void (await Promise.all([pub.close(), sub.close()]));
    return { cluster: cluster({ adapter: createAdapter(pub, sub, { key }) }), end };
  },
  sharded: byUrl('sharded'),
  streams: byUrl('streams'),
  ioredis: async (url, prefix) => {
    const client = new Redis(url, { lazyConnect: true });
    return { cluster: redis({ client, prefix }), end: async () => client.disconnect() };
  },
};

export function redisEngine(name: keyof typeof joins): Engine {
  return { start: () => RedisServer.start(), join: joins[name], eavesdrop };
}

async function connectedClient(url: string) {
  const client = createClient({ url });
  client.on('error', () => undefined);
  return client.connect();
}

/** Reads every command, for there is no pattern that finds the channels of sharded publications. */
async function eavesdrop(url: string, key: string): Promise<() => Promise<string>> {
  const [monitor, marker] = [await connectedClient(url), await connectedClient(url)];
  const heard: string[] = [];
  const end = `the end of ${key}`;
  const ended = new Promise<void>((resolve) => {
    void monitor.monitor((line) => {
      const command = unescaped(line);
      if (command.includes(end)) resolve();
      else if (command.includes(key)) heard.push(command);
    });
  });
  // From here on it is heard.
  await marker.ping();
  return async () => {
    await marker.ping(end);
    await ended;
    await marker.close();
    // One that listens to commands can be told nothing more.
    monitor.destroy();
    return heard.join('\n');
  };
}

/** Undoes what MONITOR does to quotes and bytes. */
function unescaped(line: string): string {
  return line.replace(/\\(x([0-9a-f]{2})|.)/g, (_, [kind = '']: string, code?: string) =>
    code === undefined ? kind : String.fromCharCode(parseInt(code, 16)),
  );
}
