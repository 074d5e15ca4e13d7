import { randomUUID } from 'node:crypto';
import { debugLog } from '../../../../common/log.js';
import { isRecord } from '../../../../common/type-guards.js';
import type { RecordId } from '../../../../protocol/resource-message.js';
import type { SocketsServer } from '../../../../server/sockets-server.js';
import { isBefore } from '../../../../server/cluster/delivery/standing.js';
import type { ResourceRegistry } from '../../../definition/resource-registry.js';
import type { Resource } from '../../../definition/resource.js';
import { isVersionedChange } from '../../../record-versions/newest-versions.js';
import { compareVersions } from '../../../record-versions/record-version.js';
import { GONE, type RecordLocation, type SliceFields } from '../../../slices/slices.js';
import { type HeardSource, type NewsSource, RecordNews } from '../../record-news.js';
import { without } from './moves.js';

const debug = debugLog('resources');

/** How long the news of a move may be on its way, in milliseconds: what another server does later has heard of it. */
const TRANSIT_TIME = 2_000;

/** Tells watchers of slices that a record is there no longer. */
export interface Leaving {
  /**
   * Those of this server.
   *
   * @param present the slices that it is in: who watches one of the same fields still has it
   */
  here(resource: Resource, id: RecordId, slices: readonly string[], present: readonly string[]): void;
  /** Those of all servers. */
  everywhere(resource: Resource, id: RecordId, slices: readonly string[], present: readonly string[]): void;
}

/**
 * Tells the other servers which slices a record is in now, or that it is gone, when that has changed: a server that
 * remembers it in another slice would go on publishing it there, or what has its id later.
 *
 * Where servers share no journal, two of them that move a record at the same time have heard nothing of each other. All
 * servers take the same one to be the last then, and each tells those of its own watchers who have the record from the
 * other.
 */
export class LocationNews {
  private readonly news: RecordNews;
  private readonly server = randomUUID();

  constructor(sockets: SocketsServer, registry: ResourceRegistry) {
    this.news = new RecordNews(sockets, registry, 'placed');
  }

  listen(leaving: Leaving): void {
    this.news.listen(
      (resource, id, fields, source) => {
        debug?.(`another server placed ${resource.name} ${id}`);
        if (isRecord(fields)) this.hear(resource, id, fields, source, leaving);
        else if (fields === null) this.hearGone(resource, id, source, leaving);
      },
      (resource, id) => this.repeat(resource, id),
    );
  }

  /** Tells the other servers what is remembered here, where they may have been told otherwise. */
  repeat(resource: Resource, id: RecordId): void {
    const { locations, versions } = resource;
    const known = locations.find(id);
    if (!known) return;
    const newest = versions.sent.newestOf(resource.ids.canonicalFormOf(id));
    this.tell(resource, id, known, newest ? { change: newest } : { place: locations.sourceOf(id).place });
  }

  /** @param source what has said so, which others compare with what they have heard */
  tell(resource: Resource, id: RecordId, now: RecordLocation, source: NewsSource): void {
    this.news.tell(resource, id, now === GONE ? null : writableFields(now), { ...source, by: this.server });
  }

  private hear(resource: Resource, id: RecordId, fields: object, source: HeardSource, leaving: Leaving): void {
    const { locations, slices } = resource;
    const { place, told, by, change } = source;
    const teller = String(by);
    const known = locations.find(id) ?? {};
    const [before, now] = [slices.keysOf(known), slices.keysOf({ ...known, ...slices.fieldsOf(fields) })];
    if (isBefore(place, locations.sourceOf(id).place)) {
      // What this server has said later is the last word. Who was told otherwise meanwhile has not heard it.
      if (isOwnMove(resource, id)) leaving.everywhere(resource, id, without(now, before), before);
      return;
    }
    const left = without(this.untoldOf(resource, id, told), now);
    if (left.length > 0) {
      if (!this.isLast(resource, id, teller, change)) return leaving.here(resource, id, without(now, before), before);
      leaving.here(resource, id, left, now);
    }
    const version = isVersionedChange(change) ? change.version : undefined;
    locations.correct(id, fields, 0, { place, teller, version });
  }

  private hearGone(resource: Resource, id: RecordId, { told }: HeardSource, leaving: Leaving): void {
    const { locations } = resource;
    // Whoever has moved it tells all of those that it has told so.
    const untold = isOwnMove(resource, id) ? this.untoldOf(resource, id, told) : [];
    leaving.everywhere(resource, id, untold, []);
    locations.remove(id);
  }

  /** Whether of two moves that have crossed each other, all servers take this one to be the last. */
  private isLast({ locations }: Resource, id: RecordId, teller: string, change: unknown): boolean {
    const known = locations.sourceOf(id);
    const version = isVersionedChange(change) ? change.version : undefined;
    const areVersioned = version !== undefined && known.version !== undefined;
    const order = areVersioned ? compareVersions(version, known.version) : undefined;
    return order ? order > 0 : teller > (known.teller ?? this.server);
  }

  /**
   * Returns the slices that the record is in by what was said here shortly before, and of which another server has not
   * known when it moved the record.
   *
   * @param told those that it has known of, if it has said so
   */
  private untoldOf({ locations, slices }: Resource, id: RecordId, told: unknown): string[] {
    const known = locations.find(id);
    if (!known || !Array.isArray(told) || !locations.isMoved(id, TRANSIT_TIME)) return [];
    return without(slices.keysOf(known), told);
  }
}

/** Whether this server, and no other, has moved a record shortly before. */
function isOwnMove({ locations }: Resource, id: RecordId): boolean {
  return locations.isMoved(id, TRANSIT_TIME) && locations.sourceOf(id).teller === undefined;
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
