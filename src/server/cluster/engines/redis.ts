import type { InjectionToken, ModuleMetadata } from '@nestjs/common';
import type * as redisAdapter from '@socket.io/redis-adapter';
import type * as streamsAdapter from '@socket.io/redis-streams-adapter';
import type { Namespace } from 'socket.io';
import { InvalidOptionsError } from '../../../common/common.errors.js';
import { assertOptions, type OptionRule } from '../../../common/option-rules.js';
import { isRecord } from '../../../common/type-guards.js';
import { type ClusterConnection, type ClusterIntegration, type ClusterOptions } from '../cluster.options.js';
import type { Announcement, JournalIntegration } from '../journal/journal.js';
import { bootOptions, ENGINE_RULES } from './engine.options.js';
import { requirePackage } from './required-package.js';
import { type EntryBus, RedisJournal } from './redis/redis-journal.js';
import { RedisBus } from './redis/redis-bus.js';
import {
  connectionLike,
  hearsSharded,
  isCluster,
  isRedisClient,
  RedisConnection,
  type RedisClient,
} from './redis/redis-client.js';
import { clientOf } from './redis/url-client.js';

export type { RedisClient };

/**
 * How Redis joins the servers. `'pubsub'` works with every Redis. `'sharded'` is for a Redis Cluster, of which one
 * server has everything of a `prefix`, and needs Redis 7. `'streams'` has Socket.IO's own packets pass through a
 * stream, so that they outlive a short outage.
 */
export type RedisMode = 'pubsub' | 'sharded' | 'streams';

/** Options of `redis()`. */
export interface RedisOptions extends ClusterOptions {
  /**
   * The address, such as `'redis://:password@localhost:6379'`. The clients are made by the package that is installed:
   * `redis`, else `ioredis`, else `iovalkey`.
   */
  url?: string;
  /**
   * A client of the application, of the package `redis`, `ioredis` or `iovalkey`. It is duplicated, and stays as it is:
   * the application connects and closes it.
   */
  client?: RedisClient;
  /** Providers that `useFactory` is given, or the client itself, in place of `client`. */
  inject?: readonly InjectionToken[];
  /** Modules that export these providers. */
  imports?: ModuleMetadata['imports'];
  /**
   * Finds the client, or the address.
   *
   * @param injected what Nest has found for `inject`
   */
  useFactory?: (...injected: never[]) => RedisSource | Promise<RedisSource>;
  /** @default 'pubsub' */
  mode?: RedisMode;
  /**
   * What the names of all channels and keys begin with. Applications that share a Redis have one each.
   *
   * @default 'sockets'
   */
  prefix?: string;
}

/** Where Redis is: a client of it, or its address. */
export type RedisSource = RedisClient | { client: RedisClient } | { url: string };

const NAME = 'redis()';
const MODES: readonly unknown[] = ['pubsub', 'sharded', 'streams'] satisfies RedisMode[];

const URL_RULE: OptionRule = [
  "an address such as 'redis://localhost:6379' or 'rediss://user:password@host:6379/0', in which user and password " +
    'are as encodeURIComponent() writes them, a % as %25',
  isRedisUrl,
];
const CLIENT: OptionRule = ['a client of the package redis, ioredis or iovalkey', isRedisClient];
const RULES: Record<keyof RedisOptions, OptionRule> = {
  ...ENGINE_RULES,
  url: URL_RULE,
  client: CLIENT,
  mode: ["'pubsub', 'sharded' or 'streams'", (value) => MODES.includes(value)],
  prefix: [
    'a name of 1 to 100 letters, digits, and characters of ".:_-"',
    (value) => typeof value === 'string' && /^[\w.:-]{1,100}$/.test(value),
  ],
};

