import type { Server } from 'node:http';
import type { Socket } from 'socket.io';
import { CookieJar } from './cookie-jar.js';
import { joinWrites, Outlet } from './write-buffer.js';
import { PendingRequests } from './pending/pending-requests.js';
import { handshakeHeaders, mergeHeaders, type RequestHeaders } from './packet/request-headers.js';
import type { RequestPacket } from './packet/request-packet.js';
import { RequestSlots } from './pending/request-slots.js';
import { pathOf } from './packet/request-url.js';
import type { ResolvedSocketRequestsOptions } from './requests.options.js';
import { refusalOfSdk } from './sails/sails-sdk.js';
import { VirtualConnections } from './virtual-http/virtual-connection.js';
import type { RequestLine } from './virtual-http/virtual-request.js';
import type { WrittenResponse } from './virtual-http/virtual-response.js';

/** What the sockets of one connection share, in whichever namespaces they are. */
interface Connection {
  cookies: CookieJar;
  slots: RequestSlots;
  outlet: Outlet;
}

const connections = new WeakMap<object, Connection>();

/** A socket that sends requests: who it is, as its handshake says and as answers have changed it since. */
export class SocketCaller {
  readonly slots: RequestSlots;
  readonly outlet: Outlet;
  readonly pending = new PendingRequests();
  readonly connections: VirtualConnections;
  /** Why none of its requests is read, if its client is too old. */
  readonly refusal: Error | undefined;
  private readonly cookies: CookieJar;
  private headers: RequestHeaders;
  private readonly withoutSession: boolean;

  constructor(
    readonly socket: Socket,
    server: Server,
    options: ResolvedSocketRequestsOptions,
  ) {
    const { cookies, slots, outlet } = connectionOf(socket, options);
    this.outlet = outlet;
    this.cookies = cookies;
    this.slots = slots;
    this.connections = new VirtualConnections(socket.handshake, server);
    this.headers = handshakeHeaders(socket);
    this.withoutSession = isOn(socket.handshake.query.nosession) || isOn(this.headers.nosession);
    this.refusal = refusalOfSdk(socket);
  }

  /** The request as it reaches the application. */
  line({ method, url, headers, body }: RequestPacket): RequestLine {
    const merged = mergeHeaders(this.headers, headers);
    const cookie = this.keepsCookies(headers) ? this.cookies.headerFor(pathOf(url)) : undefined;
    if (cookie !== undefined) merged.cookie = cookie;
    return { method, url, headers: merged, body };
  }

  /** It has new credentials. */
  renew(): void {
    this.headers = handshakeHeaders(this.socket);
  }

  /** The client is gone: the application sees its connections close, as it does when an HTTP client hangs up. */
  leave(): void {
    this.pending.abandonAll();
    this.connections.close();
  }

  /** Cookies that the answer sets belong to the connection from now on. */
  remember({ url, headers }: RequestPacket, response: WrittenResponse): void {
    if (this.keepsCookies(headers)) this.cookies.store(response.headers['set-cookie'], pathOf(url));
  }

  /** `nosession`, of the connection or of the request: without cookies there is no session. */
  private keepsCookies({ nosession }: RequestPacket['headers']): boolean {
    return !this.withoutSession && !isOn(nosession);
  }
}

function connectionOf(socket: Socket, { concurrency, queue }: ResolvedSocketRequestsOptions): Connection {
  const { client, handshake } = socket;
  const known = connections.get(client);
  if (known) return known;
  joinWrites(socket);
  const connection = {
    cookies: new CookieJar(handshake.headers.cookie),
    slots: new RequestSlots(concurrency, queue),
    outlet: new Outlet(socket),
  };
  connections.set(client, connection);
  return connection;
}

function isOn(value: unknown): boolean {
  return value !== undefined && value !== null && value !== 'false';
}
