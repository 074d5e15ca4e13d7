import { Inject, Injectable } from '@nestjs/common';
import type { Server, Socket } from 'socket.io';
import { InvalidNamespaceError } from './errors/invalid-namespace.error.js';
import { NamespaceSockets } from './namespace-sockets.js';
import { currentRequester } from './requester-context.js';
import { SocketsServer } from './sockets-server.js';
import { SOCKETS_SERVER_OPTIONS, type ResolvedSocketsServerOptions } from './sockets-server.options.js';

/**
 * Rooms and broadcast, from any provider, controller or gateway. Speaks to the default namespace; `of()` speaks to another.
 *
 * @example
 * ```ts
 * import { Controller, Param, Post, Req } from '@nestjs/common';
 * import { SocketsService, type HttpRequest } from 'nestjs-sockets';
 *
 * @Controller('boards')
 * export class BoardsController {
 *   constructor(private readonly sockets: SocketsService) {}
 *
 *   @Post(':id/hello')
 *   async hello(@Param('id') id: string, @Req() request: HttpRequest) {
 *     await this.sockets.broadcast(`board:${id}`, 'hello', { board: id }, { except: request });
 *   }
 * }
 * ```
 */
@Injectable()
export class SocketsService extends NamespaceSockets {
  /** @internal */
  constructor(host: SocketsServer, @Inject(SOCKETS_SERVER_OPTIONS) options: ResolvedSocketsServerOptions) {
    super(host, options, '/');
  }

  /**
   * The Socket.IO server, for what this service has no method for.
   *
   * @throws ServerNotReadyError before the application is initialized
   */
  get server(): Server {
    return this.host.io;
  }

  /**
   * The socket whose request, or whose message to a gateway, is being handled: known in whatever that awaits or starts. `undefined` elsewhere, and for a
   * request over HTTP.
   */
  get requester(): Socket | undefined {
    return currentRequester();
  }

  /**
   * The same methods for another namespace, which comes into being when it is first used if no gateway declared it.
   *
   * @throws InvalidNamespaceError
   */
  of(namespace: string): NamespaceSockets {
    if (typeof namespace !== 'string' || namespace === '') throw new InvalidNamespaceError(namespace);
    const name = namespace.startsWith('/') ? namespace : `/${namespace}`;
    return new NamespaceSockets(this.host, this.options, name);
  }
}
