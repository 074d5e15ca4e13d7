import { InvalidOptionsError } from './sockets/errors/invalid-options.error.js';
import type { ResolvedSocketsServerOptions, SocketsServerOptions } from './sockets/sockets-server.options.js';
import type { ResourceOptions } from './resources/resource.options.js';

/** Options of `SocketsModule`. None is required. */
export interface SocketsModuleOptions extends SocketsServerOptions {
  /** Resources that no controller declares, by name. */
  resources?: Record<string, ResourceOptions>;
}

/** Makes the options of `SocketsModule.forRootAsync({ useClass })`. */
export interface SocketsOptionsFactory {
  createSocketsOptions(): SocketsModuleOptions | Promise<SocketsModuleOptions>;
}

const DEFAULTS = { server: {}, maxNesting: 32, requestTimeout: 5_000 } as const;

/** What each option must be, in the words of the error. */
const RULES: Record<keyof SocketsModuleOptions, readonly [expected: string, holds: (value: unknown) => boolean]> = {
  server: ['an object of Socket.IO server options, such as { path: "/socket.io" }', isPlainObject],
  origins: [
    '"*", an array of origins such as ["https://example.com"] (scheme, host and port, nothing behind) and regular expressions, or a function',
    isOrigins,
  ],
  maxNesting: ['a whole number of 1 or more', isPositiveInteger],
  requestTimeout: ['a whole number of milliseconds, 1 or more', isPositiveInteger],
  resources: ['an object of resource options by resource name, such as { user: { idType: "number" } }', isResources],
};

/**
 * Fills in the defaults.
 *
 * @throws InvalidOptionsError that names the option and what it may be
 */
export function resolveOptions(given: SocketsModuleOptions = {}): ResolvedSocketsServerOptions & SocketsModuleOptions {
  if (!isPlainObject(given)) throw new InvalidOptionsError('(all of them)', 'an object');
  for (const [option, value] of Object.entries(given)) {
    const rule = Object.hasOwn(RULES, option) ? RULES[option as keyof SocketsModuleOptions] : undefined;
    // Nest's own, given next to the options.
    if (option === 'isGlobal') continue;
    if (!rule)
      throw new InvalidOptionsError(
        option,
        `left out: there is none of that name. There are ${Object.keys(RULES).join(', ')}`,
      );
    const [expected, holds] = rule;
    if (value !== undefined && !holds(value)) throw new InvalidOptionsError(option, expected);
  }
  validateServer((given.server ?? {}) as Record<string, unknown>);
  return { ...DEFAULTS, ...withoutUndefined(given) };
}

/** Which Socket.IO takes without a word, and which then do not do what was meant. */
function validateServer(server: Record<string, unknown>): void {
  const { connectionStateRecovery, path, transports, cors } = server;
  if (connectionStateRecovery !== undefined) {
    throw new InvalidOptionsError(
      'server.connectionStateRecovery',
      'left out: it hands missed messages out before anybody is authorized, and loses others without a word',
    );
  }
  if (path !== undefined && (typeof path !== 'string' || !path.startsWith('/'))) {
    throw new InvalidOptionsError('server.path', 'a path that begins with "/", such as "/socket.io"');
  }
  const allowed = ['polling', 'websocket', 'webtransport'];
  if (
    transports !== undefined &&
    !(Array.isArray(transports) && transports.every((name) => allowed.includes(name as string)))
  ) {
    throw new InvalidOptionsError('server.transports', `an array of ${allowed.map((name) => `"${name}"`).join(', ')}`);
  }
  for (const option of ['pingInterval', 'pingTimeout', 'upgradeTimeout', 'connectTimeout', 'maxHttpBufferSize']) {
    const value = server[option];
    if (value !== undefined && !isPositiveInteger(value))
      throw new InvalidOptionsError(`server.${option}`, 'a whole number of 1 or more');
  }
  if (cors !== undefined && typeof cors !== 'function' && !isPlainObject(cors)) {
    throw new InvalidOptionsError(
      'server.cors',
      'an object of options of the cors package, such as { origin: "https://example.com" }',
    );
  }
  if (typeof cors === 'function') {
    throw new InvalidOptionsError(
      'server.cors',
      'an object, not a function: websockets know no CORS, and who may connect is decided by the option "origins", which may be a function',
    );
  }
}

function isOrigins(value: unknown): boolean {
  if (value === '*' || typeof value === 'function') return true;
  return Array.isArray(value) && value.every((entry) => entry instanceof RegExp || isOrigin(entry));
}

function isOrigin(value: unknown): boolean {
  if (value === 'null' || value === 'file://') return true;
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, host } = new URL(value);
  return value === `${protocol}//${host}` && host !== '';
}

function isResources(value: unknown): boolean {
  return isPlainObject(value) && Object.values(value).every(isPlainObject);
}

function isPositiveInteger(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutUndefined(options: SocketsModuleOptions): SocketsModuleOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
