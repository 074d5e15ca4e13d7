import { Inject, Injectable } from '@nestjs/common';
import type { Server } from 'socket.io';
import { type ResolvedIoServerOptions, SOCKETS_SERVER_OPTIONS } from '../options/server.options.js';
import type { ServerAttachment } from '../sockets-server.js';
import { Slot, serverState } from '../state.js';
import { type LagListener, SendQueues } from './send-queues.js';

const queues = new Slot<SendQueues | undefined>(() => undefined);

/** Limits what waits for clients, on every server. */
@Injectable()
export class Outbound implements ServerAttachment {
  constructor(@Inject(SOCKETS_SERVER_OPTIONS) private readonly options: ResolvedIoServerOptions) {}

  attach(io: Server): void {
    const all = new SendQueues(io, this.options.limits);
    serverState(io).set(queues, all);
    all.watch();
  }
}

/** Calls back when clients of a server fall behind, and when they have caught up. */
export function onLag(io: Server, listener: LagListener): void {
  serverState(io).get(queues)?.onLag(listener);
}
