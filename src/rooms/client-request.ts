import type { Namespace } from 'socket.io';
import { MILLISECONDS, readOptions } from '../common/option-rules.js';
import { askClientElsewhere, type ClientQuestion } from '../server/cluster/questions/client-questions.js';
import { whyRefused } from '../server/inbound/packet-refusal.js';
import type { ResolvedIoServerOptions } from '../server/options/server.options.js';
import { readData, readEvent } from './emission.js';
import { membersOnAllServers } from './members/member-questions.js';
import { SocketAnswerRefusedError, SocketNotFoundError, SocketRequestTimeoutError } from './rooms.errors.js';

/** Options of `request`. */
export interface RequestOptions {
  /** Milliseconds to wait for the answer. @default the option `requestTimeout` of SocketsModule */
  timeout?: number;
}

export function readClientRequest(
  event: unknown,
  data: unknown,
  options: unknown,
  { maxNesting, requestTimeout }: ResolvedIoServerOptions,
): ClientQuestion {
  const { timeout = requestTimeout } = readOptions<RequestOptions>('request', options, { timeout: MILLISECONDS });
  return { event: readEvent('request', event), args: readData('request', data, maxNesting), timeout };
}

/**
 * Sends a request to the one socket that is in these rooms, on whichever server, and returns its client's answer.
 *
 * @throws SocketNotFoundError, SocketRequestTimeoutError, SocketAnswerRefusedError, ServersTimeoutError
 */
export async function askClient(namespace: Namespace, rooms: string[], request: ClientQuestion): Promise<unknown> {
  const { event } = request;
  const id = await findOne(namespace, rooms);
  const answer = await answerOf(namespace, id, request);
  const why = whyRefused(answer);
  if (why) throw new SocketAnswerRefusedError(event, why.message);
  return answer;
}

async function answerOf(namespace: Namespace, id: string, request: ClientQuestion): Promise<unknown> {
  const { event, args, timeout } = request;
  try {
    const here = namespace.sockets.get(id);
    return await (here
      ? here.timeout(timeout).emitWithAck(event, ...args)
      : askClientElsewhere(namespace, id, request));
  } catch (error) {
    throw new SocketRequestTimeoutError(event, timeout, { cause: error });
  }
}

async function findOne(namespace: Namespace, rooms: string[]): Promise<string> {
  const [room] = rooms;
  if (rooms.length === 1 && room !== undefined && namespace.sockets.has(room)) return room;
  const found = await membersOnAllServers('request', namespace, rooms);
  const [id] = found;
  if (found.length === 1 && id !== undefined) return id;
  throw new SocketNotFoundError(`request: the target must be one connected socket, not ${found.length}.`);
}
