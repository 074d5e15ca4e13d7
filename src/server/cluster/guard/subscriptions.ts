import type { Namespace } from 'socket.io';
import { reportUnsent } from './bus-failures.js';
import { promisesMadeBy } from './promises-made.js';

type Listener = (room: string) => void;

/** Handles what an adapter subscribes to, and ends, without waiting for its outcome. */
export function guardSubscriptions(adapter: Namespace['adapter'], namespace: Namespace): void {
  const close = adapter.close.bind(adapter);
  adapter.close = () => heedPromises('unsubscribe', namespace, close);
  for (const event of ['create-room', 'delete-room']) {
    for (const listener of adapter.listeners(event) as Listener[]) {
      adapter.off(event, listener);
      adapter.on(event, (room: string) => heedPromises('subscribe', namespace, () => listener(room)));
    }
  }
}

/**
 * Runs the work, and handles the promises that it makes and forgets. What it does after that is its own matter.
 *
 * @param what it does, for the log
 */
export function heedPromises<T>(what: string, namespace: Namespace, work: () => T): T {
  const [result, made] = promisesMadeBy(work);
  if (made.length > 0) {
    Promise.all(made).catch((error: unknown) => reportUnsent(namespace, what, error));
  }
  return result;
}
