import type { Namespace } from 'socket.io';
import { FailureLog, FirstTimes, LineLogger, logFailure } from '../../common/log.js';
import { busCountsOf } from '../metrics.js';
import { busOf } from './bus.js';
import { reachesOtherServers } from './server-events.js';

/** Called with what another server has told. Nothing says that it is what it should be. */
export type MessageListener = (...told: unknown[]) => unknown;

const logger = new LineLogger('SocketsModule');
const unsent = new FailureLog(logger);

/** The listeners of each namespace, by the names of messages. */
const listening = new WeakMap<Namespace, Map<string, MessageListener>>();

/**
 * Tells the other servers something, if there are any. Whatever is told arrives in the order of the calls.
 *
 * It never throws: the sender has done its own part by then, which no failure of the bus undoes.
 *
 * @param told plain data. It travels as JSON, since each adapter has an encoding of its own, and some lose bytes, or
 *   the difference between what is absent and `null`.
 * @param rooms those whose members it concerns; absent if it concerns every server
 */
export function tellOtherServers(
  namespace: Namespace,
  name: string,
  told: readonly unknown[],
  rooms?: readonly string[],
): void {
  if (!reachesOtherServers(namespace.adapter)) return;
  const failed = (error: unknown): void => {
    busCountsOf(namespace.server).add('unsent');
    unsent.report(`Other servers could not be told "${name}".`, error);
  };
  try {
    busOf(namespace.server)
      .send(namespace, JSON.stringify([name, ...told]), rooms)
      ?.catch(failed);
  } catch (error) {
    failed(error);
  }
}

/**
 * Listens to one message of other servers. There is one listener to it in each namespace.
 *
 * @returns a function that removes the listener
 */
export function hearOtherServers(namespace: Namespace, name: string, listener: MessageListener): () => void {
  const listeners = listenersIn(namespace);
  listeners.set(name, listener);
  return () => {
    if (listeners.get(name) === listener) listeners.delete(name);
  };
}

function listenersIn(namespace: Namespace): Map<string, MessageListener> {
  const known = listening.get(namespace);
  if (known) return known;
  const listeners = new Map<string, MessageListener>();
  listening.set(namespace, listeners);
  const unread = new FirstTimes(10);
  busOf(namespace.server).receive(namespace, (text) => {
    const message = parse(text);
    const listener = message && listeners.get(message.name);
    if (listener) {
      run(message, listener);
      return;
    }
    busCountsOf(namespace.server).add('unreadable');
    const what = message ? `says "${message.name}", which this release does not know` : 'cannot be read';
    if (unread.isFirst(what)) logger.warn(`A message of another server ${what}. It was dropped. (Logged once.)`);
  });
  return listeners;
}

interface Message {
  name: string;
  told: unknown[];
}

/** Reads what came over the bus, which may be anything. */
function parse(text: unknown): Message | undefined {
  try {
    const read: unknown = JSON.parse(text as string);
    if (!Array.isArray(read)) return undefined;
    const [name, ...told] = read as unknown[];
    return typeof name === 'string' ? { name, told } : undefined;
  } catch {
    return undefined;
  }
}

/** Logs what a listener throws: thrown into the adapter, it would end the process. */
function run({ name, told }: Message, listener: MessageListener): void {
  new Promise((resolve) => resolve(listener(...told))).catch((error: unknown) =>
    logFailure(logger, `What another server told, "${name}", could not be done.`, error),
  );
}
