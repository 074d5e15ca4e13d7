import type { ServerOptions } from 'socket.io';
import {
  assertOptions,
  BOOLEAN,
  BYTES,
  functionThat,
  isRecord,
  MILLISECONDS,
  type OptionRule,
} from '../common/option-rules.js';
import { assertSpelling, isOrigin } from './origin.js';

const TRANSPORTS: readonly unknown[] = ['polling', 'websocket', 'webtransport'];

/** Socket.IO takes a wrong option without a word, and then does not do what was meant. */
const SERVER_RULES: Record<keyof ServerOptions, OptionRule> = {
  path: ['a path that begins with "/" and goes on, such as "/socket.io"', isPath],
  serveClient: BOOLEAN,
  adapter: functionThat('makes a Socket.IO adapter, such as createAdapter(…) of @socket.io/redis-adapter gives'),
  parser: ['a parser that has an Encoder and a Decoder, such as socket.io-msgpack-parser', isParser],
  connectTimeout: MILLISECONDS,
  connectionStateRecovery: [
    'left out: it hands missed messages out before anybody is authorized, and loses others without a word',
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
    'an object of options of the cors package, such as { origin: "https://example.com" }; a function that decides who may connect is the option "origins"',
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
    '"*", true, false, an origin such as "https://example.com", a regular expression, an array of these two, or a function',
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

/** With the root alone, Socket.IO would answer every request of the application. */
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
