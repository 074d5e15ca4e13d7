import type { InjectionToken, ModuleMetadata } from '@nestjs/common';
import type { ServerOptions } from 'socket.io';
import { InvalidOptionsError } from '../../common/common.errors.js';
import { assertOptions, functionThat, type OptionRule } from '../../common/option-rules.js';
import { isRecord } from '../../common/type-guards.js';
import type { Bus } from './bus.js';
import { AnnouncedJournal } from './journal/announced-journal.js';
import type { JournalConnection, JournalIntegration, SharedJournal } from './journal/journal.js';
import type { JournalLimits } from './journal/journal.options.js';

/**
 * What the application does if it cannot be connected to other servers while it starts. `'fail'`: it does not start.
 * `'wait'`: it starts once it can be connected, and the log says what it waits for. `'degraded'`: it starts, serves its
 * own clients, and is connected as soon as that is possible.
 */
export type WhenAbsent = 'fail' | 'wait' | 'degraded';

/** Options that all integrations have. */
export interface ClusterOptions {
  /** @default 'fail' */
  whenAbsent?: WhenAbsent;
  /**
   * How long the application tries to connect before it fails or goes on, in milliseconds; with `'wait'`, how often the
   * log says that it waits.
   *
   * @default 10000
   */
  connectTimeout?: number;
}

/**
 * Joins servers into one cluster: what `redis()` of `nestjs-sockets/redis` and its kin return, for the option `cluster`
 * of `SocketsModule`.
 */
export interface ClusterIntegration extends Required<ClusterOptions> {
  /** How errors and log lines call it, such as `redis()`. */
  readonly name: string;
  /** Modules that export the providers to inject. */
  readonly imports?: ModuleMetadata['imports'];
  /** Providers that `open()` needs. */
  readonly inject?: readonly InjectionToken[];
  /**
   * Begins to connect, while Nest makes its providers.
   *
   * @param injected what Nest has found for `inject`
   */
  open(...injected: unknown[]): ClusterConnection | Promise<ClusterConnection>;
}

/** The connection of one application to the other servers of its cluster. */
export interface ClusterConnection {
  /** Makes the adapter of each namespace. */
  readonly adapter: NonNullable<ServerOptions['adapter']>;
  /** Carries the messages of the library. @default the adapter does */
  readonly bus?: Bus;
  /**
   * Makes the journal that the servers share, and by which publications travel. @default each server has one of its own
   *
   * @internal
   */
  readonly journal?: ((limits: JournalLimits) => SharedJournal) | undefined;
  /** Fulfilled once it can be used; rejected if it never can be. */
  readonly connected: Promise<void>;
  /** Says what is wrong with it at present, without passwords or addresses; `undefined` if nothing is. */
  problem?(): string | undefined;
  /**
   * Says whether the process goes on for the sake of this connection alone. It does not while the application starts,
   * nor where an HTTP server holds the process, so that a boot that fails, of which Nest tells nobody, ends it.
   */
  holdProcess?(holds: boolean): void;
  /**
   * Whether it goes on until `close()`, so that the server stays with the others until the application has ended, and
   * not only until its HTTP server has.
   *
   * @default false
   */
  readonly lastsUntilClose?: boolean;
  /** Ends it, after the Socket.IO server was closed. */
  close(): Promise<void>;
}

export const CLUSTER: OptionRule = [
  'what redis() of nestjs-sockets/redis, postgres() of nestjs-sockets/postgres, nodeCluster() of ' +
    'nestjs-sockets/node-cluster or cluster({ adapter }) returns',
  (value) => isRecord(value) && typeof value.name === 'string' && typeof value.open === 'function',
];

export const CLUSTER_DEFAULTS: Required<ClusterOptions> = { whenAbsent: 'fail', connectTimeout: 10_000 };

const ADAPTER = functionThat('makes a Socket.IO adapter, such as createAdapter(…) of @socket.io/redis-adapter gives');
const JOURNAL: OptionRule = [
  'what redisJournal() of nestjs-sockets/redis or postgresJournal() of nestjs-sockets/postgres returns',
  (value) => isRecord(value) && typeof value.open === 'function',
];
const ADAPTER_RULES: Record<keyof AdapterClusterOptions, OptionRule> = { adapter: ADAPTER, journal: JOURNAL };

/** Options of `cluster()`. */
export interface AdapterClusterOptions {
  /** What makes the adapter of each namespace, as `createAdapter(…)` of any package of adapters returns it. */
  adapter: NonNullable<ServerOptions['adapter']>;
  /**
   * What keeps the publications once for all servers, so that a client can resume on any of them.
   *
   * @default each server has a journal of its own
   */
  journal?: JournalIntegration;
}

/**
 * Joins servers by any adapter of Socket.IO. Its clients are those of the application, which connects and closes them.
 *
 * @throws InvalidOptionsError unless the adapter is what makes one
 * @throws ClusterUnavailableError at boot, if the journal cannot be reached
 *
 * @example
 * ```ts
 * import { createAdapter } from '@socket.io/redis-adapter';
 * import { cluster, SocketsModule } from 'nestjs-sockets';
 * import { redisJournal } from 'nestjs-sockets/redis';
 * import { createClient } from 'redis';
 *
 * const pub = createClient();
 * const sub = pub.duplicate();
 *
 * SocketsModule.forRoot({
 *   cluster: cluster({ adapter: createAdapter(pub, sub), journal: redisJournal({ client: pub }) }),
 * });
 * ```
 */
export function cluster(options: AdapterClusterOptions): ClusterIntegration {
  assertOptions(options, ADAPTER_RULES, 'cluster.');
  const { adapter, journal } = options;
  if (!adapter) throw new InvalidOptionsError('cluster.adapter', ADAPTER[0]);
  return {
    ...CLUSTER_DEFAULTS,
    name: 'cluster()',
    open: () =>
      journal ? withJournal(adapter, journal) : { adapter, connected: Promise.resolve(), close: async () => {} },
  };
}

function withJournal(adapter: ClusterConnection['adapter'], integration: JournalIntegration): ClusterConnection {
  let opened: JournalConnection | undefined;
  const bus = new AnnouncedJournal();
  return {
    adapter,
    bus,
    journal: (limits) => {
      opened = integration.open(limits);
      bus.use(opened.journal, limits.timeout);
      return bus;
    },
    get connected() {
      return opened?.connected ?? Promise.resolve();
    },
    problem: () => {
      const problem = opened?.problem?.();
      return problem && `${integration.name}: ${problem}`;
    },
    holdProcess: (holds) => opened?.holdProcess?.(holds),
    close: async () => opened?.close(),
  };
}
