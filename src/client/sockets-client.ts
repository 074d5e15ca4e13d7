import type { Socket } from 'socket.io-client';
import type { RecordId } from '../wire/resource-message.js';
import type { RequestMethod, SocketRequest } from '../wire/socket-request.js';
import { UNSUBSCRIBE_EVENT } from '../wire/unsubscription.js';
import { assertArgument } from './arguments.js';
import type { ClientOptions } from './client.options.js';
import type { ClientResponse } from './client-response.js';
import { Connection } from './connection.js';
import type { ConnectionState } from './connection-state.js';
import type { WhenLost } from './pending-request.js';
import { PendingRequests } from './pending-requests.js';
import { plainData } from './plain-data.js';
import { RepeatedReads } from './repeated-reads.js';
import { assertHeaders, mergeHeaders } from './request-headers.js';
import {
  assertRequestOptions,
  assertUrl,
  assertWaitOptions,
  type ReadOptions,
  readMethod,
  type RequestConfig,
  type RequestOptions,
  type WaitOptions,
} from './request.options.js';
import { assertResource, type ResourceListener, ResourceListeners } from './resource-listeners.js';
import { unsubscriptions } from './unsubscriptions.js';

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

  /** @internal */
  constructor(
    socket: Socket,
    { headers, requestTimeout = DEFAULT_REQUEST_TIMEOUT }: Pick<ClientOptions, 'headers' | 'requestTimeout'>,
  ) {
    this.socket = socket;
    this.headers = { ...headers };
    this.requestTimeout = requestTimeout;
    this.listeners = new ResourceListeners(socket);
    this.connection = new Connection(socket, (state) => this.follow(state));
    this.requests = new PendingRequests(this.connection);
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
    const name = `${method.toUpperCase()} ${url}`;
    const data = plainData(name, given);
    const send = async (whenLost: WhenLost): Promise<ClientResponse<Body>> => {
      assertHeaders(name, this.headers);
      const headers = mergeHeaders(this.headers, options.headers);
      const argument: SocketRequest = { url, headers, ...(data !== undefined && { data }) };
      const answer = this.requests.ask({ event: method, argument, name }, { timeout, signal, whenLost });
      return answer as Promise<ClientResponse<Body>>;
    };
    return repeat ? this.reads.begin(send, repeat, signal) : send('fails');
  }

  private follow({ status, reason }: ConnectionState): void {
    if (status === 'connected') {
      this.requests.sendFirst(() => this.reads.repeat());
    } else if (status === 'closed' && reason) {
      this.requests.end(reason);
    } else if (status === 'reconnecting' && reason) {
      this.requests.lose(reason);
    }
  }
}
