import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'socket.io';

/** Who may connect: everybody, a list of origins, or a function that decides. */
export type AllowedOrigins =
  '*' | ReadonlyArray<string | RegExp> | ((origin: string, request: IncomingMessage) => boolean | Promise<boolean>);

/** What the ground floor is told: the server, who may connect to it, and the limits of what it sends. */
export interface SocketsServerOptions {
  /**
   * Options of the Socket.IO server: `path`, `cors`, `transports`, `pingInterval`, `maxHttpBufferSize`, `adapter` … They apply whichever
   * gateways the application declares. `connectionStateRecovery` is refused: it hands missed messages out before anybody is authorized.
   *
   * @default {} Socket.IO's own defaults
   */
  server?: Omit<Partial<ServerOptions>, 'connectionStateRecovery'>;
  /**
   * The origins whose pages may connect, checked for polling and for websockets (which CORS does not cover). Without it: the origins that
   * `server.cors.origin` names, or else the server's own. Clients that send no `Origin` (not browsers) are let through.
   *
   * @default undefined same origin
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
}

/** The same, with every default filled in. */
export type ResolvedSocketsServerOptions = SocketsServerOptions & Required<Omit<SocketsServerOptions, 'origins'>>;

/** Injection token of the validated options. */
export const SOCKETS_SERVER_OPTIONS = Symbol('SOCKETS_SERVER_OPTIONS');
