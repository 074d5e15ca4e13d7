import type { Socket } from 'socket.io-client';
import { MUTATION_HEADER } from '../protocol/notes.js';
import type { RecordId } from '../protocol/resource-message.js';
import { REAUTHENTICATE_EVENT, type Expiry } from '../protocol/reauthentication.js';
import { type Revocation, REVOKED_EVENT, UNSUBSCRIBE_EVENT } from '../protocol/subscription.js';
import type { RequestMethod, SocketRequest } from '../protocol/request.js';
import { assertArgument, isRecord } from './assertions.js';
import type { ClientOptions } from './client.options.js';
import type { ClientResponse } from './response.js';
import { Connection, type ConnectionState } from './connection/connection.js';
import { credentialsOf, hasNewer } from './connection/credentials.js';
import { isMutating, Mutations, type MutatingMethod, readMutatingMethod } from './requests/mutations.js';
import type { WhenLost } from './requests/pending-request.js';
import { PendingRequests } from './requests/request-queue.js';
import { plainData } from './requests/request-data.js';
import { RepeatedReads } from './requests/repeated-reads.js';
import type { RequestError } from './request-error.js';
import {
  assertHeaders,
  assertRequestOptions,
  assertUrl,
  assertWaitOptions,
  mergeHeaders,
  readMethod,
  type ReadOptions,
  type RequestConfig,
  type RequestOptions,
  type WaitOptions,
} from './requests/request.options.js';
import { assertResource, type ResourceListener, ResourceListeners, unsubscriptions } from './resource-listeners.js';

const DEFAULT_REQUEST_TIMEOUT = 30_000;

/**
 * A connection to the application: requests to its routes, and what happens to the records that were read by them. `connect()` makes it.
 *
 * Requests that are made while there is no connection wait for it, in their order. What was sent and not answered when the connection went away
 * is never sent again, but for reads that say so (`repeat`); it fails with `CONNECTION_LOST`. Requests that fail reject with a `RequestError`,
 * wrong arguments with a `TypeError` or `RangeError`.
 */
export class SocketsClient {
  /**
   * The socket of socket.io-client, for events of one's own. Do not take all listeners off it: this client's are among them.
   */
  readonly socket: Socket;

  /** Sent with every request from now on; may be changed. A request's own headers win, and `undefined` takes one away. */
  readonly headers: Record<string, string | undefined>;

  private readonly requestTimeout: number;
  private readonly connection: Connection;
  private readonly requests: PendingRequests;
  private readonly reads = new RepeatedReads();
  private readonly listeners: ResourceListeners;
  private readonly mutations: Mutations;

  /** @internal */
  constructor(
    socket: Socket,
    { headers, requestTimeout = DEFAULT_REQUEST_TIMEOUT }: Pick<ClientOptions, 'headers' | 'requestTimeout'>,
  ) {
    this.socket = socket;
    this.headers = { ...headers };
    this.requestTimeout = requestTimeout;
    this.listeners = new ResourceListeners(socket);
    this.mutations = new Mutations(socket);
    this.connection = new Connection(socket, (state) => this.follow(state));
    this.requests = new PendingRequests(this.connection);
    socket.on(REAUTHENTICATE_EVENT, (expiry?: Expiry) => {
      if (expiry?.code === 'EXPIRED') this.answerExpiry(expiry);
    });
  }

  /** The socket's id, as the server knows it: another one after each reconnect, and `undefined` without a connection. */
  get id(): string | undefined {
    return this.socket.id;
  }

  /** How the connection is, and why. */
  get state(): ConnectionState {
    return this.connection.state;
  }

  /**
   * Tells the state at once, and whenever it changes.
   *
   * @returns what ends that
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * const sockets = connect('http://localhost:3000');
   *
   * sockets.onState(({ status, reason }) => {
   *   console.log(status, reason?.message ?? '');
   *   if (reason?.statusCode === 401) console.log('sign in, then sockets.connect()');
   * });
   * ```
   */
  onState(listener: (state: ConnectionState) => void): () => void {
    assertArgument(typeof listener === 'function', 'onState: the listener must be a function');
    return this.connection.onState(listener);
  }

