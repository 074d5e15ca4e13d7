import type { Socket } from 'socket.io-client';
import type { DeliveryNote } from '../wire/delivery-note.js';
import type { ResourceMessage } from '../wire/resource-message.js';
import { assertArgument } from './arguments.js';

/** Told of what happened to the records of a resource that this client is subscribed to. */
export type ResourceListener<T = Record<string, unknown>> = (message: ResourceMessage<T>, note: DeliveryNote) => void;

// oxlint-disable-next-line typescript/no-explicit-any -- As Socket.IO has it.
type Listener = (...args: any[]) => void;

/** Events of the connection itself. */
const RESERVED: readonly unknown[] = ['connect', 'connect_error', 'disconnect'];

/** The listeners to resources: events of the socket, which keeps them however often it connects. */
export class ResourceListeners {
  constructor(private readonly socket: Socket) {}

  add(method: 'on' | 'once', resource: string, listener: Listener): () => void {
    assertResource(method, resource);
    assertArgument(typeof listener === 'function', `${method}: the listener to "${resource}" must be a function`);
    this.socket[method](resource, listener);
    let isOver = false;
    return () => {
      // The same listener may be there a second time.
      if (!isOver) this.socket.off(resource, listener);
      isOver = true;
    };
  }

  remove(resource: string, listener?: Listener): void {
    assertResource('off', resource);
    if (listener) this.socket.off(resource, listener);
    else this.socket.off(resource);
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