/**
 * Joins servers by Redis, or Valkey. It makes the connections that it needs before the application listens, keeps them
 * through outages, and closes them after the sockets.
 *
 * Needs `@socket.io/redis-adapter`, or `@socket.io/redis-streams-adapter` where the mode is `'streams'`, and one of the
 * packages `redis`, `ioredis` and `iovalkey`.
 *
 * @throws InvalidOptionsError if an option is wrong
 * @throws MissingPackageError at boot, if a package is not installed, or too old
 * @throws ClusterUnavailableError at boot, if Redis cannot be reached in time, refuses the password, or is too old for
 *   the mode, unless `whenAbsent` says otherwise
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { SocketsModule } from 'nestjs-sockets';
 * import { redis } from 'nestjs-sockets/redis';
 *
 * @Module({ imports: [SocketsModule.forRoot({ cluster: redis({ url: 'redis://localhost:6379' }) })] })
 * export class AppModule {}
 * ```
 */
export function redis(options: RedisOptions): ClusterIntegration {
  const given: unknown = options;
  if (!isRecord(given)) throw new InvalidOptionsError('cluster', "redis({ url: 'redis://localhost:6379' })");
  assertOptions(options, RULES, 'cluster.');
  const { url, client, inject, imports, useFactory, mode = 'pubsub', prefix = 'sockets', ...rest } = options;
  const ways = [url, client, inject ?? useFactory].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    throw new InvalidOptionsError('cluster.url', `${URL_RULE[0]}, or else "client", or "inject", but one of them only`);
  }
  return {
    ...bootOptions(rest),
    name: NAME,
    imports,
    inject,
    open: async (...injected) => {
      const found = url ?? client ?? (useFactory ? await useFactory(...(injected as never[])) : injected[0]);
      return open(readSource(found), mode, prefix);
    },
  };
}

/** Options of `redisJournal()`. */
export type RedisJournalOptions = Pick<RedisOptions, 'url' | 'client' | 'prefix'>;

const JOURNAL_RULES: Record<keyof RedisJournalOptions, OptionRule> = {
  url: URL_RULE,
  client: CLIENT,
  prefix: RULES.prefix,
};

/**
 * Keeps the publications of servers that another adapter joins, in Redis: for `cluster({ adapter, journal })`. It makes
 * a connection of its own before the application listens, and closes it after the sockets.
 *
 * @throws InvalidOptionsError if an option is wrong
 *
 * @example
 * ```ts
 * import { createAdapter } from '@socket.io/cluster-adapter';
 * import { cluster, SocketsModule } from 'nestjs-sockets';
 * import { redisJournal } from 'nestjs-sockets/redis';
 *
 * SocketsModule.forRoot({
 *   cluster: cluster({ adapter: createAdapter(), journal: redisJournal({ url: 'redis://localhost:6379' }) }),
 * });
 * ```
 */
export function redisJournal(options: RedisJournalOptions): JournalIntegration {
  assertOptions(options, JOURNAL_RULES, 'cluster.journal.');
  const { url, client, prefix = 'sockets' } = options;
  const source = url ?? client;
  if (!source || (url && client)) throw new InvalidOptionsError('cluster.journal.url', `${URL_RULE[0]}, or "client"`);
  return {
    name: 'redisJournal()',
    open: (limits) => {
      const connection = connectorTo(source)();
      const journal = new RedisJournal(connection, NO_BUS, { prefix: namesOf(prefix), isSharded: false, limits });
      return {
        journal: {
          append: (entry) => journal.append(entry, NOBODY),
          positionsOf: (streams) => journal.positionsOf(streams),
          read: (question) => journal.read(question),
          forget: (stream) => journal.forget(stream),
        },
        connected: connection.connected,
        problem: () => (connection.isReady ? undefined : 'Redis is not connected'),
        holdProcess: (holds) => connection.holdProcess(holds),
        close: () => connection.close(),
      };
    },
  };
}

