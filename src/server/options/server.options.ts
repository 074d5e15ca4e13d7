import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'socket.io';
import { InvalidOptionsError } from '../../common/common.errors.js';
import {
  assertOptions,
  BOOLEAN,
  BYTES,
  functionThat,
  MILLISECONDS,
  type OptionRule,
} from '../../common/option-rules.js';
import { isRecord } from '../../common/type-guards.js';
import type { ClusterIntegration } from '../cluster/cluster.options.js';
import type { ResolvedServerLimits } from './limits.options.js';

/** The origins that may connect: all (`'*'`), a list, or a function that decides. */
export type AllowedOrigins =
  '*' | ReadonlyArray<string | RegExp> | ((origin: string, request: IncomingMessage) => boolean | Promise<boolean>);

/** Whether the handlers of gateways are protected from their clients, and clients from them. */
export type GatewayProtection = 'protected' | 'as in Nest';

/** Options of the Socket.IO server: how it is made, who may connect to it, and the limits of what it sends. */
export interface IoServerOptions {
  /**
   * Options of Socket.IO: `path`, `cors`, `transports`, `pingInterval`, `maxHttpBufferSize`, `adapter` … They apply
   * whichever gateways the application declares; options in `@WebSocketGateway()` count only for a gateway with a port
   * or a path of its own. `connectionStateRecovery` is refused, since it gives missed messages to clients before
   * authorizing them.
   *
   * @default {} Socket.IO's defaults, except that clients of Socket.IO 2, such as `sails.io.js`, may connect
   * (`allowEIO3`), that a client has to ask for a namespace within 10 seconds (`connectTimeout`), and that a dynamic
   * namespace ends with its last socket (`cleanupEmptyChildNamespaces`)
   */
  server?: Omit<Partial<ServerOptions>, 'connectionStateRecovery'>;
  /**
   * Joins this server and others, so that rooms, publications, presence and revocations concern the clients of all:
   * `redis({ url })` of `nestjs-sockets/redis`, `postgres({ pool })` of `nestjs-sockets/postgres`, `nodeCluster()` of
   * `nestjs-sockets/node-cluster`, or `cluster({ adapter })`. All servers need the same.
   *
   * @default undefined this server alone
   */
  cluster?: ClusterIntegration;
  /**
   * Whether clients can connect to this process. With `false`, it publishes to the clients of the other servers of its
   * cluster, and has no way in: a worker, a cron job, or an API that others serve sockets for.
   *
   * @default true
   */
  serve?: boolean;
  /**
   * The origins whose pages may connect besides the server's own, checked for polling and for websockets (which CORS
   * does not cover). Clients that send no `Origin`, which are not browsers, may connect. `server.allowRequest` may
   * refuse what this allows.
   *
   * @default undefined the origins of `server.cors.origin`; without it, only the server's own
   */
  origins?: AllowedOrigins;
  /**
   * The levels of objects and arrays that data may have: what is sent, and what clients send. Deeper data of clients is
   * answered with 400.
   *
   * @default 32
   */
  maxNesting?: number;
  /**
   * What surrounds the handlers of gateways (`@SubscribeMessage`). `'protected'`: nothing that a client sends, and
   * nothing that a handler returns or throws, ends the process or is left without an answer. `'as in Nest'`: they are
   * called as Nest calls them.
   *
   * @default 'protected'
   */
  gateways?: GatewayProtection;
  /**
   * The time that `SocketsService.request` waits for an answer, in milliseconds.
   *
   * @default 5000
   */
  requestTimeout?: number;
  /**
   * Whether broadcasts and publications are written past Engine.IO to the websockets on which nothing else is on its
   * way, what belongs to one turn of the event loop together. Clients hear the same, in the same order. With `false`,
   * each is written by Engine.IO, at several times the cost: to find out whether something depends on the difference.
   *
   * @default true
   */
  fastDelivery?: boolean;
}

/** The same options with every default filled in. */
export type ResolvedIoServerOptions = IoServerOptions &
  Required<
    Pick<IoServerOptions, 'server' | 'serve' | 'maxNesting' | 'requestTimeout' | 'gateways' | 'fastDelivery'>
  > & {
    limits: ResolvedServerLimits;
  };

/**
 * Injection token of the module's options, validated and with their defaults. Each room types it by the part that it
 * reads; `module/sockets.options.ts` composes the whole.
 */
export const SOCKETS_SERVER_OPTIONS = Symbol('SOCKETS_SERVER_OPTIONS');

/** Tells whether this server is one of several. */
export function joinsServers({ cluster, server }: Pick<IoServerOptions, 'cluster' | 'server'>): boolean {
  return (cluster ?? server?.adapter) !== undefined;
}

/** The default of Socket.IO. */
const DEFAULT_PATH = '/socket.io';

/** Tells whether a gateway asks, by a port or a path, for another server than the shared one. */
export function asksForOwnServer(port: number, path: unknown, { server }: ResolvedIoServerOptions): boolean {
  if (port !== 0) return true;
  return typeof path === 'string' && withoutSlash(path) !== withoutSlash(server.path ?? DEFAULT_PATH);
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '');
}

/** The origins that browsers send for pages that have none: a sandboxed frame, a local file. */
const NO_ORIGIN: ReadonlySet<unknown> = new Set(['null', 'file://']);

