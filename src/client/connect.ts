import { io } from 'socket.io-client';
import { assertArgument } from './assertions.js';
import { assertClientOptions, type ClientOptions } from './client.options.js';
import { authCallback, CredentialsFailures } from './connection/credentials.js';
import { SocketsClient } from './sockets-client.js';

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
