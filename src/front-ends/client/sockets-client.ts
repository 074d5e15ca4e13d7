import type { Socket } from 'socket.io-client';
import { parseShapes } from '../../protocol/answer-shape.js';
import {
  CLOSING_EVENT,
  type Closing,
  type DeliveryNote,
  MUTATION_HEADER,
  STALE_EVENT,
  type Staleness,
} from '../../protocol/notes.js';
import {
  formatPosition,
  MISSING_EVENT,
  NOTHING,
  POSITION_EVENT,
  type PositionNote,
  RECOVERED_EVENT,
  type Recovered,
  SINCE_HEADER,
} from '../../protocol/position.js';
import { type Expiry, REAUTHENTICATE_EVENT } from '../../protocol/reauthentication.js';
import {
  type RequestMethod,
  SOCKET_ID_HEADER,
  type SocketRequest,
  type SocketResponse,
} from '../../protocol/request.js';
import {
  RESOURCE_HEADER,
  type Revocation,
  REVOKED_EVENT,
  sliceName,
  UNSUBSCRIBE_EVENT,
  WITHOUT_HEADER,
} from '../../protocol/subscription.js';
import { assertArgument, isRecord } from './assertions.js';
import type { ClientOptions } from './client.options.js';
import { reconnectIn } from './connection/backoff.js';
import { Connection, type ConnectionState } from './connection/connection.js';
import { canRefresh, type CredentialsFailures, credentialsOf } from './connection/credentials.js';
import { Live } from './live/live.js';
import type { SentChange } from './live/optimistic-changes.js';
import { LiveQueries } from './live/live-queries.js';
import { type LiveOptions, readLiveRequest, type LiveRequest, type RowOf } from './live/live.options.js';
import type { LiveRead, LiveReadListeners } from './live/reads/live-read.js';
import { readAfter, type Snapshot } from './live/reads/snapshot.js';
import { type Gap, Recovery } from './positions/recovery.js';
import { type AnyMutatingMethod, isMutating, PendingMutations, readMutatingMethod } from './requests/mutations.js';
import { Readers, type Subscriptions } from './requests/readers.js';
import {
  type ReadSending,
  RepeatedReads,
  type RepeatedResponse,
  type RepeatListener,
} from './requests/repeated-reads.js';
import { copyRequestData } from './requests/request-data.js';
import { RequestQueue } from './requests/request-queue.js';
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
import {
  assertResource,
  type ResourceListener,
  readUnsubscribed,
  ResourceListeners,
  type Unsubscribed,
  unsubscriptions,
} from './resource-listeners.js';
import type { ClientResponse } from './answers/response.js';
import { type Fetch, fetchOver } from './routes/fetch.js';
import { fillPath } from './routes/path.js';

/** What `connect()` passes to the client that it makes. */
interface InternalOptions extends Pick<ClientOptions, 'headers' | 'requestTimeout'> {
  failures: CredentialsFailures;
}

const DEFAULT_REQUEST_TIMEOUT = 30_000;

/**
 * A connection to the application: it sends requests to the routes, and receives messages about the records that they
 * return. `connect()` creates it.
 *
 * Requests that are made without a connection wait for one, in order. A request that was sent but not answered when the
 * connection was lost is not sent again, except for reads with the option `repeat`; it fails with `CONNECTION_LOST`.
 * Failed requests reject with a `RequestError`, invalid arguments with a `TypeError` or `RangeError`.
 */
export class SocketsClient {
  /**
   * The socket of socket.io-client, for events of your own. Do not remove all of its listeners: this client's are among
   * them.
   */
  readonly socket: Socket;

  /** Headers of every request; may be changed. Those of a request itself win, and `undefined` removes one. */
  readonly headers: Record<string, string | undefined>;

  /**
   * The platform's `fetch`, over the socket, for libraries that take one: the routes that they read subscribe this
   * client. It takes urls of the server only, relative or absolute, and bodies of any kind that are not larger than the
   * server accepts.
   *
   * Every answer is a `Response`, also one of 400 and more, a refusal of the connection, or 413. Where nobody has
   * answered it rejects with a `TypeError`, whose `cause` is the `RequestError`; an abort rejects with its reason. The
   * server follows no redirect, sends no streams and keeps the cookies, so `redirect`, `credentials`, `cache` and
   * `mode` are without effect.
   *
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   * import createClient from 'openapi-fetch';
   *
   * interface paths {
   *   '/cards': { get: { responses: { 200: { content: { 'application/json': { id: number; title: string }[] } } } } };
   * }
   *
   * const sockets = connect('http://localhost:3000');
   * const api = createClient<paths>({ baseUrl: 'http://localhost:3000', fetch: sockets.fetch });
   * const { data: cards } = await api.GET('/cards'); // subscribes, if the route does
   * sockets.on('card', (message) => console.log(message, cards?.length));
   * ```
   */
  readonly fetch: Fetch;

