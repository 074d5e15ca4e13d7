import type { InjectionToken, ModuleMetadata } from '@nestjs/common';
import type * as adapterPackage from '@socket.io/postgres-adapter';
import type { Namespace } from 'socket.io';
import { InvalidOptionsError } from '../../../common/common.errors.js';
import { assertOptions, BOOLEAN, type OptionRule } from '../../../common/option-rules.js';
import { isRecord } from '../../../common/type-guards.js';
import { type ClusterConnection, type ClusterIntegration, type ClusterOptions } from '../cluster.options.js';
import type { JournalIntegration } from '../journal/journal.js';
import { bootOptions, ENGINE_RULES } from './engine.options.js';
import { requirePackage } from './required-package.js';
import { JournalReader } from './postgres/journal-reader.js';
import type { JournalHome } from './postgres/journal-schema.js';
import { PostgresBus, type AdapterClass } from './postgres/postgres-bus.js';
import type { PostgresPool } from './postgres/postgres-client.js';
import { PostgresJournal } from './postgres/postgres-journal.js';

export type { PostgresPool };

/** Options of `postgres()`. */
export interface PostgresOptions extends ClusterOptions {
  /**
   * The pool of the application, a `Pool` of the package `pg`. The servers are joined by one more connection, with the
   * options of this pool, which itself stays as it is: it is used for nothing, and the application ends it.
   */
  pool?: PostgresPool;
  /** Providers that `useFactory` is given, or the pool itself, in place of `pool`. */
  inject?: readonly InjectionToken[];
  /** Modules that export these providers. */
  imports?: ModuleMetadata['imports'];
  /**
   * Finds the pool.
   *
   * @param injected what Nest has found for `inject`
   */
  useFactory?: (
    ...injected: never[]
  ) => PostgresPool | { pool: PostgresPool } | Promise<PostgresPool | { pool: PostgresPool }>;
  /**
   * The name of the channel on which the servers notify each other, of at most 63 bytes. Applications that share a
   * database have one each.
   *
   * @default 'sockets'
   */
  prefix?: string;
  /**
   * Whether the servers share a journal, in tables of the database, so that a client can resume on any of them. They
   * are made when the application starts. `false`: each server has a journal of its own, and no table is needed.
   *
   * @default true
   */
  journal?: boolean;
  /**
   * Whether code may publish in its transactions of this database: publishing methods take the option `outbox` then.
   * What they publish is written by the transaction itself, into one more table, so that it is told exactly if it
   * commits, also if the process ends right after that. Every server of the cluster needs it.
   *
   * @default false
   */
  outbox?: boolean;
  /**
   * The schema of these tables, which is made if it does not exist.
   *
   * @default the first one of the user's `search_path`
   */
  schema?: string;
}

const POOL: OptionRule = ['a Pool of the package pg', isPool];
const PREFIX: OptionRule = [
  'a name of 1 to 63 bytes',
  (value) => typeof value === 'string' && /^[^\0]+$/.test(value) && Buffer.byteLength(value) <= 63,
];
const RULES: Record<keyof PostgresOptions, OptionRule> = {
  ...ENGINE_RULES,
  pool: POOL,
  prefix: PREFIX,
  journal: BOOLEAN,
  outbox: BOOLEAN,
  schema: PREFIX,
};

const NAME = 'postgres()';

/**
 * Joins servers by Postgres, with nothing but the database that the application has: they notify each other
 * (`LISTEN`, `NOTIFY`) on one channel, and share a journal of what was published, in tables that they make themselves.
 * For a few servers; for many, or more than some hundred publications in a second, use Redis.
 *
 * A pooler that lends connections for one transaction, as PgBouncer may, cannot be listened through. Give a pool that
 * connects to Postgres itself.
 *
 * Needs the packages `pg` and `@socket.io/postgres-adapter`.
 *
 * @throws InvalidOptionsError if an option is wrong
 * @throws MissingPackageError at boot, if `@socket.io/postgres-adapter` is not installed, or too old
 * @throws ClusterUnavailableError at boot, if Postgres cannot be reached in time, unless `whenAbsent` says otherwise
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { SocketsModule } from 'nestjs-sockets';
 * import { postgres } from 'nestjs-sockets/postgres';
 * import { Pool } from 'pg';
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL });
 *
 * @Module({ imports: [SocketsModule.forRoot({ cluster: postgres({ pool }) })] })
 * export class AppModule {}
 * ```
 */
