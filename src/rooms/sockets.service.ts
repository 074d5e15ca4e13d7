import { Inject, Injectable } from '@nestjs/common';
import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Server, Socket } from 'socket.io';
import { fireAndForget } from '../common/promises.js';
import { currentRequester } from '../common/requester-context.js';
import type { SocketsMetrics } from '../server/metrics.js';
import { InvalidNamespaceError } from '../server/server.errors.js';
import { SOCKETS_SERVER_OPTIONS, type ResolvedIoServerOptions } from '../server/options/server.options.js';
import { SocketsServer } from '../server/sockets-server.js';
import type { Attempts, HoldOptions } from '../transactions/transactions.options.js';
import { Transactions } from '../transactions/transactions.js';
import { NamespaceSockets } from './namespace-sockets.js';
import type { RevokeOptions } from './revocations.js';
import { Rooms } from './rooms.js';

/** What Engine.IO's server is, beside what Socket.IO's types say of it. */
interface EngineServer {
  readonly opts: object;
  attach(httpServer: HttpServer | HttpsServer, options: { path: string }): void;
}

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
  readonly #host: SocketsServer;
  readonly #options: ResolvedIoServerOptions;
  readonly #rooms: Rooms;
  readonly #transactions: Transactions;

  /** @internal */
  constructor(
    host: SocketsServer,
    @Inject(SOCKETS_SERVER_OPTIONS) options: ResolvedIoServerOptions,
    rooms: Rooms,
    transactions: Transactions,
  ) {
    super(host, options, '/', rooms, transactions);
    this.#host = host;
    this.#options = options;
    this.#rooms = rooms;
    this.#transactions = transactions;
  }

  /**
   * The Socket.IO server, for what this service has no method for.
   *
   * @throws ServerNotReadyError before the application is initialized
   */
  get server(): Server {
    return this.#host.io;
  }

  /**
   * Returns what this process counts: connections, sockets, and what it has refused, by the limit or the rule. Nothing
   * in it names a client, a room or a record.
   *
   * @throws ServerNotReadyError before the application is initialized
   * @example
   * ```ts
   * import { Controller, Get } from '@nestjs/common';
   * import { SocketsService } from 'nestjs-sockets';
   *
   * @Controller('metrics')
   * export class MetricsController {
   *   constructor(private readonly sockets: SocketsService) {}
   *
   *   @Get('sockets')
   *   read() {
   *     const { connections, refused } = this.sockets.metrics();
   *     return { connections, slowClients: refused.slowClient };
   *   }
   * }
   * ```
   */
  metrics(): SocketsMetrics {
    return this.#host.metrics();
  }

  /**
   * Attaches the sockets to an HTTP server of your own, for an application that is initialized by `app.init()` and does
   * not listen itself. Closing the application ends its connections; closing the HTTP server remains yours.
   *
   * @throws ServerNotReadyError before the application is initialized
   * @example
   * ```ts
   * import { NestFactory } from '@nestjs/core';
   * import { createServer } from 'node:http';
   * import { SocketsService } from 'nestjs-sockets';
   *
   * declare class AppModule {}
   *
   * const app = await NestFactory.create(AppModule);
   * await app.init();
   * const server = createServer(app.getHttpAdapter().getInstance());
   * app.get(SocketsService).attach(server);
   * server.listen(3000);
   * ```
   */
  attach(httpServer: HttpServer | HttpsServer): void {
    const { io } = this.#host;
    const engine = io.engine as EngineServer;
    // The engine stays the one that checks origins. Socket.IO's own `attach()` would make another one.
    engine.attach(httpServer, { ...engine.opts, path: io.path() });
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
    return fireAndForget(() => this.#rooms.revocations.revoke(options));
  }

  /**
   * Holds what the work publishes and broadcasts, in everything that it awaits or starts, until its promise is
   * fulfilled: then it is sent, in the order of the calls. If the promise is rejected, nobody is told. Within another
   * transaction that is held, it is sent once that one has committed, too.
   *
   * A driver may run a transaction again, as MongoDB's does after a conflict. Run the body of each attempt by
   * `attempt`, so that only the last one counts.
   *
   * `join`, `leave` and `revoke` do not wait.
   *
   * @param work runs a transaction, and returns the promise that settles with it
   * @param options `independent`: the transaction commits by itself, whatever becomes of the one around it
   * @returns what the work returns; rejects with its error
   * @throws InvalidTransactionWorkError, InvalidEmitOptionsError
   * @example
   * ```ts
   * import { Injectable } from '@nestjs/common';
   * import { InjectResource, type ResourceChannel, SocketsService } from 'nestjs-sockets';
   *
   * declare class Database {
   *   transaction<T>(work: (session: object) => Promise<T>): Promise<T>;
   *   moveCard(id: number, boardId: number, session: object): Promise<void>;
   * }
   *
   * @Injectable()
   * export class CardsService {
   *   constructor(
   *     private readonly database: Database,
   *     private readonly sockets: SocketsService,
   *     @InjectResource('card') private readonly cards: ResourceChannel<{ boardId: number }>,
   *   ) {}
   *
   *   async move(id: number, boardId: number) {
   *     await this.sockets.afterCommit(({ attempt }) =>
   *       this.database.transaction((session) =>
   *         attempt(async () => {
   *           await this.database.moveCard(id, boardId, session);
   *           await this.cards.publishUpdate(id, { boardId }); // held
   *         }),
   *       ),
   *     ); // sent
   *   }
   * }
   * ```
   */
  afterCommit<T>(work: (attempts: Attempts) => T | Promise<T>, options?: HoldOptions): Promise<T> {
    return this.#transactions.afterCommit(work, options);
  }

  /**
   * Runs work of which nobody is told: what it publishes and broadcasts, in everything that it awaits or starts, goes
   * out to nobody, for seeds, imports and migrations. This process and the other servers of the cluster still remember
   * which slices the records are in, and a destroyed record has no subscribers any longer.
   *
   * @returns what the work returns; rejects with its error
   * @throws InvalidTransactionWorkError
   * @example
   * ```ts
   * import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
   * import { SocketsService } from 'nestjs-sockets';
   *
   * declare class CardsService {
   *   create(card: { title: string }): Promise<void>; // publishes
   * }
   *
   * @Injectable()
   * export class Seed implements OnApplicationBootstrap {
   *   constructor(
   *     private readonly sockets: SocketsService,
   *     private readonly cards: CardsService,
   *   ) {}
   *
   *   async onApplicationBootstrap() {
   *     await this.sockets.withoutPublishing(() => this.cards.create({ title: 'Say hello' }));
   *   }
   * }
   * ```
   */
  withoutPublishing<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#transactions.withoutPublishing(work);
  }

  /**
   * Returns the same methods for another namespace, which is made on first use if no gateway has declared it.
   *
   * @throws InvalidNamespaceError
   */
  of(namespace: string): NamespaceSockets {
    if (typeof namespace !== 'string' || namespace === '') throw new InvalidNamespaceError(namespace);
    const name = namespace.startsWith('/') ? namespace : `/${namespace}`;
    return new NamespaceSockets(this.#host, this.#options, name, this.#rooms, this.#transactions);
  }
}
