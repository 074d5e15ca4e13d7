import { parseShapes } from '../../../protocol/answer-shape.js';
import { isUuid, canonicalId } from '../../../protocol/canonical-id.js';
import type { SocketResponse } from '../../../protocol/request.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import { RESOURCE_HEADER } from '../../../protocol/subscription.js';
import { isRecord } from '../assertions.js';

/** The fields that usually hold the id of a record. */
const ID_FIELDS = ['id', '_id'];

/** The levels of an answer in which ids are looked for. */
const MAX_DEPTH = 32;

/** The ids that show in an answer. */
interface Ids {
  /** Those of the outermost records. */
  records: Map<string, RecordId>;
  /** All of them, in canonical form. */
  keys: Set<string>;
  /** The kinds of ids among them. */
  kinds: Set<string>;
}

/**
 * What a read has subscribed to of one resource, as far as its answer says. Which records these are can only be guessed
 * from the ids in the answer. If there are none of the kind that is asked for, any record may be among them: hearing
 * too much does less harm than hearing nothing.
 */
export class Share {
  readonly #givenUp = new Set<string>();

  /** @param isCollection whether the answer is more than one record, so that the read may watch, too */
  constructor(
    private readonly ids: Ids,
    readonly isCollection: boolean,
  ) {}

  get records(): RecordId[] {
    return [...this.ids.records.values()];
  }

  /** Whether it may include one of the records or, without ids, anything. */
  mayHold(ids: readonly RecordId[] | undefined): boolean {
    const { keys, kinds } = this.ids;
    return (
      ids?.map(canonicalId).some((key) => !this.#givenUp.has(key) && (keys.has(key) || !kinds.has(kindOf(key)))) ?? true
    );
  }

  giveUp(ids: readonly RecordId[]): void {
    for (const id of ids) this.#givenUp.add(canonicalId(id));
  }

  /** Returns a share of both reads. */
  with({ ids: { records, keys, kinds } }: Share): Share {
    const { ids } = this;
    const both = {
      records: new Map([...ids.records, ...records]),
      keys: new Set([...ids.keys, ...keys]),
      kinds: new Set([...kinds].filter((kind) => ids.kinds.has(kind))),
    };
    const share = new Share(both, true);
    for (const key of this.#givenUp) if (!keys.has(key)) share.#givenUp.add(key);
    return share;
  }
}

/** Returns what a read has subscribed to, by resource. */
export function sharesIn({ headers, body }: SocketResponse): Map<string, Share> {
  const shapes = parseShapes(headers[RESOURCE_HEADER]);
  if (shapes.length === 0) return new Map();
  const ids: Ids = { records: new Map(), keys: new Set(), kinds: new Set() };
  collectIds(body, ids, true);
  const isCollection = !isRecord(body) || idsOf(body).length === 0;
  return new Map(shapes.map(({ resource }) => [resource, new Share(ids, isCollection)]));
}

function collectIds(value: unknown, found: Ids, isOutermost: boolean, depth = 0): void {
  if (depth === MAX_DEPTH) return;
  if (Array.isArray(value)) for (const item of value) collectIds(item, found, isOutermost, depth + 1);
  if (!isRecord(value)) return;
  const ids = idsOf(value);
  for (const id of ids) {
    const key = canonicalId(id);
    found.keys.add(key);
    found.kinds.add(kindOf(key));
    if (isOutermost) found.records.set(key, id);
  }
  for (const item of Object.values(value)) collectIds(item, found, isOutermost && ids.length === 0, depth + 1);
}

function idsOf(record: Record<string, unknown>): RecordId[] {
  return ID_FIELDS.map((field) => record[field]).filter((id) => typeof id === 'number' || typeof id === 'string');
}

/** Tells apart ids of different fields: where one shows, the others of its kind would show, too. */
function kindOf(key: string): string {
  if (isUuid(key)) return 'uuid';
  return /^\d+$/.test(key) ? 'number' : 'text';
}
