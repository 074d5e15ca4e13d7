import type { Server, Socket } from 'socket.io';
import type { ErrorBody } from '../../protocol/request.js';
import { refusalsOf } from '../metrics.js';
import { onConnection } from '../namespaces.js';

const UNKNOWN_EVENT: ErrorBody = {
  statusCode: 404,
  code: 'UNKNOWN_EVENT',
  message: 'Nothing on this server handles that event.',
};

type AnyListener = (this: Socket, event: string, ...args: unknown[]) => void;

/** Listeners of the library to any event, and the events that they handle. */
const selective = new WeakMap<object, (event: string) => boolean>();

/** Says which events a listener to any event handles, so that all others are known to be handled by nobody. */
export function handlesOnly<Listener extends object>(
  listener: Listener,
  handles: (event: string) => boolean,
): Listener {
  selective.set(listener, handles);
  return listener;
}

/** Sockets with a middleware of ours behind those that the application has added. */
const lastInLine = new WeakSet<Socket>();

/**
 * Answers events that nobody listens to, which would leave their clients waiting. A listener of the application to any
 * event may answer each of them, and so may a middleware of a socket, so these come first.
 *
 * @param handles tells whether a gateway of the namespace handles an event
 */
export function answerUnknownEvents(io: Server, handles: (namespace: string, event: string) => boolean): void {
  const refusals = refusalsOf(io);

  const refuse = (socket: Socket, event: string, last: unknown): void => {
    if (isListenedTo(socket, event)) return;
    refusals.add('unknownEvent');
    if (typeof last === 'function') (last as (body: ErrorBody) => void)(UNKNOWN_EVENT);
  };

  /** Socket.IO itself, and the library, listen to the event of errors, which a client can send. */
  const isListenedTo = (socket: Socket, event: string): boolean =>
    (event === 'error' ? handles(socket.nsp.name, event) : socket.listenerCount(event) > 0) ||
    socket.listenersAny().some((other) => selective.get(other)?.(event) ?? true);

  // One listener for all sockets.
  const listener: AnyListener = function (event, ...args) {
    if (!hasMiddleware(this)) return refuse(this, event, args.at(-1));
    if (lastInLine.has(this) || isListenedTo(this, event)) return;
    lastInLine.add(this);
    this.use(([name, ...values], next) => {
      refuse(this, name, values.at(-1));
      next();
    });
  };
  handlesOnly(listener, () => false);
  onConnection(io, (socket) => void socket.onAny(listener));
}

function hasMiddleware(socket: Socket): boolean {
  const { fns } = socket as unknown as { fns?: unknown };
  return Array.isArray(fns) && fns.length > 0;
}
