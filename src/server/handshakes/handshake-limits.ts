import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import type { Server, ServerOptions } from 'socket.io';
import { FirstTimes, LineLogger } from '../../common/log.js';
import { TokenBuckets } from '../../common/rate-limit.js';
import { type RefusalKind, refusalsOf } from '../metrics.js';
import type { ResolvedServerLimits } from '../options/limits.options.js';
import { type ClientAddresses, isPrivate } from './client-address.js';
import { eachEngine, type EngineMiddleware, putFirst } from './engines.js';

type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** A request that begins a connection, from its arrival until the connection, if it leads to one, is closed. */
interface Handshake {
  readonly address: string;
  isCounted: boolean;
  isConnected: boolean;
}

interface Refusal {
  kind: RefusalKind;
  statusCode: 429 | 503;
  code: 'TOO_MANY_CONNECTIONS' | 'TOO_MANY_HANDSHAKES' | 'SHUTTING_DOWN';
  /** In seconds. */
  retryAfter: number;
}

/** When a client may try again whose address has too many connections, in seconds: nobody knows when one will close. */
const RETRY_AFTER = 10;

/** Until there may be a server again where this one was, in seconds. */
const CLOSING: Refusal = { kind: 'closing', statusCode: 503, code: 'SHUTTING_DOWN', retryAfter: 1 };

/** Engine.IO's number for what is forbidden. */
const FORBIDDEN = 4;

/** How many addresses the log names, each once. */
const MAX_NAMED = 20;

/** Limits the connections of each address, and how fast it begins them. One for all servers of the application. */
export class HandshakeLimits {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly named = new FirstTimes(MAX_NAMED);
  private readonly rates: TokenBuckets;
  /** How many connections, and requests that may become one, each address has. */
  private readonly counts = new Map<string, number>();
  /** By the request, by what tells that it is over, and by the connection. */
  private readonly handshakes = new WeakMap<object, Handshake>();
  private isClosing = false;
  /** One function each for all connections; what tells of its end is `this`. */
  private readonly onHandshakeOver: (this: object) => void;
  private readonly onConnectionClosed: (this: object) => void;

  constructor(
    private readonly limits: ResolvedServerLimits,
    private readonly addresses: ClientAddresses,
  ) {
    this.rates = new TokenBuckets({ rate: limits.handshakesPerSecond, burst: limits.handshakeBurst });
    const { handshakes } = this;
    const release = (handshake: Handshake | undefined): void => this.release(handshake);
    this.onHandshakeOver = function () {
      const handshake = handshakes.get(this);
      if (handshake?.isConnected === false) release(handshake);
    };
    this.onConnectionClosed = function () {
      release(handshakes.get(this));
    };
  }

  /**
   * Refuses handshakes from now on, before anything else is done with them. Engine.IO has no WebTransport beside a
   * middleware; where it is asked for, `guard` refuses.
   */
  attach(io: Server, transports: readonly string[] = []): void {
    eachEngine(io, (engine) => {
      const middleware: EngineMiddleware = (request, response, next) => {
        if (isOfConnection(request, engine) || this.admits(io, request, response)) next();
      };
      if (!transports.includes('webtransport')) putFirst(engine, middleware);
      engine.on('connection', (connection: { request?: object }) => this.keep(connection));
    });
  }

  /** Returns what asks the application only about handshakes that are within the limits. */
  guard(io: () => Server, allowRequest: AllowRequest): AllowRequest {
    return (request, answer) => {
      const { res = request.socket } = request as { res?: object };
      if (this.handshakes.has(request) || this.admits(io(), request, res)) allowRequest(request, answer);
    };
  }

  /** Refuses all handshakes from now on, since the application shuts down. */
  close(): void {
    this.isClosing = true;
  }

  /** Whether a handshake is within the limits. Otherwise it has been answered. */
  private admits(io: Server, request: IncomingMessage, response: object): boolean {
    if (this.isClosing) {
      this.refuse(io, request, response, CLOSING);
      return false;
    }
    const address = this.addresses.keyOf(request);
    if (address === undefined) return true;
    const refusal = this.refusalFor(address);
    if (!refusal) {
      this.count(address, request, response);
      return true;
    }
    this.warn(address, refusal.kind);
    this.refuse(io, request, response, refusal);
    return false;
  }

  private refuse(io: Server, request: IncomingMessage, response: object, refusal: Refusal): void {
    refusalsOf(io).add(refusal.kind);
    send(request, response, refusal);
    const context = { message: refusal.code };
    io.engine.emit('connection_error', { req: request, code: FORBIDDEN, message: 'Forbidden', context });
  }

