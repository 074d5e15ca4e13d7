import { HttpStatus } from '@nestjs/common';
import type { Server, Socket } from 'socket.io';
import { debugLog } from '../common/log.js';
import { REQUEST_METHODS, type RequestMethod } from '../protocol/request.js';
import { type Acknowledge, sharedListener } from '../server/inbound/client-events.js';
import { onConnection } from '../server/namespaces.js';
import type { SocketsServer } from '../server/sockets-server.js';
import { handlesOnly } from '../server/gateways/unknown-events.js';
import type { SocketCallers } from './caller/socket-callers.js';
import type { HeaderRules } from './packet/header-rules.js';
import { readPacket } from './packet/request-packet.js';
import { PendingRequest } from './pending/pending-request.js';
import { RequestRefusal, statusOf } from './request-refusal.js';
import type { ResolvedSocketRequestsOptions } from './requests.options.js';
import { Acknowledgement } from './virtual-http/acknowledgement.js';

type Listener = (this: Socket, ...args: unknown[]) => void;

const debug = debugLog('requests');

/** Events that a client may mistake for a method. */
const OTHER_METHODS = /^(?:get|post|put|patch|delete|head|options|trace|connect|__proto__)$/i;

/** Receives the events with which clients send requests, in every namespace, and starts what they ask for. */
export class RequestReceiver {
  constructor(
    private readonly server: SocketsServer,
    private readonly callers: SocketCallers,
    private readonly headers: HeaderRules,
    private readonly options: ResolvedSocketRequestsOptions,
  ) {}

  listen(io: Server): void {
    const listeners = REQUEST_METHODS.map((method) => [method, this.listenerFor(method)] as const);
    this.callers.listen(io);
    const refuseOther = handlesOnly(this.otherMethodsListener(), (event) => OTHER_METHODS.test(event));
    onConnection(io, (socket) => {
      for (const [method, listener] of listeners) socket.on(method, listener);
      socket.onAny(refuseOther);
    });
  }

  private listenerFor(method: RequestMethod | undefined): Listener {
    return sharedListener((socket, [packet], acknowledge) => this.receive(socket, packet, acknowledge, method));
  }

  /** Answers methods that no application serves, or that are spelled differently. */
  private otherMethodsListener(): Listener {
    const refuse = this.listenerFor(undefined);
    return function (event, ...args) {
      // The application may handle an event of that name.
      if (OTHER_METHODS.test(String(event)) && this.listenerCount(String(event)) === 0) refuse.apply(this, args);
    };
  }

  private receive(
    socket: Socket,
    packet: unknown,
    acknowledge: Acknowledge | undefined,
    method: RequestMethod | undefined,
  ): void {
    const acknowledgement = new Acknowledgement(socket, acknowledge, this.options);
    try {
      this.read(socket, packet, method, acknowledgement).start();
    } catch (error) {
      debug?.(`a request of ${socket.id} is refused with ${statusOf(error)}`);
      acknowledgement.refuse(error);
    }
  }

  /** @throws RequestRefusal */
  private read(
    socket: Socket,
    packet: unknown,
    method: RequestMethod | undefined,
    acknowledgement: Acknowledgement,
  ): PendingRequest {
    const caller = this.callers.of(socket);
    if (method === undefined) throw new RequestRefusal(HttpStatus.METHOD_NOT_ALLOWED, 'There is no such method.');
    if (caller.refusal) throw caller.refusal;
    caller.slots.refuseIfFull();
    const request = readPacket(method, packet, this.headers);
    if (this.server.isReserved(request.url)) {
      throw new RequestRefusal(
        HttpStatus.NOT_IMPLEMENTED,
        'The path of the Socket.IO server cannot be requested over a socket.',
      );
    }
    return new PendingRequest(request, caller, acknowledgement, this.options);
  }
}