  readonly #requestTimeout: number;
  readonly #connection: Connection;
  readonly #requests: RequestQueue;
  readonly #readers: Readers;
  readonly #reads: RepeatedReads;
  readonly #listeners = new ResourceListeners();
  readonly #recovery: Recovery;
  readonly #mutations: PendingMutations;
  readonly #live: LiveQueries;

  /** @internal */
  constructor(socket: Socket, { headers, requestTimeout = DEFAULT_REQUEST_TIMEOUT, failures }: InternalOptions) {
    this.socket = socket;
    this.headers = { ...headers };
    this.fetch = fetchOver(socket, (config) => this.request(config));
    this.#requestTimeout = requestTimeout;
    this.#connection = new Connection(socket, (state) => this.#onTransition(state), failures.renew);
    this.#requests = new RequestQueue(this.#connection);
    failures.listener = (error) => this.#connection.failed(error);
    const release = (unheld: Subscriptions): Promise<void> => this.#release(unheld, {});
    this.#readers = new Readers(release);
    const reads = {
      haveRead: (resource: string) => this.#reads.haveRead(resource),
      repeatReadsOf: (resource: string) => this.#reads.repeatReadsOf(resource),
    };
    this.#recovery = new Recovery(reads, (question, take) => void socket.emit(MISSING_EVENT, question, take));
    this.#reads = new RepeatedReads(this.#readers, this.#recovery.resumptions, release);
    this.#mutations = new PendingMutations(socket, (handOn) => this.#recovery.afterHeld(handOn));
    this.#live = this.#liveQueries();
    this.#listen(socket);
  }

  /**
   * What the instance is called. Also keeps Vue from putting it into a proxy, which has no access to private fields.
   */
  get [Symbol.toStringTag](): string {
    return 'SocketsClient';
  }

  /** The id of the socket on the server. It changes with each reconnect, and is `undefined` without a connection. */
  get id(): string | undefined {
    return this.socket.id;
  }

  /**
   * Returns the headers that a request over HTTP should carry, for `fetch`, axios and the like: `x-socket-id`, so that
   * this client does not receive its own change and is subscribed by its own read, and a new `mutation-id`. Without a
   * connection there is no socket to name. Call it for each request, since both change.
   *
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * const sockets = connect('http://localhost:3000');
   * const form = new FormData();
   * form.append('picture', new Blob(['…']));
   * const url = 'http://localhost:3000/cards/5/picture';
   * await fetch(url, { method: 'PUT', body: form, headers: sockets.httpHeaders() });
   * ```
   */
  httpHeaders(): Record<string, string> {
    return { ...(this.id && { [SOCKET_ID_HEADER]: this.id }), [MUTATION_HEADER]: newMutationId() };
  }

  /** The state of the connection, and the reason for it. */
  get state(): ConnectionState {
    return this.#connection.state;
  }

  /**
   * Calls the listener with the current state, and then whenever it changes.
   *
   * @returns a function that removes the listener
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
    return this.#connection.onState(listener);
  }

  /**
   * Opens the connection again if it was closed, by `close()`, by a refusal or by the server. Otherwise it does
   * nothing.
   */
  connect(): void {
    this.#connection.open();
  }

  /**
   * Closes the connection and stops repeating reads. Unanswered requests fail with `CLOSED`. Listeners stay, for the
   * next `connect()`.
   */
  close(): void {
    this.#live.close();
    this.#reads.stop();
    this.#connection.close();
  }