  private refusalFor(address: string): Refusal | undefined {
    const bucket = this.rates.of(address);
    if (!bucket.take()) {
      const retryAfter = Math.ceil(bucket.wait() / 1_000);
      return { kind: 'handshakeRate', statusCode: 429, code: 'TOO_MANY_HANDSHAKES', retryAfter };
    }
    if ((this.counts.get(address) ?? 0) < this.limits.connectionsPerAddress) return undefined;
    return { kind: 'connectionsPerAddress', statusCode: 429, code: 'TOO_MANY_CONNECTIONS', retryAfter: RETRY_AFTER };
  }

  private count(address: string, request: IncomingMessage, response: object): void {
    const handshake: Handshake = { address, isCounted: false, isConnected: false };
    this.add(handshake);
    const end = endOf(request, response);
    this.handshakes.set(request, handshake).set(end, handshake);
    // It happens once; "once" would cost each connection a closure.
    end.on('close', this.onHandshakeOver);
    // It may have hung up while something before this was deciding.
    if (request.socket.destroyed) this.onHandshakeOver.call(end);
  }

  /** Counts a handshake until the connection that it led to is closed. */
  private keep(connection: { request?: object }): void {
    const handshake = connection.request && this.handshakes.get(connection.request);
    if (!handshake) return;
    handshake.isConnected = true;
    // Its client may have hung up before the application had decided.
    this.add(handshake);
    this.handshakes.set(connection, handshake);
    (connection as unknown as NodeJS.EventEmitter).on('close', this.onConnectionClosed);
  }

  private add(handshake: Handshake): void {
    if (handshake.isCounted) return;
    handshake.isCounted = true;
    this.counts.set(handshake.address, (this.counts.get(handshake.address) ?? 0) + 1);
  }

  private release(handshake: Handshake | undefined): void {
    if (!handshake?.isCounted) return;
    handshake.isCounted = false;
    const rest = (this.counts.get(handshake.address) ?? 0) - 1;
    if (rest > 0) this.counts.set(handshake.address, rest);
    else this.counts.delete(handshake.address);
  }

  private warn(address: string, kind: RefusalKind): void {
    if (!this.named.isFirst(`${kind} ${address}`)) return;
    const { connectionsPerAddress, handshakesPerSecond } = this.limits;
    const why =
      kind === 'connectionsPerAddress'
        ? `it has ${connectionsPerAddress} connections already (limits.connectionsPerAddress)`
        : `it begins more than ${handshakesPerSecond} a second (limits.handshakesPerSecond)`;
    const proxies = isPrivate(address)
      ? ' If that is the address of a proxy, all of its clients have it until the application trusts the proxy: by ' +
        '"trust proxy" of Express, "trustProxy" of Fastify, or the option limits.addressOf of SocketsModule.'
      : '';
    this.logger.warn(
      `Connections of the address ${readable(address)} are refused, since ${why}.${proxies} (Logged once.)`,
    );
  }
}

/**
 * Tells whether a request continues a connection. One that names a session which does not exist could be sent again and
 * again, and the application is asked about its origin, so it counts as a handshake.
 */
function isOfConnection(request: IncomingMessage, engine: object): boolean {
  if (isHandshake(request)) return false;
  const { clients } = engine as { clients?: Record<string, unknown> };
  const { sid } = (request as { _query?: { sid?: unknown } })._query ?? {};
  return !clients || (typeof sid === 'string' && Object.hasOwn(clients, sid));
}

/** Recognizes handshakes as Engine.IO does: a request that names no session begins one. */
export function isHandshake(request: IncomingMessage): boolean {
  return !(request as { _query?: { sid?: unknown } })._query?.sid;
}

/** Only addresses are written to the log, not what a proxy may say instead. */
function readable(address: string): string {
  return /^[\da-f.:/]+$/.test(address) ? address : 'that a proxy gives, which is none,';
}

/** Returns what tells, by `close`, that nothing more will come of a handshake: its response, or its TCP connection. */
function endOf(request: IncomingMessage, response: object): NodeJS.EventEmitter {
  return response instanceof ServerResponse ? response : request.socket;
}

/** Answers as Engine.IO does, except for the status: it can say only 400 and 403. */
function send(request: IncomingMessage, response: object, { statusCode, code, retryAfter }: Refusal): void {
  const body = JSON.stringify({ code: FORBIDDEN, message: code });
  const headers = { 'content-type': 'application/json', 'retry-after': String(retryAfter) };
  if (response instanceof ServerResponse) {
    response.writeHead(statusCode, headers).end(body);
    return;
  }
  const { socket } = request;
  socket.on('error', ignore);
  const lines = { ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(body)) };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable)
    socket.write(`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n${head.join('')}\r\n${body}`);
  socket.destroySoon();
}

function ignore(): void {}