  /** Opens the connection again after it was closed: by `close()`, by a refusal, or by the server. Otherwise it does nothing. */
  connect(): void {
    this.connection.open();
  }

  /**
   * Ends the connection and the repeating of reads. Requests without an answer fail with `CLOSED`. Listeners stay, for a `connect()` to come.
   */
  close(): void {
    this.reads.stop();
    this.connection.close();
  }

  /**
   * Gives the server new credentials for the connection that there is: of the same user, for the requests that follow and for as long as they last. When those of
   * the connection expire, and the option `auth` is a function, this is called by itself.
   *
   * @param auth what stands in the handshake's `auth` from now on; by default, what the option `auth` says now
   * @throws RequestError if there are none, or if the server refuses them; the connection stays until its own end
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * declare function freshToken(): Promise<string>;
   *
   * // By itself:
   * connect('http://localhost:3000', { auth: async (send) => send({ token: await freshToken() }) });
   *
   * // By hand:
   * const sockets = connect('http://localhost:3000', { auth: { token: await freshToken() } });
   * sockets.onState(async ({ status, reason }) => {
   *   if (status === 'connected' && reason?.code === 'EXPIRED') await sockets.reauthenticate({ token: await freshToken() });
   * });
   * ```
   */
  async reauthenticate(auth?: Record<string, unknown>, options: WaitOptions = {}): Promise<void> {
    assertArgument(auth === undefined || isRecord(auth), 'reauthenticate: give it an object such as { token }');
    assertWaitOptions('reauthenticate', options);
    const { socket } = this;
    const { timeout = this.requestTimeout, signal } = options;
    const outgoing = { event: REAUTHENTICATE_EVENT, name: 'reauthenticate' };
    await this.requests.askFirst(outgoing, { timeout, signal }, async () => auth ?? credentialsOf(socket));
    if (auth && !hasNewer(socket)) socket.auth = auth;
    this.connection.renew();
  }

  /**
   * Calls the listener when the user of this client has lost the right to something that it heard of. Nothing more comes of that; whether it may be read still, its
   * route says.
   *
   * @returns what ends that
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * connect('http://localhost:3000').onRevoked((revocation) => {
   *   if ('resource' in revocation) console.log('no more of', revocation.resource, revocation.ids ?? revocation.slice ?? 'at all');
   * });
   * ```
   */
  onRevoked(listener: (revocation: Revocation) => void): () => void {
    return this.listeners.add('on', REVOKED_EVENT, listener);
  }

  /**
   * Reads a route.
   *
   * @param data added to the query
   * @throws RequestError
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * const sockets = connect('http://localhost:3000');
   *
   * function show(cards: string[]): void {
   *   console.log(cards);
   * }
   *
   * const page = new AbortController();
   * const { body } = await sockets.get<string[]>('/boards/7/cards', { done: false }, {
   *   signal: page.signal, // page.abort() ends the repeating, too
   *   repeat: ({ response, error }) => (error ? console.log(error.message) : show(response.body)),
   * });
   * show(body);
   * ```
   */
  get<Body = unknown>(url: string, data?: unknown, options?: ReadOptions<Body>): Promise<ClientResponse<Body>> {
    return this.ask('get', url, data, options);
  }

  /** @throws RequestError */
  post<Body = unknown>(url: string, data?: unknown, options?: RequestOptions): Promise<ClientResponse<Body>> {
    return this.ask('post', url, data, options);
  }

  /** @throws RequestError */
  put<Body = unknown>(url: string, data?: unknown, options?: RequestOptions): Promise<ClientResponse<Body>> {
    return this.ask('put', url, data, options);
  }

