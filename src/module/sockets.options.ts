import {
  CONNECTION_DEFAULTS,
  CONNECTION_LIMIT_RULES,
  CONNECTION_LIMITS,
  CONNECTION_RULES,
  type ConnectionLimits,
  type ConnectionOptions,
} from '../connections/connection.options.js';
import { InvalidOptionsError } from '../common/common.errors.js';
import { assertOptions, BOOLEAN, MILLISECONDS, wholeNumber, type OptionRule } from '../common/option-rules.js';
import { isRecord } from '../common/type-guards.js';
import { SOCKET_REQUESTS_RULES, type SocketRequestsOptions } from '../requests/requests.options.js';
import { CLUSTER } from '../server/cluster/cluster.options.js';
import { JOURNAL_LIMITS, JOURNAL_RULES, type JournalLimits } from '../server/cluster/journal/journal.options.js';
import {
  assertServerOptions,
  assertSpelling,
  isOrigin,
  joinsServers,
  type IoServerOptions,
  type ResolvedIoServerOptions,
} from '../server/options/server.options.js';
import { assertPresenceOptions, type PresenceOptions } from '../rooms/presence/presence.options.js';
import { ROOM_LIMIT_RULES, ROOM_LIMITS, type RoomLimits } from '../rooms/members/room-limit.js';
import {
  OMISSION,
  type Omission,
  PUBLICATION_LIMIT_RULES,
  PUBLICATION_LIMITS,
  type PublicationLimits,
} from '../resources/pubsub/channel.options.js';
import { SERVER_LIMIT_RULES, SERVER_LIMITS, type ServerLimits } from '../server/options/limits.options.js';
import { TRANSACTIONS, type TransactionIntegration } from '../transactions/transactions.options.js';
import type { ResourceOptions } from '../resources/definition/resource.options.js';

/** What one client, one address or one publication may cost, each with a default. */
export interface SocketsLimits extends ServerLimits, ConnectionLimits, RoomLimits, PublicationLimits {}

/** Options of the server, its connections, and presence in its rooms. */
export interface SocketsServerOptions extends IoServerOptions, ConnectionOptions {
  /**
   * Tells the members of some rooms who else is in them.
   *
   * @default undefined only the rooms of `@JoinRoom(…, { presence: true })`
   */
  presence?: PresenceOptions;
}

/** Options of `SocketsModule`. None is required. */
export interface SocketsModuleOptions extends SocketsServerOptions {
  /** What one client, one address or one publication may cost. @default see each */
  limits?: SocketsLimits;
  /** Resources that no controller declares, by name. */
  resources?: Record<string, ResourceOptions>;
  /**
   * Omits the requester from its own publications: the socket that sent the request (`'socket'`), or all sockets of its
   * user (`'user'`), on every server, also if the request came over HTTP. Each publishing decorator may say otherwise.
   * The user is `request.user` or, over a socket, the identity of the connection; `userId` reads its id.
   *
   * @default 'socket'
   */
  omit?: Omission;
  /**
   * The rooms of resources (a record, a slice or a collection, for all verbs or for one) that a connection may be in by
   * reading, in all its namespaces. A read that would exceed it subscribes to nothing of that resource, and the socket
   * is told `revoked` with the code `LIMIT_EXCEEDED`. Subscriptions by code are not limited.
   *
   * The default is for a page that shows a table of some thousand records. So many cost some 4 MB of the server's
   * memory, and 30 ms of its event loop when the connection closes; 1,000 cost a tenth of both. An application whose
   * pages show less may lower it.
   *
   * @default 10000
   */
  maxSubscriptions?: number;
  /**
   * The reads that this process does again at the same time for `@SubscribeOnRead({ recheck })`. Others wait.
   *
   * @default 8
   */
  recheckConcurrency?: number;
  /**
   * Limits and switches of requests over the socket. With `false` there are none, and gateways may handle events named
   * like HTTP's methods.
   */
  requests?: SocketRequestsOptions | false;
  /**
   * How much of what was published is kept, for clients that were away and for what happens while a route reads, and
   * how long a journal that servers share is waited for. With `false` nothing is kept and counted, and nobody can find
   * out what was missed.
   */
  journal?: Partial<JournalLimits> | false;
  /**
   * The database libraries whose transactions are waited for: what is published inside one is told once it has
   * committed, and not at all if it is rolled back. `false`, or an empty list: nothing waits, and nothing is said about
   * it at boot.
   *
   * @default undefined only what `SocketsService.afterCommit()` runs
   */
  transactions?: readonly TransactionIntegration[] | false;
}

/** Creates the options of `SocketsModule.forRootAsync({ useClass })`. */
export interface SocketsOptionsFactory {
  /** Called once, while the application starts. */
  createSocketsOptions(): SocketsModuleOptions | Promise<SocketsModuleOptions>;
}

const DEFAULTS = {
  server: {},
  maxNesting: 32,
  requestTimeout: 5_000,
  maxSubscriptions: 10_000,
  recheckConcurrency: 8,
  gateways: 'protected',
  serve: true,
  fastDelivery: true,
  ...CONNECTION_DEFAULTS,
} as const;

const LIMITS: Required<Omit<SocketsLimits, 'addressOf'>> = {
  ...SERVER_LIMITS,
  ...CONNECTION_LIMITS,
  ...ROOM_LIMITS,
  ...PUBLICATION_LIMITS,
};

const LIMIT_RULES: Record<keyof SocketsLimits, OptionRule> = {
  ...SERVER_LIMIT_RULES,
  ...CONNECTION_LIMIT_RULES,
  ...ROOM_LIMIT_RULES,
  ...PUBLICATION_LIMIT_RULES,
};

const MAX_SUBSCRIPTIONS = 1_000_000;
const MAX_RECHECKS = 10_000;

