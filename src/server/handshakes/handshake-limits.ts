import { EventEmitter } from 'node:events';
import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import type { Server, ServerOptions } from 'socket.io';
import { FirstTimes, LineLogger } from '../../common/log.js';
import { TokenBuckets } from '../../common/rate-limit.js';
import { type RefusalKind, refusalsOf } from '../metrics.js';
import type { ResolvedServerLimits } from '../options/limits.options.js';
import { type ClientAddresses, isPrivate } from './client-address.js';
import { eachEngine, type EngineMiddleware, putFirst } from './engines.js';

type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** An address, as long as it has connections, or requests that may become one. */
interface Address {
  readonly name: string;
  count: number;
}

/** A request that begins a connection, from its arrival until there is a connection, or will be none. */
interface Handshake {
  readonly address: Address;
  isCounted: boolean;
  /** What tells a response that the TCP connection is closed, where the response is none of Node's. */
  readonly closed: { response: NodeJS.EventEmitter; tell: () => void } | undefined;
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
  private readonly known = new Map<string, Address>();
  /** By the request, and by what tells that it is over. */
  private readonly handshakes = new WeakMap<object, Handshake>();
  /** The addresses of connections. */
  private readonly connections = new WeakMap<object, Address>();
  private isClosing = false;
  /** One function each for all connections; what tells of its end is `this`. */
  private readonly onHandshakeOver: (this: object) => void;
  private readonly onConnectionClosed: (this: object) => void;

  constructor(
    private readonly limits: ResolvedServerLimits,
    private readonly addresses: ClientAddresses,
  ) {
    this.rates = new TokenBuckets({ rate: limits.handshakesPerSecond, burst: limits.handshakeBurst });
    const { connections, handshakes } = this;
    const release = (address: Address | undefined): void => this.release(address);
    this.onHandshakeOver = function () {
      const handshake = handshakes.get(this);
      if (!handshake?.isCounted) return;
      handshake.isCounted = false;
      release(handshake.address);
    };
    this.onConnectionClosed = function () {
      release(connections.get(this));
      connections.delete(this);
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
      engine.on('connection', (connection: { request?: IncomingMessage }) => this.keep(connection));
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
    if ((this.known.get(address)?.count ?? 0) < this.limits.connectionsPerAddress) return undefined;
    return { kind: 'connectionsPerAddress', statusCode: 429, code: 'TOO_MANY_CONNECTIONS', retryAfter: RETRY_AFTER };
  }

  private count(name: string, request: IncomingMessage, response: object): void {
    const handshake = { address: this.add(name), isCounted: true, closed: closedOf(request, response) };
    const end = endOf(request, response);
    this.handshakes.set(request, handshake).set(end, handshake);
    // It happens once; "once" would cost each connection a closure.
    end.on('close', this.onHandshakeOver);
    // It may have hung up while something before this was deciding.
    if (request.socket.destroyed) this.onHandshakeOver.call(end);
  }

  /** Counts a handshake until the connection that it led to is closed. */
  private keep(connection: { request?: IncomingMessage }): void {
    const { request } = connection;
    const handshake = request && this.handshakes.get(request);
    if (!handshake) return;
    // Its client may have hung up before the application had decided.
    this.connections.set(connection, handshake.isCounted ? handshake.address : this.add(handshake.address.name));
    handshake.isCounted = false;
    // The handshake is over, and connections last long: nothing else is kept for it.
    this.handshakes.delete(request);
    if (this.handshakes.delete(request.socket)) request.socket.off('close', this.onHandshakeOver);
    // The websocket handles errors now.
    if (request.socket.listenerCount('error') > 1) request.socket.off('error', ignoreError);
    const { closed } = handshake;
    if (closed?.response.listenerCount('close') === 0) request.socket.off('close', closed.tell);
    (connection as unknown as NodeJS.EventEmitter).on('close', this.onConnectionClosed);
  }

  private add(name: string): Address {
    const address = this.known.get(name) ?? { name, count: 0 };
    this.known.set(name, address);
    address.count++;
    return address;
  }

  private release(address: Address | undefined): void {
    if (!address || --address.count > 0) return;
    if (this.known.get(address.name) === address) this.known.delete(address.name);
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

/**
 * Returns how Engine.IO tells what stands for the response to an upgrade that its connection is closed, which some
 * middlewares wait for: it has begun to listen just before it called the first middleware.
 */
function closedOf({ socket }: IncomingMessage, response: object): Handshake['closed'] {
  if (!(response instanceof EventEmitter) || response === socket || response instanceof ServerResponse)
    return undefined;
  const tell = socket.rawListeners('close').at(-1) as Partial<Record<'listener', unknown>> | undefined;
  return tell?.listener ? { response, tell: tell as () => void } : undefined;
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
  socket.on('error', ignoreError);
  const lines = { ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(body)) };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable)
    socket.write(`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n${head.join('')}\r\n${body}`);
  socket.destroySoon();
}

/** Listens to errors of connections, which would end the process, while nothing else does. */
export function ignoreError(): void {}
