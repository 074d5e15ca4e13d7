import { HttpStatus, Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { Server as HttpServer } from 'node:http';
import type { Namespace, Socket } from 'socket.io';
import { ReservedEventError } from '../server/server.errors.js';
import { gatewayHandlers } from '../server/gateways.js';
import { Connections } from '../connections/connections.js';
import { RouteRequests, type RouteRequest } from './route-requests.js';
import { SocketsServer } from '../server/sockets-server.js';
import { SOCKETS_SERVER_OPTIONS, type ResolvedSocketsServerOptions } from '../server/server.options.js';
import { within } from '../common/promises.js';
import { REQUEST_METHODS, type RequestMethod } from '../protocol/request.js';
import { Acknowledgement } from './virtual-http/acknowledgement.js';
import { showIsSocket } from './virtual-http/virtual-request.js';
import { noteSerializedAnswers, sendJsonTexts } from './virtual-http/raw-json.js';
import { PendingRequest } from './pending/pending-request.js';
import { packetHeaders } from './packet/request-headers.js';
import { readPacket, type PacketLimits } from './packet/request-packet.js';
import { RequestRefusal } from './request-refusal.js';
import { RouteRequestInProgress } from './pending/route-request.js';
import { SOCKET_REQUESTS_OPTIONS, type ResolvedSocketRequestsOptions } from './requests.options.js';
import { SocketCaller } from './socket-caller.js';

type Listener = (this: Socket, ...args: unknown[]) => void;

/** What a client may take for a method. */
const OTHER_METHODS = /^(?:get|post|put|patch|delete|head|options|trace|connect|__proto__)$/i;

/** How long, in milliseconds, an application that shuts down waits for the requests that it is handling. */
const SHUTDOWN_PATIENCE = 2_000;

/** Receives the requests that clients send over their sockets, in every namespace, and hands them to the application. */
@Injectable()
export class SocketRequests implements BeforeApplicationShutdown {
  private readonly callers = new Map<Socket, SocketCaller>();
  private readonly limits: PacketLimits;
  private isClosing = false;

  constructor(
    private readonly server: SocketsServer,
    private readonly discovery: DiscoveryService,
    private readonly host: HttpAdapterHost,
    private readonly connections: Connections,
    routeRequests: RouteRequests,
    @Inject(SOCKETS_SERVER_OPTIONS) private readonly serverOptions: ResolvedSocketsServerOptions,
    @Inject(SOCKET_REQUESTS_OPTIONS) private readonly options: ResolvedSocketRequestsOptions | false,
  ) {
    const lockedHeaders = options === false ? [] : options.lockedHeaders.map((name) => name.toLowerCase());
    if (options !== false) routeRequests.serveBy((request) => this.ask(request, options));
    this.limits = { maxNesting: serverOptions.maxNesting, lockedHeaders: new Set(lockedHeaders) };
  }

  /**
   * From now on, in the namespaces that there are and in those to come.
   *
   * @throws ReservedEventError when a gateway handles one of the events itself
   */
  listen(): void {
    const { options, server } = this;
    if (options === false) return;
    this.refuseHandlers();
    showIsSocket(this.host.httpAdapter);
    if (this.serverOptions.server.parser === undefined) this.sendWhatIsSerialized();
    const listeners = this.listeners(options);
    const refuseOthers = this.refuseOthers(options);
    const listen = (namespace: Namespace): void => {
      namespace.on('connection', (socket) => {
        listeners.forEach((listener, event) => socket.on(event, listener));
        socket.onAny(refuseOthers);
      });
    };
    server.io._nsps.forEach(listen);
    server.io.on('new_namespace', listen);
    this.connections.reauthentication.onSuccess((socket) => this.callers.get(socket)?.renew());
  }

  /** What is being handled is still answered, if that does not take too long. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isClosing = true;
    const pending = [...this.callers.values()].map((caller) => caller.pending);
    const settled = Promise.all(pending.map((requests) => requests.settled()));
    await within(SHUTDOWN_PATIENCE, 'to answer what had been asked', settled).catch(() => undefined);
    for (const requests of pending) requests.refuseAll(shuttingDown());
  }

  private sendWhatIsSerialized(): void {
    noteSerializedAnswers(this.host.httpAdapter);
    sendJsonTexts(this.server.io);
  }

  private refuseHandlers(): void {
    const methods: readonly unknown[] = REQUEST_METHODS;
    for (const { name, event } of gatewayHandlers(this.discovery, this.serverOptions)) {
      if (!methods.includes(event)) continue;
      throw new ReservedEventError(
        name,
        String(event),
        'clients send requests by that event. Rename it, or do without requests over the socket: SocketsModule.forRoot({ requests: false }).',
      );
    }
  }

  /** The same few functions for all sockets, which would otherwise each pay for their own. */
  private listeners(options: ResolvedSocketRequestsOptions): Map<string, Listener> {
    const receive = (socket: Socket, args: unknown[], method: RequestMethod): void =>
      this.receive(socket, args, options, method);
    const listeners = REQUEST_METHODS.map((method): [string, Listener] => [
      method,
      function (...args) {
        receive(this, args, method);
      },
    ]);
    return new Map(listeners);
  }

  /** Whoever tries a method that no application serves, or spells one in another way, is told so. */
  private refuseOthers(options: ResolvedSocketRequestsOptions): Listener {
    const receive = (socket: Socket, args: unknown[]): void => this.receive(socket, args, options, undefined);
    return function (event, ...args) {
      // The application may have a message of that name.
      if (OTHER_METHODS.test(String(event)) && this.listenerCount(String(event)) === 0) receive(this, args);
    };
  }

  private receive(
    socket: Socket,
    args: unknown[],
    options: ResolvedSocketRequestsOptions,
    method: RequestMethod | undefined,
  ): void {
    const acknowledge = args.at(-1);
    const packet = typeof args[0] === 'function' ? undefined : args[0];
    const acknowledgement = new Acknowledgement(
      socket,
      typeof acknowledge === 'function' ? (acknowledge as () => void) : undefined,
      options,
    );
    try {
      const request = this.read(socket, packet, options, method, acknowledgement);
      request.enter();
    } catch (error) {
      acknowledgement.refuse(error);
    }
  }

  /** @throws RequestRefusal */
  private read(
    socket: Socket,
    packet: unknown,
    options: ResolvedSocketRequestsOptions,
    method: RequestMethod | undefined,
    acknowledgement: Acknowledgement,
  ): PendingRequest {
    if (this.isClosing) throw shuttingDown();
    if (method === undefined) throw new RequestRefusal(HttpStatus.METHOD_NOT_ALLOWED, 'There is no such method.');
    const caller = this.callerOf(socket, options);
    if (caller.refusal) throw caller.refusal;
    const request = readPacket(method, packet, this.limits);
    if (this.server.occupies(request.url)) {
      throw new RequestRefusal(
        HttpStatus.NOT_IMPLEMENTED,
        'The path of the sockets cannot be requested over a socket.',
      );
    }
    return new PendingRequest(request, caller, acknowledgement, options);
  }

  /** @throws RequestRefusal */
  private async ask(
    { socket, url, headers, purpose }: RouteRequest,
    options: ResolvedSocketRequestsOptions,
  ): Promise<number> {
    if (this.isClosing || !socket.connected) throw shuttingDown();
    const packet = { method: 'GET', url, headers: packetHeaders(headers, this.limits.lockedHeaders), body: undefined };
    const request = new RouteRequestInProgress(packet, purpose, this.callerOf(socket, options));
    request.begin(options.timeout);
    return request.status;
  }

  private callerOf(socket: Socket, options: ResolvedSocketRequestsOptions): SocketCaller {
    const known = this.callers.get(socket);
    if (known) return known;
    const caller = new SocketCaller(socket, this.server.io.httpServer as HttpServer, options);
    this.callers.set(socket, caller);
    socket.once('disconnect', () => {
      this.callers.delete(socket);
      caller.leave();
    });
    return caller;
  }
}

function shuttingDown(): RequestRefusal {
  return new RequestRefusal(HttpStatus.SERVICE_UNAVAILABLE, 'The server is shutting down.');
}