  /** @throws RequestError */
  patch<Body = unknown>(url: string, data?: unknown, options?: RequestOptions): Promise<ClientResponse<Body>> {
    return this.ask('patch', url, data, options);
  }

  /** @throws RequestError */
  delete<Body = unknown>(url: string, data?: unknown, options?: RequestOptions): Promise<ClientResponse<Body>> {
    return this.ask('delete', url, data, options);
  }

  /**
   * Changes something by a route, like `post` and the others, and waits until the change has come round: until this client's listeners have heard all that
   * was published of it. Where the server omits this client from its own changes, as it does unless a decorator says `mirror`, that is at once. So it is
   * with a server that does not tell headers of responses (`sendResponseHeaders: false`).
   *
   * @param options `timeout` is for both, the answer and the coming round; so is `signal`
   * @throws RequestError; with the code `NOT_HEARD` if the change was made and its coming round was missed
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * const sockets = connect('http://localhost:3000');
   * const titles = new Map<unknown, unknown>();
   * sockets.on('card', (message) => {
   *   if (message.verb === 'updated') titles.set(message.id, message.data.title);
   * });
   *
   * await sockets.mutate('patch', '/cards/5', { title: 'Ship it' }); // @PublishOnUpdate({ mirror: true })
   * console.log(titles.get(5)); // Ship it
   * ```
   */
  async mutate<Body = unknown>(
    method: MutatingMethod | Uppercase<MutatingMethod>,
    url: string,
    data?: unknown,
    options: RequestOptions = {},
  ): Promise<ClientResponse<Body>> {
    const known = readMutatingMethod(method);
    assertUrl(known, url);
    assertRequestOptions(known, options);
    const { [MUTATION_HEADER]: mutation } = this.headersOf(known, options);
    const headers = { ...options.headers, [MUTATION_HEADER]: mutation };
    const asked = this.ask<Body>(known, url, data, { ...options, headers });
    if (mutation === undefined) return asked;
    const { timeout = this.requestTimeout, signal } = options;
    return this.mutations.comeRound(requestName(known, url), mutation, { timeout, signal }, asked);
  }

  /**
   * Asks for the headers of a read.
   *
   * @throws RequestError
   */
  head(url: string, data?: unknown, options?: ReadOptions<undefined>): Promise<ClientResponse<undefined>> {
    return this.ask('head', url, data, options);
  }

  /** @throws RequestError */
  options<Body = unknown>(url: string, data?: unknown, options?: RequestOptions): Promise<ClientResponse<Body>> {
    return this.ask('options', url, data, options);
  }

  /**
   * Any request, as one object. `get`, `post` and the others are short for this.
   *
   * @throws RequestError
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * const sockets = connect('http://localhost:3000', { headers: { 'accept-language': 'en' } });
   *
   * const { statusCode, headers } = await sockets.request({
   *   method: 'PUT',
   *   url: '/boards/7/cards/5',
   *   data: { title: 'Ship it' },
   *   headers: { 'mutation-id': '81' },
   *   timeout: 5_000,
   *   signal: AbortSignal.timeout(5_000),
   * });
   * console.log(statusCode, headers.location);
   * ```
   */
  async request<Body = unknown>(config: RequestConfig<Body>): Promise<ClientResponse<Body>> {
    assertArgument(typeof config === 'object' && config !== null, 'request: give it an object such as { method, url }');
    const { method, url, data, ...options } = config;
    return this.ask(readMethod(method), url, data, options);
  }

  /**
   * Calls the listener with each message about a resource that this client hears of: it is subscribed by reading. Listeners stay, however often the
   * connection is lost.
   *
   * @returns what ends that
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * interface Card {
   *   id: number;
   *   title: string;
   * }
   *
   * const end = connect('http://localhost:3000').on<Card>('card', (message) => {
   *   if (message.verb === 'updated') console.log(message.id, 'is now', message.data.title);
   *   if (message.verb === 'destroyed') end();
   * });
   * ```
   */
  on<T = Record<string, unknown>>(resource: string, listener: ResourceListener<T>): () => void {
    return this.listeners.add('on', resource, listener);
  }

