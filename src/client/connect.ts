import { io } from 'socket.io-client';
import { assertArgument } from './assertions.js';
import { assertClientOptions, type ClientOptions } from './client.options.js';
import { forSocketIo } from './connection/credentials.js';
import { SocketsClient } from './sockets-client.js';

/**
 * Connects to an application that imports `SocketsModule`.
 *
 * @param url the server, with a namespace or without: `https://example.com/admin`. By default, and for a path alone, the one the page came from
 * @throws TypeError, RangeError if an argument cannot be meant
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
export function connect(first?: string | ClientOptions, second?: ClientOptions): SocketsClient {
  const [url, options = {}] = typeof first === 'object' ? [undefined, first] : [first, second];
  assertAddress(url);
  assertClientOptions(options);
  const { headers, requestTimeout, auth, ...others } = options;
  const socketOptions = {
    ...others,
    ...(auth && { auth: typeof auth === 'function' ? forSocketIo(auth, (error) => client.fail(error)) : auth }),
  };
  const socket = url === undefined ? io(socketOptions) : io(url, socketOptions);
  const client = new SocketsClient(socket, { headers, requestTimeout });
  return client;
}

function assertAddress(url: unknown): asserts url is string | undefined {
  const isOnPage = 'location' in globalThis;
  const [, scheme] = (typeof url === 'string' && /^(\w+):\/\/[^/]/.exec(url)) || [];
  const isWhole = scheme !== undefined && /^(https?|wss?)$/.test(scheme);
  const isOfPage = isOnPage && (url === undefined || (typeof url === 'string' && url !== '' && !url.includes('://')));
  assertArgument(
    isWhole || isOfPage,
    `connect: the url must be that of the server, such as "http://localhost:3000", or with a namespace ` +
      `"http://localhost:3000/admin"${isOnPage ? '' : '. Only in a page may it be left out'}`,
  );
}
