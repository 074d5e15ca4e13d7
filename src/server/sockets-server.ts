import { Inject } from '@nestjs/common';
import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Namespace, Server } from 'socket.io';
import { Authentication } from '../connections/authentication.js';
import { DisconnectHook } from '../connections/disconnect-hook.js';
import { ServerNotReadyError } from './server.errors.js';
import { Expiry } from '../connections/expiry.js';
import { GatewayHooks } from './gateways.js';
import { Identities } from '../connections/identities.js';
import { useOnHandshakes } from '../connections/handshake.js';
import { moveMembersForOthers } from '../rooms/members/members.js';
import { Reauthentication } from '../connections/reauthentication.js';
import { noteArrivals } from '../connections/requester/request-arrival.js';
import { rememberServer } from '../connections/requester/requesting-socket.js';
import { Revocations } from '../rooms/revocations.js';
import { answerCallerQuestions } from '../connections/requester/caller.js';
import { answerMemberQuestions } from '../rooms/members/member-questions.js';
import { SOCKETS_SERVER_OPTIONS, type ResolvedSocketsServerOptions } from './server.options.js';

/**
 * A gateway without handlers: Nest makes a Socket.IO server only where a gateway asks for one, so this one asks, and holds it for everybody.
 */
@WebSocketGateway()
export class SocketsServer {
  @WebSocketServer()
  private server?: Server;
  private readonly paths: string[] = [];

  constructor(
    private readonly gatewayHooks: GatewayHooks,
    private readonly disconnectHook: DisconnectHook,
    private readonly authentication: Authentication,
    private readonly identities: Identities,
    private readonly expiry: Expiry,
    private readonly reauthentication: Reauthentication,
    private readonly revocations: Revocations,
    @Inject(SOCKETS_SERVER_OPTIONS) private readonly options: ResolvedSocketsServerOptions,
  ) {}

  /** @throws ServerNotReadyError before the application is initialized */
  get io(): Server {
    if (!this.server) throw new ServerNotReadyError();
    return this.server;
  }

  namespace(name: string): Namespace {
    return this.io.of(name);
  }

  /** Told as soon as it is there: the application's own gateways may need it before it is this one's turn. */
  hold(server: Server): void {
    this.server = server;
    this.protect(server);
  }

  /** What holds for every connection, also to the server of a gateway with a port or a path of its own. */
  protect(server: Server): void {
    this.gatewayHooks.catchFailures();
    useOnHandshakes(server, this.options.handshakeMiddleware);
    this.disconnectHook.attach(server);
    // Last, which makes it the first.
    this.authentication.protect(server);
    this.reauthentication.attach(server);
    this.expiry.attach(server);
    this.identities.attach(server);
    this.revocations.attach(server);
    if (server.httpServer) noteArrivals(server.httpServer);
  }

  /** A server of ours answers whatever comes to this path, by `startsWith`. */
  occupy(path: string): void {
    this.paths.push(path);
  }

  occupies(url: string): boolean {
    return this.paths.some((path) => url.startsWith(path));
  }

  afterInit(server: Server): void {
    rememberServer(server);
    this.revocations.listen(server);
    moveMembersForOthers(server);
    answerCallerQuestions(server);
    answerMemberQuestions(server);
  }
}