/** Tells whether a value is a scheme, a host and, unless it is the scheme's default, a port. */
export function isOrigin(value: unknown): value is string {
  return NO_ORIGIN.has(value) || (typeof value === 'string' && spell(value) !== undefined);
}

/**
 * Refuses an origin that browsers spell differently, since it would never match.
 *
 * @throws InvalidOptionsError that says how browsers spell it
 */
export function assertSpelling(option: string, origins: unknown): void {
  const list: unknown[] = Array.isArray(origins) ? origins : [origins];
  for (const origin of list) {
    const spelled = typeof origin === 'string' && !NO_ORIGIN.has(origin) ? spell(origin) : undefined;
    if (spelled === undefined || spelled === origin) continue;
    throw new InvalidOptionsError(option, `spelled as browsers do: "${spelled}" instead of "${String(origin)}"`);
  }
}

function spell(origin: string): string | undefined {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(origin) || !URL.canParse(origin)) return undefined;
  const { protocol, host } = new URL(origin);
  return host === '' ? undefined : `${protocol}//${host}`;
}

const TRANSPORTS: readonly unknown[] = ['polling', 'websocket', 'webtransport'];

/** The rules of Socket.IO's options. Socket.IO itself accepts a wrong one silently, and ignores what was meant. */
const SERVER_RULES: Record<keyof ServerOptions, OptionRule> = {
  path: ['a path that begins with "/" and goes on, such as "/socket.io"', isPath],
  serveClient: BOOLEAN,
  adapter: functionThat('makes a Socket.IO adapter, such as createAdapter(…) of @socket.io/redis-adapter gives'),
  parser: ['a parser that has an Encoder and a Decoder, such as socket.io-msgpack-parser', isParser],
  connectTimeout: MILLISECONDS,
  connectionStateRecovery: [
    'left out: it gives missed messages to clients before authorizing them, and loses others silently',
    () => false,
  ],
  cleanupEmptyChildNamespaces: BOOLEAN,
  pingTimeout: MILLISECONDS,
  pingInterval: MILLISECONDS,
  upgradeTimeout: MILLISECONDS,
  maxHttpBufferSize: BYTES,
  allowRequest: functionThat('calls answer(null, true) to let a client in: (request, answer) => …'),
  transports: [`an array of one or more of ${TRANSPORTS.map((name) => `"${String(name)}"`).join(', ')}`, isTransports],
  allowUpgrades: BOOLEAN,
  perMessageDeflate: ['true, false or an object of options of permessage-deflate', isBooleanOrRecord],
  httpCompression: ['true, false or an object of options of zlib', isBooleanOrRecord],
  wsEngine: functionThat('is a class of WebSocket servers, like the one of the package ws'),
  initialPacket: ['anything that can be sent', () => true],
  cookie: ['true, false or an object such as { name: "io", httpOnly: true }', isBooleanOrRecord],
  cors: [
    'an object of options of the cors package, such as { origin: "https://example.com" }; a function that decides ' +
      'who may connect is the option "origins"',
    isRecord,
  ],
  allowEIO3: BOOLEAN,
  destroyUpgrade: BOOLEAN,
  destroyUpgradeTimeout: MILLISECONDS,
  addTrailingSlash: BOOLEAN,
};

const STRINGS: OptionRule = ['a string or an array of strings', isStrings];

const CORS_RULES: Readonly<Record<string, OptionRule>> = {
  origin: [
    '"*", true, false, an origin such as "https://example.com", a regular expression, an array of these two, or a ' +
      'function',
    isCorsOrigin,
  ],
  methods: STRINGS,
  allowedHeaders: STRINGS,
  exposedHeaders: STRINGS,
  credentials: BOOLEAN,
  maxAge: ['a whole number of seconds', Number.isInteger],
  preflightContinue: BOOLEAN,
  optionsSuccessStatus: ['a status code such as 204', Number.isInteger],
};

/** @throws InvalidOptionsError that names the option and what it may be */
export function assertServerOptions(server: Record<string, unknown>): void {
  assertOptions(server, SERVER_RULES, 'server.');
  if (!isRecord(server.cors)) return;
  assertOptions(server.cors, CORS_RULES, 'server.cors.');
  assertSpelling('server.cors.origin', server.cors.origin);
}

function isCorsOrigin(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((entry) => entry instanceof RegExp || isOrigin(entry));
  return (
    value === '*' ||
    typeof value === 'boolean' ||
    typeof value === 'function' ||
    value instanceof RegExp ||
    isOrigin(value)
  );
}

/** Refuses the root, where Socket.IO would answer every request of the application. */
function isPath(value: unknown): boolean {
  return typeof value === 'string' && /^\/[^?#\s]*[^/?#\s]\/?$/.test(value);
}

function isTransports(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((name) => TRANSPORTS.includes(name));
}

function isParser(value: unknown): boolean {
  const { Encoder, Decoder } = (value ?? {}) as Record<string, unknown>;
  return typeof Encoder === 'function' && typeof Decoder === 'function';
}

function isBooleanOrRecord(value: unknown): boolean {
  return typeof value === 'boolean' || isRecord(value);
}

function isStrings(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every((entry) => typeof entry === 'string'));
}
