import { Inject, Injectable } from '@nestjs/common';
import type { Server, Socket } from 'socket.io';
import type { Json } from '../../common/json.js';
import { type ResolvedIoServerOptions, SOCKETS_SERVER_OPTIONS } from '../options/server.options.js';
import type { ServerAttachment } from '../sockets-server.js';
import { Slot, serverState } from '../state.js';
import { deliverFast } from './fast-delivery/fast-delivery.js';
import type { FramedConnection } from './fast-delivery/frame-writer.js';
import { sendAsWritten, type SendTogether } from './json-packets.js';
import { type LagListener, SendQueues } from './send-queues.js';
import type { Connection } from './transport.js';

const queues = new Slot<SendQueues | undefined>(() => undefined);
const together = new Slot<SendTogether | undefined>(() => undefined);

/** Sends broadcasts fast, and limits what waits for clients, on every server. */
@Injectable()
export class Outbound implements ServerAttachment {
  constructor(@Inject(SOCKETS_SERVER_OPTIONS) private readonly options: ResolvedIoServerOptions) {}

  attach(io: Server): void {
    const all = new SendQueues(io, this.options.limits);
    serverState(io).set(queues, all);
    all.watch();
    const write = this.options.fastDelivery ? deliverFast(io, (connection) => all.holdBack(connection)) : undefined;
    if (this.options.server.parser !== undefined) return;
    const writeText = write && ((connection: Socket['conn'], text: string) => write(framed(connection), text));
    serverState(io).set(together, sendAsWritten(io, writeText));
  }
}

/**
 * Answers the client of a socket with what is JSON already. The answers of one turn of the event loop leave together,
 * where broadcasts do.
 */
export function answerJson({ conn, nsp }: Socket, acknowledge: (answer: Json) => void, answer: Json): void {
  const sendTogether = serverState(nsp.server).get(together);
  if (sendTogether) sendTogether(conn, acknowledge, answer);
  else acknowledge(answer);
}

/** Emits an event to one socket, which leaves together with what else its client is sent in this turn. */
export function emitTogether(socket: Socket, event: string, content: unknown): void {
  const sendTogether = serverState(socket.nsp.server).get(together);
  // A listener to what is sent may send something itself.
  const isAlone = socket.listenersAnyOutgoing().length === 0;
  if (sendTogether && isAlone) sendTogether(socket.conn, (sent) => void socket.emit(event, sent), content);
  else socket.emit(event, content);
}

/** Calls back when clients of a server fall behind, and when they have caught up. */
export function onLag(io: Server, listener: LagListener): void {
  serverState(io).get(queues)?.onLag(listener);
}

/**
 * Calls back as soon as the client of a socket has taken most of what it was sent, for back-pressure: a client that
 * does not read must not be given more and more.
 */
export function whenTaken({ conn, nsp }: Socket, resume: () => void): void {
  const all = serverState(nsp.server).get(queues);
  if (all) all.whenTaken(conn as unknown as Connection, resume);
  else resume();
}

/** Tells whether the client of a connection has taken most of what it was sent, and may be given more. */
export function takesMore(io: Server, connection: Socket['conn']): boolean {
  return (
    serverState(io)
      .get(queues)
      ?.takesMore(connection as unknown as Connection) ?? true
  );
}

/** Socket.IO's types hide much of a connection. */
function framed(connection: Socket['conn']): FramedConnection {
  return connection as unknown as FramedConnection;
}
