import { debugLog } from '../../../common/log.js';
import { isRecord } from '../../../common/type-guards.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import type { SocketsServer } from '../../../server/sockets-server.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import type { Resource } from '../../definition/resource.js';
import type { SliceFields } from '../../slices/slices.js';
import type { Publication } from '../publication.js';
import { RecordNews } from '../record-news.js';

const debug = debugLog('resources');

/** How long the other servers have to answer, in milliseconds, and of how many publications at once. */
const ANSWER_TIME = 10_000;
const MAX_ASKED = 500;

/** A publication of a record of which it was not known in which slices it was. */
interface Asked {
  publication: Publication;
  omitted: readonly string[];
  at: number;
  /** The slices of which watchers were told since. */
  told: Set<string>;
}

/**
 * Tells the other servers which slices a record is in now, when that has changed: a server that remembers it in another
 * slice would go on publishing it there. Where this server did not know in which slices the record was, it asks the
 * others first: those who watch one of them still have it.
 */
export class SliceNews {
  private readonly news: RecordNews;
  private readonly questions: RecordNews;
  private readonly answers: RecordNews;
  private readonly asked = new Map<string, Asked>();

  constructor(server: SocketsServer, registry: ResourceRegistry) {
    this.news = new RecordNews(server, registry, 'placed');
    this.questions = new RecordNews(server, registry, 'where-was');
    this.answers = new RecordNews(server, registry, 'was-placed');
  }

  /** @param leave tells the watchers of slices that a record was in by what another server knows, and no longer is */
  listen(leave: (publication: Publication, keys: readonly string[], omitted: readonly string[]) => void): void {
    this.news.listen((resource, id, fields) => {
      if (!isRecord(fields)) return;
      debug?.(`another server placed ${resource.name} ${id}`);
      resource.locations.correct(id, fields);
    });
    this.questions.listen((resource, id) => {
      const known = resource.locations.find(id);
      if (known) this.answers.tell(resource, id, writableFields(known));
    });
    this.answers.listen((resource, id, fields) => {
      const asked = this.asked.get(keyOf(resource, id));
      if (!asked || !isRecord(fields) || performance.now() - asked.at > ANSWER_TIME) return;
      // It may have moved once more.
      const now = resource.slices.keysOf(resource.locations.find(id) ?? {});
      const keys = resource.slices
        .keysOf(resource.slices.fieldsOf(fields))
        .filter((key) => !now.includes(key) && !asked.told.has(key));
      if (keys.length === 0) return;
      for (const key of keys) asked.told.add(key);
      debug?.(`another server knew of ${keys.length} more slice(s) that ${resource.name} ${id} has left`);
      leave(asked.publication, keys, asked.omitted);
    });
  }

  /** Asks the other servers where the record was, before they are told where it is. */
  ask(publication: Publication, omitted: readonly string[]): void {
    const { resource, id } = publication;
    if (id === undefined) return;
    const key = keyOf(resource, id);
    this.asked.delete(key);
    this.asked.set(key, { publication, omitted, at: performance.now(), told: new Set() });
    if (this.asked.size > MAX_ASKED) this.asked.delete(this.asked.keys().next().value as string);
    this.questions.tell(resource, id, null);
  }

  tell(resource: Resource, id: RecordId, fields: SliceFields): void {
    this.news.tell(resource, id, writableFields(fields));
  }
}

function keyOf({ name, ids }: Resource, id: RecordId): string {
  return JSON.stringify([name, ids.canonicalFormOf(id)]);
}

/** Replaces bigints, which a look-up may return but JSON does not have. */
export function writableFields(fields: SliceFields): SliceFields {
  const write = (value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
  const values = Object.entries(fields).map(([field, value]) => [
    field,
    Array.isArray(value) ? value.map(write) : write(value),
  ]);
  return Object.fromEntries(values) as SliceFields;
}
