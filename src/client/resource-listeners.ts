import type { Socket } from 'socket.io-client';
import type { DeliveryNote } from '../protocol/notes.js';
import type { ResourceMessage } from '../protocol/resource-message.js';
import { assertArgument } from './arguments.js';
import { tell } from './tell.js';

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
