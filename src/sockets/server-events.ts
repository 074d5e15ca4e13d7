import { Logger } from '@nestjs/common';
import { EventEmitter } from 'node:events';
import type { Adapter } from 'socket.io-adapter';
import type { Namespace } from 'socket.io';
import { InvalidEventError } from './errors/invalid-event.error.js';
import { assertSerializable } from './serializable.js';

/** Called with the arguments of the event that another server sent. */
export type ServerEventListener = (...args: unknown[]) => unknown;

const logger = new Logger('SocketsModule');

/** Events that a namespace has of its own. */
const RESERVED_EVENTS: ReadonlySet<string> = new Set(['connect', 'connection', 'new_namespace']);

/** Tells the other servers, not this one, and no client. Alone, there is nobody to tell. */
export function emitToOtherServers(
  method: string,
  namespace: Namespace,
  event: string,
  args: unknown[],
  maxNesting: number,
): void {
  assertServerEvent(method, event);
  assertSerializable(method, args, maxNesting + 1);
  if (reachesOtherServers(namespace.adapter)) namespace.serverSideEmit(event, ...args);
}

/** Tells the listeners on this server. */
export function emitToThisServer(namespace: Namespace, event: string, args: unknown[]): void {
  for (const listener of namespace.listeners(event)) listener(...args);
}

/** A listener that throws, or rejects, is logged: thrown into the adapter it would end the process. */
export function listenToServers(namespace: Namespace, event: string, listener: ServerEventListener): () => void {
  assertServerEvent('onServerEvent', event);
  const guarded = (...args: unknown[]): void => {
    new Promise((resolve) => resolve(listener(...args))).catch((error: unknown) =>
      logger.error(`A listener of the server event "${event}" failed.`, error),
    );
  };
  namespace.on(event, guarded);
  return () => void namespace.off(event, guarded);
}

function assertServerEvent(method: string, event: unknown): void {
  if (typeof event !== 'string' || event === '' || RESERVED_EVENTS.has(event)) {
    throw new InvalidEventError(event, method);
  }
}

/** Socket.IO's in-memory adapter inherits the method from the root of all adapters, where it only complains on the console. */
function reachesOtherServers(adapter: Adapter): boolean {
  let root: object = Object.getPrototypeOf(adapter);
  while (Object.getPrototypeOf(root) !== EventEmitter.prototype && Object.getPrototypeOf(root) !== Object.prototype) {
    root = Object.getPrototypeOf(root);
  }
  return adapter.serverSideEmit !== (root as Adapter).serverSideEmit;
}
