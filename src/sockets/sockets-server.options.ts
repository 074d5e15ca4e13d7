import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'socket.io';
import type { ConnectionOptions } from './connection.options.js';
import type { PresenceOptions } from './presence/presence.options.js';

/** Who may connect: everybody, a list of origins, or a function that decides. */
export type AllowedOrigins =
  '*' | ReadonlyArray<string | RegExp> | ((origin: string, request: IncomingMessage) => boolean | Promise<boolean>);

/** What the ground floor is told: the server, who may connect to it, and the limits of what it sends. */
export interface SocketsServerOptions extends ConnectionOptions {
  /**
   * Options of the Socket.IO server: `path`, `cors`, `transports`, `pingInterval`, `maxHttpBufferSize`, `adapter` … They apply whichever
   * gateways the application declares; those in `@WebSocketGateway()` count only for a gateway with a port or a path of its own. `connectionStateRecovery` is refused: it hands missed messages out before anybody is authorized.
   *
   * @default {} Socket.IO's own defaults, except that clients of Socket.IO 2 may connect too (`allowEIO3`), as `sails.io.js` does
   */
  server?: Omit<Partial<ServerOptions>, 'connectionStateRecovery'>;
  /**
   * The origins whose pages may connect besides the server's own, checked for polling and for websockets (which CORS does not cover). Without it:
   * those that `server.cors.origin` names. Clients that send no `Origin` (not browsers) are let through; `server.allowRequest` may refuse
   * what this allows.
   *
   * @default undefined the server's own origin only
   */
  origins?: AllowedOrigins;
  /**
   * How many levels of objects and arrays sent data may have.
   *
   * @default 32
   */
  maxNesting?: number;
  /**
   * How long `SocketsService.request` waits for an answer, in milliseconds.
   *
   * @default 5000
   */
  requestTimeout?: number;
  /**
   * Of which rooms it is kept, and told to their members, who is in them.
   *
   * @default undefined those of `@JoinRoom(…, { presence: true })`
   */
  presence?: PresenceOptions;
}

/** The same, with every default filled in. */
export type ResolvedSocketsServerOptions = SocketsServerOptions &
  Required<
    Pick<SocketsServerOptions, 'server' | 'maxNesting' | 'requestTimeout' | 'authenticateTimeout' | 'expiryGrace'>
  >;

/** Injection token of the validated options. */
export const SOCKETS_SERVER_OPTIONS = Symbol('SOCKETS_SERVER_OPTIONS');

/** Socket.IO's own. */
const DEFAULT_PATH = '/socket.io';

/** Whether a gateway, by its port or its path, wants another server than the one that all others share. */
export function asksForOwnServer(port: number, path: unknown, { server }: ResolvedSocketsServerOptions): boolean {
  if (port !== 0) return true;
  return typeof path === 'string' && withoutSlash(path) !== withoutSlash(server.path ?? DEFAULT_PATH);
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '');
}
