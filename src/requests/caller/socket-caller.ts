import { HttpStatus } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { connectionState, forgetState } from '../../connections/connection-state.js';
import { userOf } from '../../connections/identities.js';
import { Slot } from '../../server/state.js';
import type { HeaderRules } from '../packet/header-rules.js';
import { mergeHeaders, type PacketHeaders, type RequestHeaders } from '../packet/request-headers.js';
import type { ParsedRequest } from '../packet/request-packet.js';
import { pathOf } from '../packet/request-url.js';
import { RequestRefusal } from '../request-refusal.js';
import type { ResolvedSocketRequestsOptions } from '../requests.options.js';
import { sdkRefusal } from '../sails/sails-sdk.js';
import type { VirtualConnections } from '../virtual-http/virtual-connection.js';
import type { WrittenResponse } from '../virtual-http/virtual-response.js';
import { CookieJar } from './cookie-jar.js';
import { PendingRequests } from './pending-requests.js';
import { RequestSlots } from './request-slots.js';
import type { RequestTurns } from './request-turns.js';

/** What the sockets of one connection share, whatever their namespaces. */
interface SharedByConnection {
  cookies: CookieJar;
  slots: RequestSlots;
  /** How many of the sockets are callers now. */
  callers: number;
}

const shared = new Slot<SharedByConnection | undefined>(() => undefined);

/** A socket that sends requests: its headers and cookies, from the handshake and as changed since, and its requests. */
export class SocketCaller {
  /** Whether it has sent a request since it was last looked at, and whether it is about to be looked at. */
  isUsed = false;
  isAwaited = false;
  readonly slots: RequestSlots;
  readonly pending = new PendingRequests();
  /** Why none of its requests is read, if its client is too old. */
  readonly refusal: Error | undefined;
  private readonly cookies: CookieJar;
  private headers: RequestHeaders;
  private readonly withoutSession: boolean;

  constructor(
    readonly socket: Socket,
    readonly connections: VirtualConnections,
    private readonly rules: HeaderRules,
    options: ResolvedSocketRequestsOptions,
    turns: RequestTurns,
  ) {
    const known = sharedBy(socket, options, turns);
    known.callers++;
    this.cookies = known.cookies;
    this.slots = known.slots;
    this.headers = rules.ofHandshake(socket);
    const { headers, query } = socket.handshake;
    this.withoutSession = isOn(query.nosession) || isOn(headers.nosession);
    this.refusal = sdkRefusal(socket);
  }

  /**
   * Returns the headers that a request has in the application: those of the handshake, of the request, and the cookies.
   *
   * @throws RequestRefusal if the request brings credentials to a connection whose user is known
   */
  headersFor({ url, headers }: ParsedRequest): RequestHeaders {
    const merged = mergeHeaders(this.headers, headers);
    const authorization = this.credentialsFor(headers);
    if (authorization === undefined) delete merged.authorization;
    else merged.authorization = authorization;
    const cookie = this.keepsCookies(headers) ? this.cookies.headerFor(pathOf(url)) : undefined;
    if (cookie !== undefined) merged.cookie = cookie;
    return merged;
  }

  /** Keeps the cookies that a response sets: from now on they belong to the connection. */
  storeCookies({ url, headers }: ParsedRequest, response: WrittenResponse): void {
    if (this.keepsCookies(headers)) this.cookies.store(response.headers['set-cookie'], pathOf(url));
  }

  /** Reads the handshake again, which has new credentials now. */
  renewCredentials(): void {
    this.headers = this.rules.ofHandshake(this.socket);
  }

  /** Whether nothing is under way, and nothing waits for its client. */
  get isIdle(): boolean {
    return this.pending.isEmpty && this.slots.isEmpty;
  }

  /**
   * Aborts everything: the application sees its connections close, as it does when an HTTP client hangs up. Cookies
   * that responses have set stay with the connection.
   */
  end(): void {
    this.pending.abandonAll();
    this.connections.close();
    const known = connectionState(this.socket).get(shared);
    if (known && --known.callers === 0 && !known.cookies.isChanged) forgetState(this.socket, shared);
  }

  /**
   * Returns the credentials of a request. Those of the handshake count for all requests. Where it has none, as that of
   * a browser that opens a websocket, a request may bring its own; they say who sends this one request, and never who
   * the connection is.
   */
  private credentialsFor({ authorization: own }: PacketHeaders): string | undefined {
    const { authorization: ofHandshake } = this.headers;
    if (own === undefined || own === null || own === '') return ofHandshake;
    if (ofHandshake !== undefined) {
      if (own !== ofHandshake) this.rules.warnOfPacket('authorization');
      return ofHandshake;
    }
    if ((userOf(this.socket) ?? undefined) === undefined) return own;
    throw new RequestRefusal(
      HttpStatus.FORBIDDEN,
      'The user of this connection is known, so a request over it cannot bring the header Authorization. Connect ' +
        'with that token, as the "token" of the handshake\'s "auth", or leave the header out.',
    );
  }

  /** Whether `nosession` is absent, from the connection and from the request: without cookies there is no session. */
  private keepsCookies({ nosession }: ParsedRequest['headers']): boolean {
    return !this.withoutSession && !isOn(nosession);
  }
}

function sharedBy(
  socket: Socket,
  { concurrency, queue }: ResolvedSocketRequestsOptions,
  turns: RequestTurns,
): SharedByConnection {
  const state = connectionState(socket);
  const known = state.get(shared);
  if (known) return known;
  const created = {
    cookies: new CookieJar(socket.handshake.headers.cookie),
    slots: new RequestSlots(socket.conn, concurrency, queue, turns),
    callers: 0,
  };
  state.set(shared, created);
  return created;
}

function isOn(value: unknown): boolean {
  return value !== undefined && value !== null && value !== 'false';
}
