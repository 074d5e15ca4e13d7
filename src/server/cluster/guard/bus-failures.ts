import type { Namespace } from 'socket.io';
import { FailureLog, LineLimit, LineLogger } from '../../../common/log.js';
import { busCountsOf } from '../../metrics.js';

const logger = new LineLogger('SocketsModule');
const unsent = new FailureLog(logger);

/** How many lines about messages that were dropped are logged in each period, and how long that is, in milliseconds. */
const unreadable = new LineLimit(10, 60_000);

/** Counts what an adapter could not send, and says so in the log. */
export function reportUnsent({ server }: Namespace, what: string, failure: unknown): void {
  busCountsOf(server).add('unsent');
  unsent.report(`The adapter could not send to other servers (${what}).`, failure);
}

/** Counts what came over the bus and was dropped, and says so in the log. Errors would show what was in it. */
export function reportUnreadable({ name, server }: Namespace, what: string): void {
  busCountsOf(server).add('unreadable');
  const omitted = unreadable.next();
  if (omitted === undefined) return;
  const more = omitted === 0 ? '' : ` (${omitted} more lines of this kind were left out.)`;
  logger.warn(`A message on the bus of the namespace "${name}" was dropped: ${what}.${more}`);
}
