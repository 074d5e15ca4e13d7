import { LineLogger } from '../../../common/log.js';

/** How many fields of one resource and route are warned of: where fields are keys of a dictionary, there is no end. */
const MAX_FIELDS = 100;

/** Warns of fields that are not sent to everybody, once for each field, resource and route. */
export class LeftOutFields {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  /** The fields that were warned of, by resource and route. */
  private readonly warned = new Map<string, Set<string>>();

  /** @param by the decorator and the route */
  warn(resource: string, by: string, paths: ReadonlySet<string>): void {
    const fresh = [...paths].filter((path) => this.isFirst(resource, by, path));
    if (fresh.length === 0) return;
    this.logger.warn(
      `${by}: the response shows ${fresh.join(', ')} of "${resource}", which no read has shown to some of its ` +
        `subscribers, so it is left out for them, and they are told to read again. To send it to them, declare what ` +
        `may be told, @Resourceful('${resource}', { view: … }), or show it in the read that subscribes them. ` +
        `(Logged once per field.)`,
    );
  }

  /** Warns that nothing says what sockets may be shown that code has subscribed. */
  warnOfUnread(resource: string, by: string): void {
    if (!this.isFirst(resource, by, '')) return;
    this.logger.warn(
      `${by}: no read says what sockets may be shown that code has subscribed to "${resource}". They are sent what ` +
        `all readers on this server have been shown, and while there are none the whole response, as whoever changed ` +
        `the record sees it. Declare what they may be shown: @Resourceful('${resource}', { view: … }). ` +
        `(Logged once per route.)`,
    );
  }

  private isFirst(resource: string, by: string, path: string): boolean {
    const key = JSON.stringify([resource, by]);
    const warned = this.warned.get(key) ?? new Set<string>();
    this.warned.set(key, warned);
    if (warned.has(path) || (path !== '' && warned.size >= MAX_FIELDS)) return false;
    warned.add(path);
    return true;
  }
}