/** The most that `maxNesting` may be: Socket.IO walks through data by recursion, and the stack ends not far above. */
const MAX_NESTING = 1_000;

const RULES: Record<keyof SocketsModuleOptions, OptionRule> = {
  server: ['an object of Socket.IO server options, such as { path: "/socket.io" }', isRecord],
  origins: [
    '"*", an array of origins such as ["https://example.com"] (scheme, host and port only) and regular ' +
      'expressions, or a function',
    isOrigins,
  ],
  maxNesting: wholeNumber('levels', MAX_NESTING),
  requestTimeout: MILLISECONDS,
  resources: ['an object of resource options by resource name, such as { user: { idType: "number" } }', isResources],
  omit: OMISSION,
  maxSubscriptions: wholeNumber('subscriptions', MAX_SUBSCRIPTIONS),
  recheckConcurrency: wholeNumber('reads', MAX_RECHECKS),
  requests: [
    'an object of options such as { timeout: 10_000 }, or false',
    (value) => value === false || isRecord(value),
  ],
  journal: ['an object of limits such as { maxAge: 60_000 }, or false', (value) => value === false || isRecord(value)],
  transactions: TRANSACTIONS,
  cluster: CLUSTER,
  serve: BOOLEAN,
  fastDelivery: BOOLEAN,
  limits: ['an object of limits, such as { packetsPerSecond: 1_000 }', isRecord],
  gateways: ['"protected" or "as in Nest"', (value) => value === 'protected' || value === 'as in Nest'],
  presence: ['an object of options such as { rooms: "board:{boardId}" }', isRecord],
  ...CONNECTION_RULES,
};

const ASYNC_RULES: Readonly<Record<string, OptionRule>> = {
  imports: ['an array of modules', Array.isArray],
  inject: ['an array of injection tokens', Array.isArray],
  useFactory: ['a function that gives the options, or a promise of them', (value) => typeof value === 'function'],
  useClass: ['a class that has a method createSocketsOptions()', hasFactoryMethod],
  useExisting: [
    'the injection token of a provider that has a method createSocketsOptions()',
    (value) => value !== null,
  ],
  provideInjectionTokensFrom: ['an array of providers', Array.isArray],
  isGlobal: ['true or false', (value) => typeof value === 'boolean'],
};

/**
 * Fills in the defaults.
 *
 * @throws InvalidOptionsError that names the option and what it may be
 */
export function resolveOptions(
  given: SocketsModuleOptions,
): ResolvedIoServerOptions & SocketsModuleOptions & { journal: JournalLimits | false } {
  assertIsOptions(given);
  if ('isGlobal' in given) {
    throw new InvalidOptionsError('isGlobal', 'given beside useFactory, useClass or useExisting, not by them');
  }
  assertOptions(given, RULES);
  assertSpelling('origins', given.origins);
  assertServerOptions(given.server ?? {});
  if (given.presence) assertPresenceOptions(given.presence);
  if (given.limits) assertOptions(given.limits, LIMIT_RULES, 'limits.');
  if (given.requests) assertOptions(given.requests, SOCKET_REQUESTS_RULES, 'requests.');
  if (given.journal) assertOptions(given.journal, JOURNAL_RULES, 'journal.');
  assertClusterOptions(given);
  const limits = { ...LIMITS, ...withoutUndefined(given.limits ?? {}) };
  const journal = given.journal === false ? false : { ...JOURNAL_LIMITS, ...withoutUndefined(given.journal ?? {}) };
  return { ...DEFAULTS, ...withoutUndefined(given), limits, journal };
}

/** Refuses two answers to the question of what joins the servers, and a server that nobody could hear of. */
function assertClusterOptions({ cluster, serve, server }: SocketsModuleOptions): void {
  if (cluster && server?.adapter) {
    throw new InvalidOptionsError('server.adapter', 'left out beside the option "cluster", which has an adapter');
  }
  if (serve === false && !joinsServers({ cluster, server })) {
    throw new InvalidOptionsError(
      'serve',
      'true, or given together with "cluster": without other servers, no client would hear what this one publishes',
    );
  }
}

/** @throws InvalidOptionsError unless the value is an object of options, right or wrong */
export function assertIsOptions(given: unknown): void {
  if (isRecord(given)) return;
  throw new InvalidOptionsError(
    '(all of them)',
    'an object. Import the module once, in the root module, as SocketsModule.forRoot({ … }), or give ' +
      'forRootAsync() a factory that returns the options',
  );
}

/** @throws InvalidOptionsError unless exactly one of the options says where the module's options come from */
export function assertIsAsyncOptions(given: unknown): void {
  assertIsOptions(given);
  const options = given as Record<string, unknown>;
  assertOptions(options, ASYNC_RULES);
  const sources = ['useFactory', 'useClass', 'useExisting'].filter((source) => options[source] !== undefined);
  if (sources.length === 1) return;
  throw new InvalidOptionsError(
    sources.join(', ') || 'useFactory, useClass or useExisting',
    'given, one of the three: forRootAsync() takes its options from it',
  );
}

/** @throws InvalidOptionsError */
export function assertIsGlobal(isGlobal: unknown): void {
  assertOptions({ isGlobal }, ASYNC_RULES);
}

function isOrigins(value: unknown): boolean {
  if (value === '*' || typeof value === 'function') return true;
  return Array.isArray(value) && value.every((entry) => entry instanceof RegExp || isOrigin(entry));
}

function isResources(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every(isRecord);
}

function hasFactoryMethod(value: unknown): boolean {
  const { createSocketsOptions } = ((value as { prototype?: unknown } | null)?.prototype ?? {}) as Record<
    string,
    unknown
  >;
  return typeof createSocketsOptions === 'function';
}

function withoutUndefined<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
