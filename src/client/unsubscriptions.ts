import type { RecordId } from '../protocol/resource-message.js';
import type { Unsubscription } from '../protocol/subscription.js';
import { assertArgument } from './arguments.js';

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