  /**
   * Sends new credentials of the same user to the server; they count for the requests that follow, for as long as they
   * are valid. Where sign-in is optional, those of a user sign in, and those of nobody, such as `{}`, sign out. When
   * the credentials of the connection expire, and the option `auth` is a function, the client calls this itself. A
   * connection that was closed because its credentials were refused is opened again.
   *
   * @param auth the handshake's `auth` from now on; by default, what the option `auth` gives now
   * @throws RequestError if there are none, or if the server refuses them; the connection then lasts until its
   * credentials expire
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * declare function freshToken(): Promise<string>;
   *
   * // Automatically:
   * connect('http://localhost:3000', { auth: async (send) => send({ token: await freshToken() }) });
   *
   * // Manually:
   * const sockets = connect('http://localhost:3000', { auth: { token: await freshToken() } });
   * sockets.onState(async ({ status, reason }) => {
   *   if (status !== 'connected' || reason?.code !== 'EXPIRED') return;
   *   await sockets.reauthenticate({ token: await freshToken() });
   * });
   * ```
   */
  async reauthenticate(auth?: Record<string, unknown>, options: WaitOptions = {}): Promise<void> {
    assertArgument(
      auth === undefined || isRecord(auth),
      'reauthenticate: the credentials must be an object such as { token }',
    );
    assertWaitOptions('reauthenticate', options);
    const { socket } = this;
    const { timeout = this.#requestTimeout, signal } = options;
    if (this.#connection.isRefused) {
      if (auth && !canRefresh(socket)) socket.auth = auth;
      this.connect();
    }
    const outgoing = { event: REAUTHENTICATE_EVENT, name: 'reauthenticate' };
    await this.#requests.sendFirst(outgoing, { timeout, signal }, async () => auth ?? credentialsOf(socket));
    if (auth && !canRefresh(socket)) socket.auth = auth;
    this.#connection.renewed();
  }

  /**
   * Calls the listener when this client's user has lost the right to something that it was subscribed to. No more
   * messages about it follow. Whether the user may still read it is up to its route.
   *
   * @returns a function that removes the listener
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * connect('http://localhost:3000').onRevoked((revocation) => {
   *   if (!('resource' in revocation)) return;
   *   console.log('no more of', revocation.resource, revocation.ids ?? revocation.slice ?? 'at all');
   * });
   * ```
   */
  onRevoked(listener: (revocation: Revocation) => void): () => void {
    return this.#listeners.add('on', REVOKED_EVENT, listener);
  }

  /**
   * Calls the listener when this client has not been sent all messages about a resource, since it did not take them as
   * fast as they were published (`overload: 'refetch'`). Reads with `repeat` are repeated by themselves; what else
   * shows the resource should read again.
   *
   * @returns a function that removes the listener
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * const sockets = connect('http://localhost:3000');
   * sockets.onStale(async ({ resource }) => {
   *   if (resource === 'card') console.log(await sockets.get('/boards/7/cards'));
   * });
   * ```
   */
  onStale(listener: (staleness: Staleness) => void): () => void {
    return this.#listeners.add('on', STALE_EVENT, listener);
  }

  /**
   * Calls the listener when messages about a resource were missing: they came late, or the connection was lost. Those
   * that the server still had have been handed on, in order (`recovered: true`). Otherwise reads with `repeat` are
   * repeated by themselves, and what else shows the resource should read again.
   *
   * @returns a function that removes the listener
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * const sockets = connect('http://localhost:3000');
   * sockets.onGap(async ({ resource, recovered }) => {
   *   if (resource === 'card' && !recovered) console.log(await sockets.get('/boards/7/cards'));
   * });
   * ```
   */
  onGap(listener: (gap: Gap) => void): () => void {
    assertArgument(typeof listener === 'function', 'onGap: the listener must be a function');
    return this.#recovery.onGap(listener);
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
  get<Body = unknown>(
    url: string,
    data: unknown,
    options: ReadOptions<Body> & { repeat: RepeatListener<Body> },
  ): Promise<RepeatedResponse<Body>>;
  get<Body = unknown>(url: string, data?: unknown, options?: ReadOptions<Body>): Promise<ClientResponse<Body>>;
  get<Body = unknown>(url: string, data?: unknown, options?: ReadOptions<Body>): Promise<ClientResponse<Body>> {
    return this.#send('get', url, data, options);
  }

  /**
   * Reads a route, and keeps what it answers in step with the server: every change of the records in it is applied, in
   * the body's own shape, also across reconnects. What cannot be applied with certainty is read again. Equal queries
   * share one read and one subscription.
   *
   * @param url a path with or without parameters, `:boardId`, that the option `params` fills
   * @throws TypeError, RangeError if an argument is invalid
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * interface Card {
   *   id: number;
   *   title: string;
   *   position: number;
   * }
   *
   * const sockets = connect('http://localhost:3000');
   * const cards = sockets.live<Card[]>('/boards/:boardId/cards', {
   *   params: { boardId: 7 },
   *   compare: (one, other) => one.position - other.position,
   * });
   * const stop = cards.subscribe(({ data = [], status }) => console.log(status, data.length));
   * console.log(await cards.ready());
   * stop();
   * ```
   */
  live<Body = unknown, Row = RowOf<Body>>(url: string, options: LiveOptions<Row, Body> = {}): Live<Body> {
    return new Live<Body>(this.#live, readLiveRequest(url, options));
  }

  /** @throws RequestError */
  post<Body = unknown>(url: string, data?: unknown, options?: RequestOptions): Promise<ClientResponse<Body>> {
    return this.#send('post', url, data, options);
  }

  /** @throws RequestError */
  put<Body = unknown>(url: string, data?: unknown, options?: RequestOptions): Promise<ClientResponse<Body>> {
    return this.#send('put', url, data, options);
  }

  /** @throws RequestError */
  patch<Body = unknown>(url: string, data?: unknown, options?: RequestOptions): Promise<ClientResponse<Body>> {
    return this.#send('patch', url, data, options);
  }

  /** @throws RequestError */
  delete<Body = unknown>(url: string, data?: unknown, options?: RequestOptions): Promise<ClientResponse<Body>> {
    return this.#send('delete', url, data, options);
  }

  /**
   * Sends a request that changes something, like `post` and the others, and waits until this client's listeners have
   * heard everything that was published about the change. There is nothing to wait for if the server omits this client
   * from its own changes, as it does unless a decorator says `mirror`, or if it sends no response headers
   * (`sendResponseHeaders: false`).
   *
   * @param options `timeout` and `signal` cover both the response and the publications
   * @throws RequestError; with the code `NOT_HEARD` if the change was made, but what it published was not heard
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
    method: AnyMutatingMethod,
    url: string,
    data?: unknown,
    options: RequestOptions = {},
  ): Promise<ClientResponse<Body>> {
    return this.#mutate(method, url, data, options).heard as Promise<ClientResponse<Body>>;
  }

  #mutate(method: AnyMutatingMethod, url: string, data: unknown, options: RequestOptions): SentChange {
    const known = readMutatingMethod(method);
    assertUrl(known, url);
    assertRequestOptions(known, options);
    const { [MUTATION_HEADER]: mutation } = this.#headersOf(known, options);
    const headers = { ...options.headers, [MUTATION_HEADER]: mutation };
    const answer = this.#send(known, url, data, { ...options, headers });
    const { timeout = this.#requestTimeout, signal } = options;
    const name = requestName(known, url);
    const isNamed = mutation !== undefined;
    const heard = isNamed ? this.#mutations.untilHeard(name, mutation, { timeout, signal }, answer) : answer;
    return { id: mutation, heard };
  }

  /**
   * Requests the headers of a read.
   *
   * @throws RequestError
   */
  head(url: string, data?: unknown, options?: ReadOptions<undefined>): Promise<ClientResponse<undefined>> {
    return this.#send('head', url, data, options);
  }

  /** @throws RequestError */
  options<Body = unknown>(url: string, data?: unknown, options?: RequestOptions): Promise<ClientResponse<Body>> {
    return this.#send('options', url, data, options);
  }

  /**
   * Sends any request, given as one object. `get`, `post` and the others are shorthand for this.
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
    assertArgument(
      typeof config === 'object' && config !== null,
      'request: the argument must be an object such as { method, url }',
    );
    const { method, url, data, ...options } = config;
    return this.#send(readMethod(method), url, data, options);
  }

  /**
   * Calls the listener with each message about a resource that this client has subscribed to by reading. Listeners
   * survive reconnects.
   *
   * @returns a function that removes the listener
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
    return this.#listeners.add('on', resource, listener);
  }

  /**
   * Like `on`, for the next message only.
   *
   * @returns a function that removes the listener
   */
  once<T = Record<string, unknown>>(resource: string, listener: ResourceListener<T>): () => void {
    return this.#listeners.add('once', resource, listener);
  }

  /**
   * Removes a listener, however often it was added, or all listeners to a resource. To end the subscription, use
   * `unsubscribe`.
   */
  off<T = Record<string, unknown>>(resource: string, listener?: ResourceListener<T>): void {
    this.#listeners.remove(resource, listener);
  }

  /**
   * Ends the subscriptions to these records or, without ids, to all records of the resource and to the resource itself,
   * unless another reader has them, too. With the values of a slice, such as `{ authorId: 7 }`, the connection no
   * longer watches that slice, whoever has read it, and keeps all others.
   *
   * Each read with `repeat` is a reader, until its signal is aborted; all reads without it are one more. A call gives
   * up the share of one reader: of one whose signal was aborted, if there is one, so abort it before. What others have
   * read stays subscribed. `unsubscribe()` of the response of a read with `repeat` gives up just what that read has.
   *
   * More than 1,000 ids are sent in several messages, each of which may fail on its own. A repeated read subscribes
   * again to records on the next reconnect, which its signal ends; a slice that was ended it leaves out.
   *
   * @throws RequestError
   * @example
   * ```ts
   * import { connect } from 'nestjs-sockets/client';
   *
   * const sockets = connect('http://localhost:3000');
   * await sockets.get('/articles/feed'); // of all authors whom this user follows
   * await sockets.unsubscribe('article', { authorId: 7 }); // the user no longer follows this one
   * ```
   */
  async unsubscribe(resource: string, what?: Unsubscribed, options: WaitOptions = {}): Promise<void> {
    assertResource('unsubscribe', resource);
    assertWaitOptions('unsubscribe', options);
    const given = { resource, ...readUnsubscribed(what) };
    if (given.slice) {
      this.#readers.giveUpSlice(given);
      this.#reads.leaveOut(sliceName(resource, given.slice));
      return this.#release(given, options);
    }
    const unheld = this.#readers.giveUp(given);
    if (unheld) await this.#release(unheld, options);
  }

  async #release(ended: Subscriptions, options: WaitOptions): Promise<void> {
    const { timeout = this.#requestTimeout, signal } = options;
    const name = `unsubscribe ${ended.resource}`;
    await Promise.all(
      unsubscriptions(ended).map((argument) =>
        this.#requests.send({ event: UNSUBSCRIBE_EVENT, argument, name }, { timeout, signal }),
      ),
    );
  }

  async #send<Body>(
    method: RequestMethod,
    path: string,
    given: unknown,
    options: ReadOptions<Body> = {},
  ): Promise<ClientResponse<Body>> {
    const { key, send } = this.#sender<Body>(method, path, given, options);
    const { signal, repeat } = options;
    if (!isRead(method)) return send({});
    if (repeat) return this.#reads.start({ key, listener: repeat, signal, send });
    return this.#readers.readForRest(
      key,
      () => signal?.aborted ?? false,
      (onLateAnswer) => send({ onLateAnswer }),
    );
  }

  /** Returns what sends a request. Checks and copies all arguments at once. */
  #sender<Body>(
    method: RequestMethod,
    path: string,
    given: unknown,
    options: ReadOptions<Body>,
  ): { key: string; send: (sending: ReadSending) => Promise<ClientResponse<Body>> } {
    assertUrl(method, path);
    assertRequestOptions(method, options);
    const url = fillPath(method, path, options.params);
    const { timeout = this.#requestTimeout, signal } = options;
    const name = requestName(method, url);
    const data = copyRequestData(name, given);
    const send = async (sending: ReadSending): Promise<ClientResponse<Body>> => {
      const { without = [], resumption, since = resumption?.since, ...more } = sending;
      assertHeaders(name, this.headers);
      const headers = {
        ...this.#headersOf(method, options),
        ...(without.length > 0 && { [WITHOUT_HEADER]: without.join(', ') }),
        ...(isRead(method) && { [SINCE_HEADER]: since ? formatPosition(since) : NOTHING }),
      };
      const argument: SocketRequest = { url, headers, ...(data !== undefined && { data }) };
      const onAnswer = (response: SocketResponse): void => {
        this.#listeners.learn(...parseShapes(response.headers[RESOURCE_HEADER]).map(({ resource }) => resource));
        this.#recovery.answered(response, resumption, since);
      };
      const answer = this.#requests.send({ event: method, argument, name }, { timeout, signal, onAnswer, ...more });
      return answer as Promise<ClientResponse<Body>>;
    };
    return { key: JSON.stringify([name, data, options.headers]), send };
  }

  #liveQueries(): LiveQueries {
    const queries = new LiveQueries({
      status: () => this.state.status,
      mutate: (...change) => this.#mutate(...change),
      open: (request, heard, snapshot) => this.#openLive(request, heard, snapshot),
      afterMissed: (response, then) => this.#recovery.afterMissed(response, then),
      afterHeld: (then) => this.#recovery.afterHeld(then),
    });
    this.#recovery.onGap(({ resource, recovered }) => {
      if (!recovered) queries.lost(resource);
    });
    return queries;
  }

  #openLive({ url, query }: LiveRequest, { onSent, onRepetition }: LiveReadListeners, snapshot?: Snapshot): LiveRead {
    const { key, send: get } = this.#sender('get', url, query, {});
    const head = this.#sender('head', url, query, {}).send;
    const send = readAfter(snapshot, head, (how) => get({ ...how, onSent }));
    const read = this.#reads.open({ key, send, listener: onRepetition, seesMessages: true });
    let isAnswered = false;
    let hasEnded = false;
    // Without a connection, there is no subscription to end.
    const unsubscribe = (): void => void read.unsubscribe().catch(() => undefined);
    const end = (): void => {
      hasEnded = true;
      if (isAnswered) unsubscribe();
    };
    return {
      start: async () => {
        const response = await read.start();
        isAnswered = true;
        // What it has subscribed to is known now.
        if (hasEnded) unsubscribe();
        return response;
      },
      again: () => read.again(),
      replace: () => (isAnswered ? read.replace() : end()),
      end,
    };
  }

  /** Merges the headers of a request. Every mutation gets an id, so that its sender recognizes what it published. */
  #headersOf(method: RequestMethod, { headers }: RequestOptions): Record<string, string> {
    const named = isMutating(method) ? { [MUTATION_HEADER]: newMutationId() } : undefined;
    return mergeHeaders(named, this.headers, headers);
  }

  #listen(socket: Socket): void {
    // In front of the application's listeners, so that one of them that throws changes nothing.
    socket.prependAny((event: string, ...args: unknown[]) => {
      const note = args[1] as Partial<DeliveryNote> | null | undefined;
      if (note?.more === true) this.#reads.repeatBlindReadsOf(event);
      const handOn = (): void => {
        this.#live.receive(event, args[0], note);
        this.#listeners.handOn(event, args);
      };
      // It follows what was sent before it.
      if (event === REVOKED_EVENT)
        this.#recovery.afterHeld(handOn, (args[0] as { resource?: string } | null)?.resource);
      else this.#recovery.receive(event, note, handOn);
    });
    socket.on(POSITION_EVENT, (note?: Partial<PositionNote> | null) => {
      const { resource } = note ?? {};
      if (resource) this.#recovery.receive(resource, note, () => this.#live.receive(resource, undefined, note));
    });
    socket.on(REVOKED_EVENT, (revocation?: Revocation | null) => {
      if (revocation) this.#live.revoked(revocation);
    });
    socket.on(RECOVERED_EVENT, (recovered?: Partial<Recovered> | null) => this.#recovery.recovered(recovered));
    socket.on(STALE_EVENT, (staleness?: Partial<Staleness> | null) => {
      const { resource } = staleness ?? {};
      if (!resource) return;
      this.#recovery.cutOff(resource);
      this.#live.lost(resource);
      this.#reads.repeatReadsOf(resource);
    });
    socket.on(CLOSING_EVENT, (closing?: Partial<Closing> | null) => {
      if (Number.isFinite(closing?.reconnectIn)) reconnectIn(socket.io, closing?.reconnectIn as number);
    });
    socket.on(REAUTHENTICATE_EVENT, (expiry?: Expiry) => {
      if (expiry?.code === 'EXPIRED') this.#onExpiry(expiry);
    });
  }

  #onExpiry(expiry: Expiry): void {
    const { socket } = this;
    const connection = this.#connection;
    if (expiry.grace === 0 || !canRefresh(socket)) return connection.expired(expiry);
    this.reauthenticate().catch(() => connection.expired(expiry));
  }

  #onTransition({ status, reason }: ConnectionState): void {
    if (status === 'connected') {
      this.#requests.connected(() => this.#recovery.connected(() => this.#reads.repeat()));
    } else if (status !== 'connecting' && reason) {
      this.#readers.lost();
      this.#reads.lost();
      this.#recovery.lost();
      if (status === 'closed') this.#requests.closed(reason);
      else this.#requests.lost(reason);
      this.#mutations.lost(reason);
    }
    this.#live.connectionChanged({ status, reason });
  }
}

/** Names the request as errors do. */
function requestName(method: RequestMethod, url: string): string {
  return `${method.toUpperCase()} ${url}`;
}

function isRead(method: RequestMethod): boolean {
  return method === 'get' || method === 'head';
}

function newMutationId(): string {
  return Math.random().toString(36).slice(2);
}
