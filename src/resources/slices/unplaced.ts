import { Logger } from '@nestjs/common';

/** What somebody published, and the fields by which it is not known in which slice that happened. */
interface Unplaced {
  resource: string;
  verb?: string;
  unknown: readonly string[];
}

/** Tells the log whose watchers of a slice may have heard nothing; once for each route or method. */
export class UnplacedComplaints {
  private readonly logger = new Logger('ResourcefulPubSub');
  private readonly said = new Set<string>();

  /** @param by the decorator and the route, or the method of the channel */
  about(by: string, unplaced: Unplaced): void {
    if (this.said.has(by)) return;
    this.said.add(by);
    this.logger.warn(`${by}: ${wordsOf(unplaced)} This is said once.`);
  }
}

function wordsOf({ resource, verb, unknown }: Unplaced): string {
  const fields = unknown.join(', ');
  if (verb === 'created') {
    return (
      `the new record of "${resource}" does not say its ${fields}, so whoever watches such a slice does not hear of it. Answer the record with that, ` +
      `null for none, or say it: { slice: { ${unknown[0]}: (record, context) => … } }.`
    );
  }
  const problem = `it is not known which ${fields} a record of "${resource}" had, so whoever watches the slice that it was in may not hear of it.`;
  return verb === 'updated' || verb === 'destroyed'
    ? `${problem} Say it with the option "previous", which is the record as it was.`
    : `${problem} It becomes known when the record is read by a route with @SubscribeOnRead, or changes.`;
}
