import type { Namespace, Server } from 'socket.io';
import { Json } from '../../common/json.js';
import { FailureLog, FirstTimes, LineLogger } from '../../common/log.js';
import { busCountsOf } from '../metrics.js';
import { busOf } from './bus.js';
import { reachesOtherServers } from './server-events.js';

/**
 * The messages of this release. What it knows but does not listen to at present, such as presence where no room is
 * tracked, is dropped without a word.
 */
const NAMES = [
  'ask-client',
  'asks-no-more',
  'beat',
  'catch-up',
  'client-answered',
  'deliver',
  'lost',
  'move-members',
  'placed',
  'presence',
  'published',
  'published-count',
  'relayed',
  'remember-read',
  'renamed',
  'revoke',
  'uncertain-slices',
  'users-are-known',
  'was-placed',
  'where-was',
] as const;

/** The name of a message. */
export type MessageName = (typeof NAMES)[number];

const known: ReadonlySet<string> = new Set(NAMES);

/** Called with what another server has told. Nothing says that it is what it should be. */
export type MessageListener = (...told: unknown[]) => unknown;

const logger = new LineLogger('SocketsModule');
const undone = new FailureLog(logger);
const unsent = new FailureLog(logger);

/** The listeners of each namespace, by the names of messages. */
const listening = new WeakMap<Namespace, Map<string, MessageListener>>();

/**
 * Tells the other servers something, if there are any. Whatever is told arrives in the order of the calls.
 *
 * It never throws: the sender has done its own part by then, which no failure of the bus undoes.
 *
 * @param told plain data, or what is JSON already. It travels as JSON, since each adapter has an encoding of its own,
 *   and some lose bytes, or the difference between what is absent and `null`.
 * @param rooms those whose members it concerns; absent if it concerns every server
 * @param entering those that these members are to enter, if they are
 */
export function tellOtherServers(
  namespace: Namespace,
  name: MessageName,
  told: readonly unknown[],
  rooms?: readonly string[],
  entering?: readonly string[],
): void {
  if (!reachesOtherServers(namespace.adapter)) return;
  const failed = (error: unknown): void => reportUnsent(namespace.server, name, error);
  try {
    busOf(namespace.server)
      .send(namespace, `[${[name, ...told].map(textOf).join()}]`, rooms, entering)
      ?.catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** Lists have a place for what JSON has no form for. */
function textOf(told: unknown): string {
  return told instanceof Json ? told.text : (JSON.stringify(told) ?? 'null');
}

/** Returns the text of a message around what it tells: two parts, which are JSON and put in where they are known. */
export function messageAround(name: MessageName): [before: string, between: string, after: string] {
  return [`${JSON.stringify([name]).slice(0, -1)},`, ',', ']'];
}

/** Counts and logs that other servers could not be told something. */
export function reportUnsent(io: Server, name: MessageName, error: unknown): void {
  busCountsOf(io).add('unsent');
  unsent.report(`Other servers could not be told "${name}".`, error);
}

/**
 * Listens to one message of other servers. There is one listener to it in each namespace.
 *
 * @returns a function that removes the listener
 */
export function hearOtherServers(namespace: Namespace, name: MessageName, listener: MessageListener): () => void {
  const listeners = listenersIn(namespace);
  listeners.set(name, listener);
  return () => {
    if (listeners.get(name) === listener) listeners.delete(name);
  };
}

function listenersIn(namespace: Namespace): Map<string, MessageListener> {
  const existing = listening.get(namespace);
  if (existing) return existing;
  const listeners = new Map<string, MessageListener>();
  listening.set(namespace, listeners);
  const unread = new FirstTimes(10);
  const end = busOf(namespace.server).receive(namespace, (text) => {
    const message = parse(text);
    const listener = message && listeners.get(message.name);
    if (listener) run(message, listener);
    if (message && known.has(message.name)) return;
    busCountsOf(namespace.server).add('unreadable');
    const what = message ? `says "${message.name}", which this release does not know` : 'cannot be read';
    if (unread.isFirst(what)) logger.warn(`A message of another server ${what}. It was dropped. (Logged once.)`);
  });
  endWith(namespace, end);
  return listeners;
}

/** Calls back when a namespace ends: with its server or, if it is dynamic, with its last socket. */
function endWith({ adapter }: Namespace, end: () => void): void {
  const close = adapter.close.bind(adapter);
  adapter.close = () => {
    end();
    return close();
  };
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
    undone.report(`What another server told, "${name}", could not be done.`, error),
  );
}
