import { createAdapter as createPostgresAdapter } from '@socket.io/postgres-adapter';
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter';
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createClient } from 'redis';
import type { ServerOptions } from 'socket.io';

/** An adapter, and what ends its clients. */
export interface Joined {
  adapter: NonNullable<ServerOptions['adapter']>;
  close(): Promise<void>;
}

/** How adapters that go over Redis are made, each with clients of its own. */
export const ENGINES: Record<string, (url: string, prefix: string) => Promise<Joined>> = {
  'redis, by node-redis': async (url, key) => {
    const [pub, sub] = await Promise.all([nodeRedis(url), nodeRedis(url)]);
    return { adapter: createAdapter(pub, sub, { key }), close: async () => [pub, sub].forEach((one) => one.destroy()) };
  },
  'redis, by ioredis': async (url, key) => {
    const [pub, sub] = [ioredis(url), ioredis(url)];
    const close = async (): Promise<void> => [pub, sub].forEach((one) => one.disconnect());
    return { adapter: createAdapter(pub, sub, { key }), close };
  },
  sharded: async (url, channelPrefix) => {
    const [pub, sub] = await Promise.all([nodeRedis(url), nodeRedis(url)]);
    const close = async (): Promise<void> => [pub, sub].forEach((one) => one.destroy());
    return { adapter: createShardedAdapter(pub, sub, { channelPrefix }), close };
  },
  streams: async (url, prefix) => {
    const client = await nodeRedis(url);
    const options = { streamName: prefix, channelPrefix: prefix, blockTimeInMs: 200 };
    return { adapter: createStreamsAdapter(client, options), close: async () => client.destroy() };
  },
};

/** The same for Postgres, whose pool nobody listens to, as most applications have it. */
export const joinByPostgres = async (url: string, channelPrefix: string): Promise<Joined> => {
  const pool = new pg.Pool({ connectionString: url });
  return { adapter: createPostgresAdapter(pool, { channelPrefix, errorHandler }), close: () => pool.end() };
};

/** What fails while Postgres is away is known to. */
const errorHandler = (): void => undefined;

/** A client of its own. Whoever asks for it ends it. */
export async function nodeRedis(url: string) {
  const client = createClient({ url });
  client.on('error', () => undefined);
  return client.connect();
}

function ioredis(url: string): Redis {
  const client = new Redis(url);
  client.on('error', () => undefined);
  return client;
}
