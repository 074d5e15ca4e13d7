import type { Server, Socket } from 'socket.io';
import { FailureLog, LineLogger } from '../../common/log.js';
import type { SocketResponse } from '../../protocol/request.js';
import { type ConnectionListenerOptions, onConnection } from '../namespaces.js';

const failures = new FailureLog(new LineLogger('SocketsModule'));

/** The callback that a client passes in order to get the answer. */
export type Acknowledge = (response: SocketResponse) => void;

/**
 * Handles an event that a client sent.
 *
 * @param args what it sent, without the acknowledgement
 * @param acknowledge `undefined` if it asked for none
 */
export type ClientEventHandler = (
  socket: Socket,
  args: readonly unknown[],
  acknowledge: Acknowledge | undefined,
) => void;

/** Makes a listener that all sockets share: one of its own would cost each of them a closure. */
export function sharedListener(handle: ClientEventHandler): (this: Socket, ...args: unknown[]) => void {
  return function (...args) {
    const last = args.at(-1);
    if (typeof last === 'function') handle(this, args.slice(0, -1), last as Acknowledge);
    else handle(this, args, undefined);
  };
}

/**
 * Answers an event of clients, in every namespace. Only the first argument is read; a client that asks for no
 * acknowledgement gets none.
 *
 * @param answer makes the response, and never throws or rejects
 */
export function answerClients(
  io: Server,
  event: string,
  answer: (socket: Socket, message: unknown) => SocketResponse | Promise<SocketResponse>,
  options?: ConnectionListenerOptions,
): void {
  const listener = sharedListener((socket, [message], acknowledge) => {
    const response = answer(socket, message);
    if (!(response instanceof Promise)) return acknowledge?.(response);
    response.then(acknowledge).catch((error: unknown) => failures.report(`"${event}" was not answered.`, error));
  });
  onConnection(io, (socket) => void socket.on(event, listener), options);
}
