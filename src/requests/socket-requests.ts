import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { Socket } from 'socket.io';
import type { BootParticipant } from '../common/boot/boot-participant.js';
import { Connections } from '../connections/connections.js';
import { REQUEST_METHODS } from '../protocol/request.js';
import { gatewayHandlers } from '../server/gateways/gateways.js';
import { ReservedEventError } from '../server/server.errors.js';
import { type ResolvedIoServerOptions, SOCKETS_SERVER_OPTIONS } from '../server/options/server.options.js';
import { SocketsServer } from '../server/sockets-server.js';
import { SocketCallers } from './caller/socket-callers.js';
import { HeaderRules } from './packet/header-rules.js';
import { ServerRequest } from './pending/server-request.js';
import { RequestReceiver } from './request-receiver.js';
import { shuttingDown } from './request-refusal.js';
import {
  type ResolvedSocketRequestsOptions,
  resolveRequestsOptions,
  type SocketRequestsOptions,
} from './requests.options.js';
import { registerCookieRoute } from './sails/cookie-route.js';
import { markSerializedReplies } from './virtual-http/virtual-response.js';
import { exposeRequestProperties } from './virtual-http/virtual-request.js';

/** A read of a route that the server makes on behalf of a socket. */
export interface ServerRead {
  socket: Socket;
  /** Includes the query. */
  url: string;
  /** Headers in addition to those of the socket's handshake. */
  headers: Readonly<Record<string, string>>;
  /** What the read is for. It goes with the request through the application, where `purposeOf` finds it. */
  purpose: object;
}

/** Everything that serves requests over the socket. */
interface Serving {
  options: ResolvedSocketRequestsOptions;
  headers: HeaderRules;
  callers: SocketCallers;
  receiver: RequestReceiver;
}

/**
 * Lets clients send requests to the application's routes over their sockets, and the server read routes for a socket.
 */
@Injectable()
export class SocketRequests implements BootParticipant, BeforeApplicationShutdown {
  /** `undefined` where requests over the socket are switched off. */
  private readonly serving: Serving | undefined;

  constructor(
    private readonly server: SocketsServer,
    private readonly discovery: DiscoveryService,
    private readonly host: HttpAdapterHost,
    private readonly connections: Connections,
    @Inject(SOCKETS_SERVER_OPTIONS)
    private readonly serverOptions: ResolvedIoServerOptions & { requests?: SocketRequestsOptions | false },
  ) {
    const options = resolveRequestsOptions(serverOptions.requests);
    if (options === false) return;
    const headers = new HeaderRules(options);
    const callers = new SocketCallers(server, headers, options);
    this.serving = { options, headers, callers, receiver: new RequestReceiver(server, callers, headers, options) };
  }

  /** Whether there are requests over the socket. */
  get areServed(): boolean {
    return this.serving !== undefined;
  }

  /** @throws ReservedEventError if a gateway handles one of the events itself */
  listen(): void {
    const { httpAdapter } = this.host as Partial<HttpAdapterHost>;
    // In a worker there are no routes to ask.
    if (!this.serving || !httpAdapter) return;
    const { callers, options, receiver } = this.serving;
    const { io } = this.server;
    this.refuseGatewayHandlers();
    exposeRequestProperties(httpAdapter);
    // A parser of another kind could not send them as they were written.
    if (this.serverOptions.server.parser === undefined) markSerializedReplies(httpAdapter);
    receiver.listen(io);
    this.connections.reauthentication.onSuccess((socket) => callers.renewCredentials(socket));
    if (options.cookieRoute !== false) registerCookieRoute(httpAdapter, options.cookieRoute);
  }

  /** Lets requests that are being handled finish, if that does not take too long. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.serving?.callers.close();
  }

  /** Reads a route on behalf of a socket, whose client does not notice. Rejects if there is no response. */
  async read({ socket, url, headers, purpose }: ServerRead): Promise<number> {
    if (!this.serving) throw new Error('Requests over the socket are switched off.');
    const { callers, headers: rules, options } = this.serving;
    if (!socket.connected) throw shuttingDown();
    const request = { method: 'GET', url, headers: rules.withoutReserved(headers), body: undefined };
    const read = new ServerRequest(request, purpose, callers.of(socket));
    read.start(options.timeout);
    return read.status;
  }

  private refuseGatewayHandlers(): void {
    const methods: readonly unknown[] = REQUEST_METHODS;
    for (const { name, event } of gatewayHandlers(this.discovery, this.serverOptions)) {
      if (!methods.includes(event)) continue;
      throw new ReservedEventError(
        name,
        String(event),
        'clients send requests by that event. Rename it, or do without requests over the socket: ' +
          'SocketsModule.forRoot({ requests: false }).',
      );
    }
  }
}
