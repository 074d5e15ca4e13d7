import { InvalidOptionsError } from '../../../../../common/common.errors.js';
import type { OptionRule } from '../../../../../common/option-rules.js';
import { isRecord } from '../../../../../common/type-guards.js';
import { MissingPackageError } from '../../../../server.errors.js';
import { requirePackage } from '../../required-package.js';
import { hearsSharded, IO_REDIS, isCluster, isNodeRedis, isRedisClient, NODE_REDIS } from './redis-client.js';
import type { RedisClient } from './redis-client.js';
import { RedisConnection } from './redis-connection.js';

/**
 * How Redis joins the servers. `'pubsub'` needs Redis 5, as everything does. `'sharded'` is for a Redis Cluster, of
 * which one server has everything of a `prefix`, and needs Redis 7. `'streams'` has Socket.IO's own packets pass
 * through a stream, so that they outlive a short outage.
 */
export type RedisMode = 'pubsub' | 'sharded' | 'streams';

/** Where Redis is: a client of it, or its address. */
export type RedisSource = RedisClient | { client: RedisClient } | { url: string };

export const URL_RULE: OptionRule = [
  "an address such as 'redis://localhost:6379' or 'rediss://user:password@host:6379/0', in which user and password " +
    'are as encodeURIComponent() writes them, a % as %25',
  isRedisUrl,
];
export const CLIENT: OptionRule = ['a client of the package redis, ioredis or iovalkey', isRedisClient];

interface NodeRedisPackage {
  createClient(options: { url: string } & typeof NODE_REDIS): RedisClient;
}

interface IoRedisPackage {
  Redis: new (url: string, options: object) => RedisClient;
}

const MAKERS: ReadonlyArray<[name: string, minimum: string, make: (loaded: never, url: string) => RedisClient]> = [
  ['redis', '5.0.0', (loaded: NodeRedisPackage, url) => loaded.createClient({ url, ...NODE_REDIS })],
  ['ioredis', '5.3.0', makeIoRedis],
  ['iovalkey', '0.2.0', makeIoRedis],
];

/** What `duplicate()` of a cluster is given: the same servers, and that of `ioredis` listens to sharded channels. */
const CLUSTER_OVERRIDES = [[], { lazyConnect: false, enableOfflineQueue: true, shardedSubscribers: true }];

/** The oldest Redis whose scripts may do what those of the journal do: read the clock, and write then. */
const MINIMUM = 5;
const SHARDED_MINIMUM = 7;

/**
 * Reads what a factory has found.
 *
 * @throws InvalidOptionsError
 */
export function readSource(found: unknown): string | RedisClient {
  if (isRedisUrl(found) || isRedisClient(found)) return found;
  if (isRecord(found)) {
    const { client, url } = found;
    if (isRedisClient(client)) return client;
    if (isRedisUrl(url)) return url;
  }
  throw new InvalidOptionsError(
    'cluster.useFactory',
    `a function that returns ${CLIENT[0]}, or { url } with ${URL_RULE[0]}`,
  );
}

/** @throws InvalidOptionsError if a client is of a Redis Cluster, which the mode does not suit */
export function assertClient(client: RedisClient, mode: RedisMode): void {
  if (!isCluster(client)) return;
  if (mode !== 'sharded') {
    throw new InvalidOptionsError(
      'cluster.mode',
      "'sharded' with a client of a Redis Cluster, whose servers would not keep the messages of other modes in order",
    );
  }
  if (!hearsSharded(client)) {
    throw new InvalidOptionsError(
      'cluster.client',
      'a cluster of the package redis, or of ioredis 5.9 or later; this one cannot listen to sharded channels',
    );
  }
}

/**
 * Returns what makes connections of the library's own.
 *
 * @param integration how errors call what needs them
 */
export function connectorTo(integration: string, source: string | RedisClient): () => RedisConnection {
  if (typeof source !== 'string') return () => connectionLike(source);
  const secret = decodeURIComponent(new URL(source).password);
  return () => new RedisConnection(clientOf(integration, source), secret);
}

/** Waits for a connection, and rejects if its Redis is too old for what needs it. */
export async function assertServer(
  integration: string,
  connection: RedisConnection,
  mode: RedisMode = 'pubsub',
): Promise<void> {
  await connection.connected;
  const version = await connection.version();
  const minimum = mode === 'sharded' ? SHARDED_MINIMUM : MINIMUM;
  const major = Number.parseInt(version ?? '', 10);
  if (!version || major >= minimum) return;
  const what = mode === 'sharded' ? 'mode "sharded"' : integration;
  const otherwise = major >= MINIMUM ? `, or use mode "pubsub", which needs Redis ${MINIMUM}` : '';
  throw new Error(`${what} needs Redis ${minimum} or later, and this is ${version}. Update Redis${otherwise}`);
}

/**
 * Makes a connection of the library's own out of a client of the application, with its address and credentials. It
 * waits for Redis as long as it takes, and adds no prefix.
 */
function connectionLike(client: RedisClient): RedisConnection {
  const overrides = isNodeRedis(client)
    ? { ...NODE_REDIS, disableOfflineQueue: false }
    : { ...IO_REDIS, enableOfflineQueue: true, keyPrefix: '' };
  const original = client as unknown as { duplicate(...args: unknown[]): RedisClient };
  return new RedisConnection(original.duplicate(...(isCluster(client) ? CLUSTER_OVERRIDES : [overrides])));
}

/**
 * Makes a client by the package that the application has: `redis`, else `ioredis`, else `iovalkey`.
 *
 * @throws MissingPackageError of the first that is too old, or else of `redis`
 */
function clientOf(integration: string, url: string): RedisClient {
  const missing: MissingPackageError[] = [];
  for (const [name, minimum, make] of MAKERS) {
    try {
      return make(requirePackage(integration, name, minimum) as never, url);
    } catch (error) {
      if (!(error instanceof MissingPackageError)) throw error;
      missing.push(error);
    }
  }
  throw missing.find(({ installed }) => installed !== undefined) ?? missing[0];
}

function makeIoRedis({ Redis }: IoRedisPackage, url: string): RedisClient {
  return new Redis(url, IO_REDIS);
}

function isRedisUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !/^rediss?:\/\//.test(value) || !URL.canParse(value)) return false;
  const { username, password, pathname } = new URL(value);
  return [username, password].every(isEncoded) && /^\/?\d*$/.test(pathname);
}

/** Whether each % begins the code of a character: clients fail at any other. */
function isEncoded(part: string): boolean {
  try {
    decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
