import type { Socket } from 'socket.io-client';
import type { DeliveryNote } from '../protocol/notes.js';
import type { RecordId, ResourceMessage } from '../protocol/resource-message.js';
import type { Unsubscription } from '../protocol/subscription.js';
import { assertArgument } from './assertions.js';

/** Calls what the application handed in. If it throws, that is heard as any other uncaught error, and nobody else goes without. */
export function tell<Args extends readonly unknown[]>(listener: (...args: Args) => void, ...args: Args): void {
  try {
    listener(...args);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Told of what happened to the records of a resource that this client is subscribed to. */
export type ResourceListener<T = Record<string, unknown>> = (message: ResourceMessage<T>, note: DeliveryNote) => void;

// oxlint-disable-next-line typescript/no-explicit-any -- As Socket.IO has it.
type Listener = (...args: any[]) => void;

/** Events of the connection itself. */
const RESERVED: readonly unknown[] = ['connect', 'connect_error', 'disconnect'];

/** A listener as often as it was added. */
interface Registration {
  resource: string;
  listener: Listener;
  end(): void;
}

/** The listeners to resources: events of the socket, which keeps them however often it connects. */
export class ResourceListeners {
  private readonly registrations = new Set<Registration>();

  constructor(private readonly socket: Socket) {}

  add(method: 'on' | 'once', resource: string, listener: Listener): () => void {
    assertResource(method, resource);
    assertArgument(typeof listener === 'function', `${method}: the listener to "${resource}" must be a function`);
    // One of its own for each, by which it is ended and no other.
    const hear = (...args: unknown[]): void => {
      if (method === 'once') end();
      tell(listener, ...args);
    };
    const end = (): void => {
      this.registrations.delete(registration);
      this.socket.off(resource, hear);
    };
    const registration: Registration = { resource, listener, end };
    this.registrations.add(registration);
    this.socket.on(resource, hear);
    return end;
  }

  remove(resource: string, listener?: Listener): void {
    assertResource('off', resource);
    for (const registration of this.registrations) {
      const isMeant = listener === undefined || registration.listener === listener;
      if (isMeant && registration.resource === resource) registration.end();
    }
  }
}

/** @throws TypeError */
export function assertResource(name: string, resource: unknown): asserts resource is string {
  assertArgument(
    typeof resource === 'string' && resource !== '',
    `${name}: the resource must be a name, such as "card", as the server has it in @Resourceful("card")`,
  );
  assertArgument(
    !RESERVED.includes(resource),
    `${name}: "${resource}" is no resource. How the connection is, onState() tells`,
  );
}

/** As many ids does a server take at once. */
const MOST_IDS = 1_000;

/**
 * What is said to the server, which may take several messages.
 *
 * @throws TypeError
 */
export function unsubscriptions(resource: string, given?: RecordId | readonly RecordId[]): Unsubscription[] {
  if (given === undefined) return [{ resource }];
  const ids = [given].flat();
  assertArgument(
    ids.every((id) => typeof id === 'string' || typeof id === 'number'),
    'unsubscribe: the ids must be strings or numbers, one or an array of them',
  );
  const parts = Math.max(1, Math.ceil(ids.length / MOST_IDS));
  return Array.from({ length: parts }, (_, n) => ({ resource, ids: ids.slice(n * MOST_IDS, (n + 1) * MOST_IDS) }));
}
