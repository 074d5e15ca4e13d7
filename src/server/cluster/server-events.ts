import { EventEmitter } from 'node:events';
import type { Namespace, Server } from 'socket.io';
import { InvalidEventError } from '../server.errors.js';
import { LineLogger, logFailure } from '../../common/log.js';
import { copyWithBinary } from '../../common/json.js';

/** Called with the arguments of the event that another server sent. */
export type ServerEventListener = (...args: unknown[]) => unknown;

const logger = new LineLogger('SocketsModule');

/** Events that a namespace emits itself, and `error`, which ends a process that does not listen to it. */
export const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  'connect',
  'connection',
  'new_namespace',
  'error',
  'newListener',
  'removeListener',
]);

/**
 * Reads the arguments of an event to other servers as plain data.
 *
 * @throws InvalidEventError, NotSerializableError
 */
export function readServerEvent(
  method: string,
  event: unknown,
  args: readonly unknown[],
  maxNesting: number,
): unknown[] {
  assertServerEvent(method, event);
  return args.map((arg) => copyWithBinary(method, arg, maxNesting) ?? null);
}

/** Emits an event to the other servers, if there are any: not to this one, and to no client. */
export function emitToOtherServers(namespace: Namespace, event: string, args: readonly unknown[]): void {
  if (reachesOtherServers(namespace.adapter)) namespace.serverSideEmit(event, ...args);
}

/** Emits an event to the listeners on this server. */
export function emitToThisServer(namespace: Namespace, event: string, args: readonly unknown[]): void {
  EventEmitter.prototype.emit.call(namespace, event, ...args);
}

/**
 * Listens to an event of other servers. What the listener throws is logged: thrown into the adapter, it would end the
 * process.
 *
 * @returns a function that removes the listener
 * @throws InvalidEventError
 */
export function listenToServers(namespace: Namespace, event: string, listener: ServerEventListener): () => void {
  assertServerEvent('onServerEvent', event);
  const guarded = (...args: unknown[]): void => {
    new Promise((resolve) => resolve(listener(...args))).catch((error: unknown) =>
      logFailure(logger, `A listener of the server event "${event}" failed.`, error),
    );
  };
  namespace.on(event, guarded);
  return () => void namespace.off(event, guarded);
}

function assertServerEvent(method: string, event: unknown): asserts event is string {
  if (typeof event !== 'string' || event === '' || RESERVED_EVENTS.has(event)) {
    throw new InvalidEventError(event, method);
  }
}

/**
 * Tells whether an adapter joins several servers. Socket.IO's in-memory adapter inherits `serverSideEmit` from the root
 * of all adapters, where it only complains on the console.
 */
export function reachesOtherServers(adapter: Namespace['adapter']): boolean {
  let inherited: unknown;
  for (let prototype = parentOf(adapter); prototype; prototype = parentOf(prototype)) {
    if (Object.hasOwn(prototype, 'serverSideEmit'))
      inherited = (prototype as { serverSideEmit?: unknown }).serverSideEmit;
  }
  return adapter.serverSideEmit !== inherited;
}

/** Returns the namespaces that other servers have, too. */
export function clusteredNamespaces(io: Server): Namespace[] {
  return [...io._nsps.values()].filter(({ adapter }) => reachesOtherServers(adapter));
}

function parentOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null;
}
