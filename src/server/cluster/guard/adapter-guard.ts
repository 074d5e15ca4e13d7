import type { Namespace, ServerOptions } from 'socket.io';
import { reachesOtherServers } from '../server-events.js';
import { guardIncoming } from './incoming.js';
import { deliverLocallyFirst } from './local-first.js';
import { guardOutgoing } from './outgoing.js';
import { guardSubscriptions, heedPromises } from './subscriptions.js';

type AdapterFactory = NonNullable<ServerOptions['adapter']>;

/**
 * Puts a guard around the adapters that join servers, whatever package they come from. Some let a publication that
 * fails, or a message that they cannot read, end the process; others go on without hearing anything any more.
 *
 * @param adapter what the application gives as `adapter`: a class, or a function that makes one
 */
export function guardAdapter(adapter: AdapterFactory): AdapterFactory {
  const make = adapter as unknown as new (namespace: Namespace) => Namespace['adapter'];
  // Not an arrow function, since Socket.IO calls it with `new`.
  function makeGuarded(namespace: Namespace): Namespace['adapter'] {
    const made = heedPromises('subscribe', namespace, () => new make(namespace));
    if (!reachesOtherServers(made)) return made;
    guardSubscriptions(made, namespace);
    guardOutgoing(made, namespace);
    deliverLocallyFirst(made);
    guardIncoming(made, namespace);
    return made;
  }
  return makeGuarded;
}
