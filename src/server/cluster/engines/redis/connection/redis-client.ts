/** A client of the package `redis`, `ioredis` or `iovalkey`, as far as all of them are alike. */
export interface RedisClient {
  /** Sends a message to those who listen to a channel. */
  publish(...args: never[]): unknown;
  /** Makes another client of the same server. */
  duplicate(...args: never[]): unknown;
  /** Listens to an event, such as `error`. */
  on(...args: never[]): unknown;
}

/**
 * Options of `ioredis` and `iovalkey`. What was sent when a connection broke may have arrived, and is not sent again:
 * nobody is to hear it twice.
 */
export const IO_REDIS = { lazyConnect: false, maxRetriesPerRequest: null, autoResendUnfulfilledCommands: false };

/** Options of `redis`, whose clock for each command costs more than the rest of it. The bus limits what waits. */
export const NODE_REDIS = { commandOptions: { timeout: undefined } };

/** What clients emit when they connect and break off; those of clusters, for each of their servers. */
export const CONNECTION_EVENTS = [
  'connect',
  'close',
  'reconnecting',
  'node-connect',
  'node-reconnecting',
  '+node',
  '-node',
];

/** What clients of clusters emit when they lose the connection to one of their servers. */
export const NODE_LOSSES = ['node-reconnecting', 'node-disconnect', '-node'];

/** Tells whether a client is that of a Redis Cluster, which has several servers. */
export function isCluster(client: object): boolean {
  const { isCluster: isOne, masters } = client as { isCluster?: unknown; masters?: unknown };
  return isOne === true || masters !== undefined;
}

/** Tells whether a client of a Redis Cluster listens to channels that only one of the servers has. */
export function hearsSharded(client: object): boolean {
  const { options } = client as { options?: { shardedSubscribers?: unknown } };
  return isNodeRedis(client) || options?.shardedSubscribers !== undefined;
}

export function isRedisClient(value: unknown): value is RedisClient {
  if (typeof value !== 'object' || value === null) return false;
  const { duplicate, on, publish } = value as Record<string, unknown>;
  return [duplicate, on, publish].every((method) => typeof method === 'function');
}

/** Tells whether a client is of the package `redis`. */
export function isNodeRedis(client: object): boolean {
  return typeof (client as { sSubscribe?: unknown }).sSubscribe === 'function';
}