/** Sends nothing: others tell of what is counted. */
const NO_BUS: EntryBus = {
  within: (_bytes, send) => send(),
  addressesOf: () => [],
  caughtUp: async () => {},
};
const NOBODY: Announcement = { namespaces: [], rooms: [], text: ['', '', ''] };

/** One hash tag: only then do servers of a Redis Cluster keep all messages in order, and a script may send some. */
const namesOf = (prefix: string): string => `${prefix}:{${prefix}}:`;

type MakeAdapter = (namespace: Namespace) => unknown;

function open(source: string | RedisClient, mode: RedisMode, prefix: string): ClusterConnection {
  if (typeof source !== 'string') assertClient(source, mode);
  const adapterOf = adaptersOf(mode, prefix);
  const connect = connectorTo(source);
  const pub = connect();
  const sub = connect();
  const names = namesOf(prefix);
  const bus = new RedisBus(pub, sub, names, mode === 'sharded');
  let make: MakeAdapter | undefined;
  return {
    // Socket.IO calls it with `new`. Made late, since that of streams connects at once.
    adapter: function makeAdapter(namespace: Namespace) {
      make ??= adapterOf(pub, sub);
      return make(namespace);
    } as unknown as ClusterConnection['adapter'],
    bus,
    journal: (limits) => new RedisJournal(pub, bus, { prefix: names, isSharded: mode === 'sharded', limits }),
    problem: () => (pub.isReady && sub.isReady ? bus.problem : 'Redis is not connected'),
    connected: Promise.all([pub.connected, sub.connected]).then(() => assertServer(pub, mode)),
    holdProcess: (holds) => [pub, sub].forEach((connection) => connection.holdProcess(holds)),
    close: async () => {
      await Promise.all([pub.close(), sub.close()]);
    },
  };
}

/** @throws InvalidOptionsError if it is of a Redis Cluster, which the mode does not suit */
function assertClient(client: RedisClient, mode: RedisMode): void {
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

/** @throws MissingPackageError */
function adaptersOf(mode: RedisMode, prefix: string): (pub: RedisConnection, sub: RedisConnection) => MakeAdapter {
  if (mode === 'streams') {
    const { createAdapter } = requirePackage(
      NAME,
      '@socket.io/redis-streams-adapter',
      '0.3.0',
    ) as typeof streamsAdapter;
    return ({ client }) =>
      createAdapter(client, {
        streamName: `${prefix}:stream`,
        channelPrefix: `${prefix}:adapter`,
        sessionKeyPrefix: `${prefix}:session:`,
        // Its reader ends with the connection, so it need not come back often.
        blockTimeInMs: 5_000,
      });
  }
  const { createAdapter, createShardedAdapter } = requirePackage(
    NAME,
    '@socket.io/redis-adapter',
    '8.3.0',
  ) as typeof redisAdapter;
  if (mode === 'pubsub') return (pub, sub) => createAdapter(pub.client, sub.client, { key: `${prefix}:adapter` });
  // Rooms have no channels of their own: a node of a Redis Cluster would not keep messages to several in order.
  return (pub, sub) =>
    createShardedAdapter(pub.client, sub.client, { channelPrefix: `${prefix}:adapter`, subscriptionMode: 'static' });
}

function connectorTo(source: string | RedisClient): () => RedisConnection {
  if (typeof source !== 'string') return () => connectionLike(source);
  const secret = decodeURIComponent(new URL(source).password);
  return () => new RedisConnection(clientOf(NAME, source), secret);
}

async function assertServer(connection: RedisConnection, mode: RedisMode): Promise<void> {
  if (mode === 'pubsub') return;
  const version = await connection.version();
  const minimum = mode === 'sharded' ? 7 : 5;
  if (!version || Number.parseInt(version, 10) >= minimum) return;
  throw new Error(
    `mode "${mode}" needs Redis ${minimum} or later, and this is ${version}. Mode "pubsub" needs no more`,
  );
}

function readSource(found: unknown): string | RedisClient {
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
