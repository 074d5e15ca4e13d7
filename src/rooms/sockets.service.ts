import { Inject, Injectable } from '@nestjs/common';
import type { Server, Socket } from 'socket.io';
import { fireAndForget } from '../common/promises.js';
import { currentRequester } from '../common/requester-context.js';
import { InvalidNamespaceError } from '../server/server.errors.js';
import { SOCKETS_SERVER_OPTIONS, type ResolvedIoServerOptions } from '../server/server.options.js';
import { SocketsServer } from '../server/sockets-server.js';
import { NamespaceSockets } from './namespace-sockets.js';
import type { RevokeOptions } from './revocations.js';
import { Rooms } from './rooms.js';

/**
 * Rooms and broadcast, from any provider, controller or gateway. It works on the default namespace; `of()` returns the
 * same for another.
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
  constructor(host: SocketsServer, @Inject(SOCKETS_SERVER_OPTIONS) options: ResolvedIoServerOptions, rooms: Rooms) {
    super(host, options, '/', rooms);
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
   * The socket whose request, or whose message to a gateway, is being handled, in everything that this awaits or
   * starts. `undefined` elsewhere, and for a request over HTTP.
   */
  get requester(): Socket | undefined {
    return currentRequester();
  }

  /**
   * Ends what a user no longer has a right to: for all sockets of that user, in all namespaces, on all servers. Sockets
   * that lose something are told, by `revoked`. A read that began before does not bring it back. Take the right away
   * first, so that no later read brings it back either.
   *
   * @throws InvalidRevocationError, UnknownResourceError, InvalidRecordIdError
   * @example
   * ```ts
   * import { Injectable } from '@nestjs/common';
   * import { SocketsService } from 'nestjs-sockets';
   *
   * @Injectable()
   * export class MembersService {
   *   constructor(private readonly sockets: SocketsService) {}
   *
   *   async remove(boardId: number, userId: number) {
   *     // … after it has gone from the database:
   *     await this.sockets.revoke({ user: userId, resource: 'board', ids: [boardId] });
   *     await this.sockets.revoke({ user: userId, resource: 'card', slice: { boardId } });
   *     await this.sockets.revoke({ user: userId, room: `board:${boardId}` });
   *   }
   * }
   * ```
   */
  revoke(options: RevokeOptions): Promise<void> {
    return fireAndForget(() => this.ownRooms.revocations.revoke(options));
  }

  /**
   * Returns the same methods for another namespace, which is made on first use if no gateway has declared it.
   *
   * @throws InvalidNamespaceError
   */
  of(namespace: string): NamespaceSockets {
    if (typeof namespace !== 'string' || namespace === '') throw new InvalidNamespaceError(namespace);
    const name = namespace.startsWith('/') ? namespace : `/${namespace}`;
    return new NamespaceSockets(this.host, this.options, name, this.ownRooms);
  }
}