export function postgres(options: PostgresOptions): ClusterIntegration {
  const given: unknown = options;
  if (!isRecord(given)) throw new InvalidOptionsError('cluster', 'postgres({ pool }), with a Pool of the package pg');
  assertOptions(options, RULES, 'cluster.');
  const {
    pool,
    inject,
    imports,
    useFactory,
    prefix = 'sockets',
    journal = true,
    schema,
    outbox = false,
    ...rest
  } = options;
  if (!pool === !inject) throw new InvalidOptionsError('cluster.pool', `${POOL[0]}, or injected by "inject", not both`);
  if (outbox && !journal) {
    throw new InvalidOptionsError('cluster.outbox', 'false where "journal" is: what is in an outbox is counted by it');
  }
  return {
    ...bootOptions(rest),
    name: NAME,
    imports,
    inject,
    open: async (...injected) => {
      const found = pool ?? (await (useFactory ? useFactory(...(injected as never[])) : injected[0]));
      return open(readPool(found), journal, { cluster: prefix, schema, hasOutbox: outbox });
    },
  };
}

/** Options of `postgresJournal()`. */
export type PostgresJournalOptions = Pick<PostgresOptions, 'pool' | 'prefix' | 'schema'>;

const JOURNAL_RULES: Record<keyof PostgresJournalOptions, OptionRule> = { pool: POOL, prefix: PREFIX, schema: PREFIX };

/**
 * Keeps the publications of servers that another adapter joins, in Postgres: for `cluster({ adapter, journal })`. It
 * makes two connections with the options of the pool, and closes them after the sockets.
 *
 * @throws InvalidOptionsError if an option is wrong
 *
 * @example
 * ```ts
 * import { createAdapter } from '@socket.io/cluster-adapter';
 * import { cluster, SocketsModule } from 'nestjs-sockets';
 * import { postgresJournal } from 'nestjs-sockets/postgres';
 * import { Pool } from 'pg';
 *
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL });
 *
 * SocketsModule.forRoot({ cluster: cluster({ adapter: createAdapter(), journal: postgresJournal({ pool }) }) });
 * ```
 */
export function postgresJournal(options: PostgresJournalOptions): JournalIntegration {
  assertOptions(options, JOURNAL_RULES, 'cluster.journal.');
  const { pool, prefix = 'sockets', schema } = options;
  if (!pool) throw new InvalidOptionsError('cluster.journal.pool', POOL[0]);
  return {
    name: 'postgresJournal()',
    open: (limits) => {
      const bus = new PostgresBus(pool, prefix);
      const home: JournalHome = { cluster: prefix, schema, hasOutbox: false };
      const journal = new PostgresJournal(bus, new JournalReader(pool), home, limits);
      return {
        journal: {
          append: (entry) => journal.append(entry, { namespaces: [], rooms: [], text: ['', '', ''] }),
          positionsOf: (streams) => journal.positionsOf(streams),
          read: (question) => journal.read(question),
          forget: (stream) => journal.forget(stream),
        },
        connected: bus.connected,
        problem: () => bus.problem,
        holdProcess: (holds) => bus.holdProcess(holds),
        close: async () => {
          await bus.close();
          await journal.close();
        },
      };
    },
  };
}

function open(pool: PostgresPool, hasJournal: boolean, home: JournalHome): ClusterConnection {
  const { PostgresAdapter } = requirePackage(NAME, '@socket.io/postgres-adapter', '0.5.0') as typeof adapterPackage;
  const Adapter = PostgresAdapter as unknown as AdapterClass;
  const bus = new PostgresBus(pool, home.cluster);
  let journal: PostgresJournal | undefined;
  return {
    // Socket.IO calls it with `new`.
    adapter: function makeAdapter(namespace: Namespace) {
      return bus.makeAdapter(Adapter, namespace);
    } as unknown as ClusterConnection['adapter'],
    bus,
    journal: hasJournal
      ? (limits) => (journal = new PostgresJournal(bus, new JournalReader(pool), home, limits))
      : undefined,
    connected: bus.connected,
    problem: () => bus.problem,
    lastsUntilClose: true,
    holdProcess: (holds) => bus.holdProcess(holds),
    close: async () => {
      await bus.close();
      await journal?.close();
    },
  };
}

function readPool(found: unknown): PostgresPool {
  const pool = isPool(found) ? found : isRecord(found) ? found.pool : undefined;
  if (isPool(pool)) return pool;
  throw new InvalidOptionsError('cluster.useFactory', `a function that returns ${POOL[0]}`);
}

function isPool(value: unknown): value is PostgresPool {
  if (typeof value !== 'object' || value === null) return false;
  const { connect, query, on } = value as Record<string, unknown>;
  return [connect, query, on].every((method) => typeof method === 'function');
}
