import type { Namespace } from 'socket.io';
import { MILLISECONDS, readOptions } from '../common/option-rules.js';
import { whyRefused } from '../server/inbound/packet-refusal.js';
import type { ResolvedIoServerOptions } from '../server/options/server.options.js';
import { readData, readEvent } from './emission.js';
import { membersOnAllServers } from './members/member-questions.js';
import { SocketAnswerRefusedError, SocketNotFoundError, SocketRequestTimeoutError } from './rooms.errors.js';

/** The part of a socket, on this server or another, that is needed to ask its client. */
interface Askable {
  timeout(milliseconds: number): { emitWithAck(event: string, ...args: unknown[]): Promise<unknown> };
}

/** Options of `request`. */
export interface RequestOptions {
  /** Milliseconds to wait for the answer. @default the option `requestTimeout` of SocketsModule */
  timeout?: number;
}

/** A request to one client, after it was checked. */
export interface ClientRequest {
  event: string;
  /** One argument, or none. */
  args: unknown[];
  timeout: number;
}

export function readClientRequest(
  event: unknown,
  data: unknown,
  options: unknown,
  { maxNesting, requestTimeout }: ResolvedIoServerOptions,
): ClientRequest {
  const { timeout = requestTimeout } = readOptions<RequestOptions>('request', options, { timeout: MILLISECONDS });
  return { event: readEvent('request', event), args: readData('request', data, maxNesting), timeout };
}

/**
 * Sends a request to the one socket that is in these rooms, on whichever server, and returns its client's answer.
 *
 * @throws SocketNotFoundError, SocketRequestTimeoutError, SocketAnswerRefusedError, ServersTimeoutError
 */
export async function askClient(namespace: Namespace, rooms: string[], request: ClientRequest): Promise<unknown> {
  const { event } = request;
  const socket = await findOne(namespace, rooms);
  const answer = await answerOf(socket, request);
  const why = whyRefused(answer);
  if (why) throw new SocketAnswerRefusedError(event, why.message);
  return answer;
}

async function answerOf(socket: Askable, { event, args, timeout }: ClientRequest): Promise<unknown> {
  try {
    return await socket.timeout(timeout).emitWithAck(event, ...args);
  } catch (error) {
    if (error instanceof SocketNotFoundError) throw error;
    throw new SocketRequestTimeoutError(event, timeout, { cause: error });
  }
}

async function findOne(namespace: Namespace, rooms: string[]): Promise<Askable> {
  const [room] = rooms;
  const here = rooms.length === 1 && room !== undefined ? namespace.sockets.get(room) : undefined;
  if (here) return here;
  const found = await membersOnAllServers('request', namespace, rooms);
  const [id] = found;
  if (found.length === 1 && id !== undefined) return namespace.sockets.get(id) ?? onOtherServer(namespace, id);
  throw new SocketNotFoundError(`request: the target must be one connected socket, not ${found.length}.`);
}

function onOtherServer(namespace: Namespace, id: string): Askable {
  return {
    timeout: (milliseconds) => ({
      async emitWithAck(event, ...args) {
        const answers = (await namespace
          .to(id)
          .timeout(milliseconds)
          .emitWithAck(event, ...args)) as unknown[];
        if (answers.length === 0) throw new SocketNotFoundError('request: the socket has disconnected meanwhile.');
        return answers[0];
      },
    }),
  };
}
