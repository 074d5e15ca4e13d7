import { randomUUID } from 'node:crypto';
import type { Namespace, Server } from 'socket.io';
import { isRecord } from '../../../common/type-guards.js';
import { eachNamespace } from '../../namespaces.js';
import { Slot, serverState } from '../../state.js';
import { joinBytes, separateBytes, type SeparatedBytes } from '../message-bytes.js';
import { hearOtherServers, tellOtherServers } from '../server-messages.js';

/** An event that a client is to acknowledge. */
export interface ClientQuestion {
  event: string;
  /** Plain data. */
  args: readonly unknown[];
  /** How many milliseconds the client may take. */
  timeout: number;
}

/** The same as the server of the socket is told it. */
interface AskedQuestion extends Omit<ClientQuestion, 'args'> {
  id: string;
  socket: string;
  args: SeparatedBytes;
}

type Settle = (answer: SeparatedBytes | undefined) => void;

/** Holds what is to be done with the answers that this server waits for, by the ids of the questions. */
const waiting = new Slot(() => new Map<string, Settle>());

const ASK_CLIENT = 'ask-client';
const CLIENT_ANSWERED = 'client-answered';

/** How much longer than the client its server may take, in milliseconds, for two ways over the bus. */
const TRANSIT_TIME = 1_000;

/**
 * Asks the client of a socket that is connected to another server. The question takes the way of all messages, so the
 * client has been sent before it whatever was sent before it.
 *
 * @throws Error when no answer comes in time
 */
export async function askClientElsewhere(
  namespace: Namespace,
  socket: string,
  { event, args, timeout }: ClientQuestion,
): Promise<unknown> {
  const pending = serverState(namespace.server).get(waiting);
  const id = randomUUID();
  const answer = await new Promise<SeparatedBytes | undefined>((resolve) => {
    const timer = setTimeout(resolve, timeout + TRANSIT_TIME, undefined);
    pending.set(id, (given) => {
      clearTimeout(timer);
      resolve(given);
    });
    const asked: AskedQuestion = { id, socket, event, args: separateBytes(args), timeout };
    tellOtherServers(namespace, ASK_CLIENT, [asked], [socket]);
  }).finally(() => pending.delete(id));
  if (!answer) throw new Error('the server of the socket has brought no answer');
  return joinBytes(answer);
}

/** Asks the clients of this server what other servers want to know, from now on. */
export function askClientsForOtherServers(io: Server): void {
  eachNamespace(io, (namespace) => {
    hearOtherServers(namespace, ASK_CLIENT, (asked) => askHere(namespace, asked as AskedQuestion));
    hearOtherServers(namespace, CLIENT_ANSWERED, (id, answer) => {
      const settle = serverState(io)
        .get(waiting)
        .get(id as string);
      settle?.(isRecord(answer) ? (answer as unknown as SeparatedBytes) : undefined);
    });
  });
}

async function askHere(namespace: Namespace, { id, socket, event, args, timeout }: AskedQuestion): Promise<void> {
  const here = namespace.sockets.get(socket);
  if (!here) return;
  const answer = await here
    .timeout(timeout)
    .emitWithAck(event, ...(joinBytes(args) as unknown[]))
    .then(separateBytes, () => null);
  tellOtherServers(namespace, CLIENT_ANSWERED, [id, answer]);
}
