import { Json } from '../../../common/json.js';
import { FirstTimes, LineLogger } from '../../../common/log.js';
import { isObject } from '../../../common/type-guards.js';
import { refusalsOf } from '../../../server/metrics.js';
import type { SocketsServer } from '../../../server/sockets-server.js';
import type { Publication, Version } from '../publication.js';

/** The fields of messages that only say which records a message is about. */
const NAMES = ['verb', 'id', 'attribute', 'addedId', 'removedId'] as const;

/** The verbs of messages from which a client learns a record; the others are as useful without it. */
const TOLD: readonly unknown[] = ['created', 'updated', 'entered'];

/** The other verbs whose messages the library makes. */
const CHANGED: readonly unknown[] = ['destroyed', 'addedTo', 'removedFrom', 'left'];

/** The most bytes of UTF-8 that one unit of a string takes. */
const WIDEST = 3;

/**
 * Shortens messages that are too large: they keep the ids, by which a client can read what it may see. What has a verb
 * of the application's own, or none, is the application's matter.
 */
export class PublicationSize {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly logged = new FirstTimes(100);
  /** The length of text that is not too large, whatever its characters. */
  readonly surelyFits: number;

  constructor(
    private readonly server: SocketsServer,
    private readonly most: number,
  ) {
    this.surelyFits = most / WIDEST;
  }

  /** @param json the message, longer than `surelyFits` */
  limit(publication: Publication, version: Version, json: Json): Version {
    const size = Buffer.byteLength(json.text);
    if (size <= this.most) return version;
    const { value: message } = json;
    if (!isObject(message)) return version;
    const { verb, id } = message;
    if (!TOLD.includes(verb) && !CHANGED.includes(verb)) return version;
    if (this.server.exists) refusalsOf(this.server.io).add('publicationSize');
    this.report(publication, size);
    if (TOLD.includes(verb)) {
      const data = { [publication.resource.idField]: id };
      return { ...version, message: Json.of({ verb: 'updated', id, data }), isShortened: true };
    }
    const named = NAMES.filter((name) => message[name] !== undefined).map((name) => [name, message[name]] as const);
    const shortened = Json.of(Object.fromEntries(named));
    return { ...version, message: shortened, ...(verb === 'addedTo' && { isShortened: true }) };
  }

  private report({ resource: { name }, by = 'the other side of a relation' }: Publication, size: number): void {
    if (!this.logged.isFirst(name)) return;
    this.logger.warn(
      `${by}: a publication of "${name}" has ${size} bytes, and limits.maxPublication is ${this.most}, so only the ` +
        `id is sent, and clients have to read the record. Give "${name}" a view with fewer fields, or raise the ` +
        `limit. (Logged once.)`,
    );
  }
}
