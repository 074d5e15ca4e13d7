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
import { OutgoingLimit } from './redis/outgoing-limit.js';
import { type EntryBus, RedisJournal } from './redis/redis-journal.js';
import { RedisBus } from './redis/redis-bus.js';
import type { RedisClient } from './redis/connection/redis-client.js';
import type { RedisConnection } from './redis/connection/redis-connection.js';
import {
  assertClient,
  assertServer,
  CLIENT,
  connectorTo,
  readSource,
  URL_RULE,
} from './redis/connection/redis-source.js';
import type { RedisMode, RedisSource } from './redis/connection/redis-source.js';

export type { RedisClient, RedisMode, RedisSource };

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

const NAME = 'redis()';
const JOURNAL_NAME = 'redisJournal()';
const MODES: readonly unknown[] = ['pubsub', 'sharded', 'streams'] satisfies RedisMode[];

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
    name: JOURNAL_NAME,
    open: (limits) => {
      const connection = connectorTo(JOURNAL_NAME, source)();
      const keys = { prefix: namesOf(prefix), isSharded: false, limits };
      const journal = new RedisJournal(connection, NO_BUS, new OutgoingLimit(), keys);
      return {
        journal: {
          append: (entry) => journal.append(entry, NOBODY),
          positionsOf: (streams) => journal.positionsOf(streams),
          read: (question) => journal.read(question),
          forget: (stream) => journal.forget(stream),
        },
        connected: assertServer(JOURNAL_NAME, connection),
        problem: () => (connection.isReady ? undefined : 'Redis is not connected'),
        holdProcess: (holds) => connection.holdProcess(holds),
        close: () => connection.close(),
      };
    },
  };
}

/** Sends nothing: others tell of what is counted. */
const NO_BUS: EntryBus = {
  addressesOf: () => [],
  catchUp: () => undefined,
};
const NOBODY: Announcement = { namespaces: [], rooms: [], text: ['', '', ''] };

/** One hash tag: only then do servers of a Redis Cluster keep all messages in order, and a script may send some. */
const namesOf = (prefix: string): string => `${prefix}:{${prefix}}:`;

type MakeAdapter = (namespace: Namespace) => unknown;

function open(source: string | RedisClient, mode: RedisMode, prefix: string): ClusterConnection {
  if (typeof source !== 'string') assertClient(source, mode);
  const adapterOf = adaptersOf(mode, prefix);
  const connect = connectorTo(NAME, source);
  const pub = connect();
  const sub = connect();
  const names = namesOf(prefix);
  const isSharded = mode === 'sharded';
  const limit = new OutgoingLimit();
  const bus = new RedisBus(pub, sub, limit, { prefix: names, isSharded });
  let make: MakeAdapter | undefined;
  return {
    // Socket.IO calls it with `new`. Made late, since that of streams connects at once.
    adapter: function makeAdapter(namespace: Namespace) {
      make ??= adapterOf(pub, sub);
      return make(namespace);
    } as unknown as ClusterConnection['adapter'],
    bus,
    journal: (limits) => new RedisJournal(pub, bus, limit, { prefix: names, isSharded, limits }),
    problem: () => bus.problem,
    lastsUntilClose: true,
    connected: sub.connected.then(() => assertServer(NAME, pub, mode)),
    holdProcess: (holds) => [pub, sub].forEach((connection) => connection.holdProcess(holds)),
    close: async () => {
      await Promise.all([pub.close(), sub.close()]);
    },
  };
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
