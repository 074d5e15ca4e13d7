import type { Namespace } from 'socket.io';
import { readData, readEvent } from './emission.js';
import { SocketNotFoundError } from './errors/socket-not-found.error.js';
import { SocketRequestTimeoutError } from './errors/socket-request-timeout.error.js';
import { readOptions } from './method-options.js';
import { MILLISECONDS } from './option-rules.js';
import type { ResolvedSocketsServerOptions } from './sockets-server.options.js';

/** As much of a socket as is asked, on this server or another. */
interface Askable {
  timeout(milliseconds: number): { emitWithAck(event: string, ...args: unknown[]): Promise<unknown> };
}

/** Options of `request`. */
export interface RequestOptions {
  /** Milliseconds to wait for the answer. @default the option `requestTimeout` of SocketsModule */
  timeout?: number;
}

/** A question to one client, checked. */
export interface ClientQuestion {
  event: string;
  /** One argument, or none. */
  args: unknown[];
  timeout: number;
}

export function readQuestion(
  event: unknown,
  data: unknown,
  options: unknown,
  { maxNesting, requestTimeout }: ResolvedSocketsServerOptions,
): ClientQuestion {
  const { timeout = requestTimeout } = readOptions<RequestOptions>('request', options, { timeout: MILLISECONDS });
  return { event: readEvent('request', event), args: readData('request', data, maxNesting), timeout };
}

/**
 * Asks the one socket that is in these rooms, on whichever server.
 *
 * @throws SocketNotFoundError, SocketRequestTimeoutError
 */
export async function askClient(namespace: Namespace, rooms: string[], question: ClientQuestion): Promise<unknown> {
  const { event, args, timeout } = question;
  const socket = await findOne(namespace, rooms);
  try {
    return await socket.timeout(timeout).emitWithAck(event, ...args);
  } catch (error) {
    throw new SocketRequestTimeoutError(event, timeout, { cause: error });
  }
}

async function findOne(namespace: Namespace, rooms: string[]): Promise<Askable> {
  const [room] = rooms;
  const here = rooms.length === 1 && room !== undefined ? namespace.sockets.get(room) : undefined;
  if (here) return here;
  const found = rooms.length === 0 ? [] : await namespace.in(rooms).fetchSockets();
  const [socket] = found;
  if (found.length === 1 && socket) return socket;
  throw new SocketNotFoundError(`request: the target must be one connected socket, and is ${found.length} of them.`);
}
