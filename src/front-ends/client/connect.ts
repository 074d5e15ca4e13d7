import { io } from 'socket.io-client';
import { assertArgument } from './assertions.js';
import { assertClientOptions, type ClientOptions } from './client.options.js';
import { authCallback, CredentialsFailures } from './connection/credentials.js';
import type { LiveMethods } from './live/typed-live.js';
import type { EventMethods, KnownTypes, RouteMethods } from './routes/typed-methods.js';
import { SocketsClient } from './sockets-client.js';

/** The client of an application whose routes and resources are known to the compiler: `connect<Api, Events>()`. */
export type TypedClient<Api, Events = unknown> = KnownTypes<Api, Events> &
  Omit<SocketsClient, keyof (RouteMethods<Api> & LiveMethods<Api> & EventMethods<Events>)> &
  (unknown extends Api
    ? Pick<SocketsClient, keyof (RouteMethods<Api> & LiveMethods<Api>)>
    : RouteMethods<Api> & LiveMethods<Api>) &
  (unknown extends Events ? Pick<SocketsClient, keyof EventMethods<Events>> : EventMethods<Events>);

/**
 * Connects to an application that imports `SocketsModule`.
 *
 * @param url the server, with or without a namespace: `https://example.com/admin`. By default, and for a path alone, it
 * is the server that the page came from
 * @throws TypeError, RangeError if an argument is invalid
 * @example
 * ```ts
 * import { connect } from 'nestjs-sockets/client';
 *
 * interface Card {
 *   id: number;
 *   title: string;
 * }
 *
 * const sockets = connect('http://localhost:3000', { auth: { token: 'secret' } });
 * const { body: cards } = await sockets.get<Card[]>('/boards/7/cards'); // a route that subscribes its readers
 * console.log(cards.length);
 * sockets.on<Card>('card', (message) => {
 *   if (message.verb === 'created') console.log('new:', message.data.title);
 * });
 * ```
 */
export function connect(url?: string, options?: ClientOptions): SocketsClient;
export function connect(options: ClientOptions): SocketsClient;
/**
 * Connects to an application whose routes are known to the compiler: a path that does not exist, a parameter that is
 * missing and a field that no answer has are errors, and bodies are what JSON makes of them.
 *
 * @typeParam Api the routes: a method of a controller by HTTP method and path
 * @typeParam Events the records of resources, by the resource's name: their type, the class or the schema of their view
 * @throws TypeError, RangeError if an argument is invalid
 * @example
 * ```ts
 * import { connect } from 'nestjs-sockets/client';
 *
 * // On the server
 * class Card {
 *   id = 1;
 *   title = '';
 *   due = new Date();
 * }
 * class CardsController {
 *   async find(boardId: number): Promise<Card[]> {
 *     return boardId > 0 ? [new Card()] : [];
 *   }
 * }
 *
 * // On the client, which imports types only
 * interface Api {
 *   'GET /boards/:boardId/cards': CardsController['find'];
 * }
 *
 * const sockets = connect<Api, { card: Card }>('http://localhost:3000');
 * const { body } = await sockets.get('/boards/:boardId/cards', undefined, { params: { boardId: 7 } });
 * console.log(body[0]?.due.slice(0, 10)); // a string
 * sockets.on('card', (message) => message.verb === 'created' && console.log(message.data.title));
 * ```
 */
export function connect<Api, Events = unknown>(url?: string, options?: ClientOptions): TypedClient<Api, Events>;
export function connect<Api, Events = unknown>(options: ClientOptions): TypedClient<Api, Events>;
export function connect(first?: string | ClientOptions, second?: ClientOptions): SocketsClient {
  const [url, options = {}] = typeof first === 'object' ? [undefined, first] : [first, second];
  assertAddress(url);
  assertClientOptions(options);
  const { headers, requestTimeout, auth, ...others } = options;
  const failures = new CredentialsFailures();
  const socketOptions = {
    ...others,
    ...(auth && { auth: typeof auth === 'function' ? authCallback(auth, failures) : auth }),
  };
  const socket = url === undefined ? io(socketOptions) : io(url, socketOptions);
  return new SocketsClient(socket, { headers, requestTimeout, failures });
}

function assertAddress(url: unknown): asserts url is string | undefined {
  const isOnPage = 'location' in globalThis;
  const [, scheme] = (typeof url === 'string' && /^(\w+):\/\/[^/]/.exec(url)) || [];
  const isAbsolute = scheme !== undefined && /^(https?|wss?)$/.test(scheme);
  const isRelative = isOnPage && (url === undefined || (typeof url === 'string' && url !== '' && !url.includes('://')));
  assertArgument(
    isAbsolute || isRelative,
    `connect: the url must be that of the server, such as "http://localhost:3000", or with a namespace ` +
      `"http://localhost:3000/admin"${isOnPage ? '' : '. It may be left out only on a page'}`,
  );
}
