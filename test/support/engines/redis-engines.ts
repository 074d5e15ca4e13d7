import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import { createClient } from 'redis';
import { cluster } from '../../../src/index.js';
import { eventually } from '../eventually.js';
import { RedisServer } from '../redis.js';
import type { Engine, Joined } from './engine.js';

type Adapter = Parameters<typeof cluster>[0]['adapter'];

/** The clients of node-redis, in one mode of the adapters. */
function nodeRedis(adapterOf: (pub: NodeRedis, sub: NodeRedis, key: string) => Adapter): Engine['join'] {
  return async (url, key) => {
    const [pub, sub] = await Promise.all([connectedClient(url), connectedClient(url)]);
    return joinedBy(adapterOf(pub, sub, key), () => Promise.all([pub.close(), sub.close()]));
  };
}

const joinedBy = (adapter: Adapter, end: () => Promise<unknown>): Joined => ({
  cluster: cluster({ adapter }),
  end: async () => void (await end()),
});

const joins = {
  redis: nodeRedis((pub, sub, key) => createAdapter(pub, sub, { key })),
  sharded: nodeRedis((pub, sub, channelPrefix) =>
    createShardedAdapter(pub, sub, { channelPrefix, subscriptionMode: 'dynamic-private' }),
  ),
  streams: async (url: string, key: string) => {
    const client = await connectedClient(url);
    const duplicates: Array<{ isReady: boolean }> = [];
    const duplicate = client.duplicate.bind(client);
    client.duplicate = (...args) => {
      const made = duplicate(...args);
      duplicates.push(made);
      return made;
    };
    const adapter = createStreamsAdapter(client, { streamName: key, channelPrefix: key });
    // Who hears nothing yet would not hear answers to its own questions.
    await eventually(() => expectReady(duplicates));
    return joinedBy(adapter, () => client.close());
  },
  ioredis: async (url: string, key: string) => {
    const [pub, sub] = [new Redis(url), new Redis(url)];
    await Promise.all([pub, sub].map((client) => once(client, 'ready')));
    return joinedBy(createAdapter(pub, sub, { key }), () => Promise.all([pub.quit(), sub.quit()]));
  },
};

function expectReady(clients: ReadonlyArray<{ isReady: boolean }>): void {
  if (clients.length < 2 || !clients.every(({ isReady }) => isReady)) throw new Error('Not all clients are connected.');
}

export function redisEngine(name: keyof typeof joins): Engine {
  return { start: () => RedisServer.start(), join: joins[name], eavesdrop };
}

type NodeRedis = Awaited<ReturnType<typeof connectedClient>>;

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