  /**
   * Like `on`, for the next message only.
   *
   * @returns what ends the waiting for it
   */
  once<T = Record<string, unknown>>(resource: string, listener: ResourceListener<T>): () => void {
    return this.listeners.add('once', resource, listener);
  }

  /** Takes a listener away, as often as it was added, or all of a resource. The subscription stays: that is what `unsubscribe` ends. */
  off<T = Record<string, unknown>>(resource: string, listener?: ResourceListener<T>): void {
    this.listeners.remove(resource, listener);
  }

  /**
   * Ends subscriptions: to these records, or without ids to all of the resource and to the resource itself. More than 1,000 ids are sent in several
   * messages, each of which may fail by itself. A read that is being repeated subscribes
   * again on the next reconnect; its signal ends that.
   *
   * @throws RequestError
   */
  async unsubscribe(resource: string, ids?: RecordId | readonly RecordId[], options: WaitOptions = {}): Promise<void> {
    assertResource('unsubscribe', resource);
    assertWaitOptions('unsubscribe', options);
    const { timeout = this.requestTimeout, signal } = options;
    const name = `unsubscribe ${resource}`;
    await Promise.all(
      unsubscriptions(resource, ids).map((argument) =>
        this.requests.ask({ event: UNSUBSCRIBE_EVENT, argument, name }, { timeout, signal }),
      ),
    );
  }

  /** Reads everything that it is given before it first waits. */
  private async ask<Body>(
    method: RequestMethod,
    url: string,
    given: unknown,
    options: ReadOptions<Body> = {},
  ): Promise<ClientResponse<Body>> {
    assertUrl(method, url);
    assertRequestOptions(method, options);
    const { timeout = this.requestTimeout, signal, repeat } = options;
    const name = requestName(method, url);
    const data = plainData(name, given);
    const send = async (whenLost: WhenLost): Promise<ClientResponse<Body>> => {
      assertHeaders(name, this.headers);
      const argument: SocketRequest = {
        url,
        headers: this.headersOf(method, options),
        ...(data !== undefined && { data }),
      };
      const answer = this.requests.ask({ event: method, argument, name }, { timeout, signal, whenLost });
      return answer as Promise<ClientResponse<Body>>;
    };
    return repeat ? this.reads.begin(send, repeat, signal) : send('fails');
  }

  /** Every change has a name, by which its originator knows it again. */
  private headersOf(method: RequestMethod, { headers }: RequestOptions): Record<string, string> {
    const named = isMutating(method) ? { [MUTATION_HEADER]: newMutationId() } : undefined;
    return mergeHeaders(named, this.headers, headers);
  }

  /** @internal The option `auth` gives no credentials for a connection. */
  fail(error: RequestError): void {
    this.connection.fail(error);
  }

  private answerExpiry(expiry: Expiry): void {
    const { connection, socket } = this;
    if (expiry.grace === 0 || !hasNewer(socket)) return connection.expire(expiry);
    this.reauthenticate().catch(() => connection.expire(expiry));
  }

  private follow({ status, reason }: ConnectionState): void {
    if (status === 'connected') {
      this.requests.sendFirst(() => this.reads.repeat());
    } else if (status === 'closed' && reason) {
      this.requests.end(reason);
      this.mutations.lose(reason);
    } else if (status === 'reconnecting' && reason) {
      this.requests.lose(reason);
      this.mutations.lose(reason);
    }
  }
}

/** As requests are named in errors. */
function requestName(method: RequestMethod, url: string): string {
  return `${method.toUpperCase()} ${url}`;
}

function newMutationId(): string {
  return Math.random().toString(36).slice(2);
}
