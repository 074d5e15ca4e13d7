import type { RecordId } from '../../../../protocol/resource-message.js';
import type { Resource } from '../../../definition/resource.js';
import { GONE, type RecordLocation, type SliceFields } from '../../../slices/slices.js';
import type { Publication } from '../../publication.js';

/**
 * Collects where publications that belong together take their records, so that nothing is remembered before all of them
 * are known to be fit to be sent. Each of them finds what those before it have changed.
 */
export class LocationChanges {
  /** By the ids of records; the latest is at the end. */
  private readonly changes = new Map<Resource, Map<string, RecordLocation[]>>();

  /** Returns where a record is, as far as it is known. */
  find(resource: Resource, id: RecordId): SliceFields | undefined {
    const now = this.changes.get(resource)?.get(resource.ids.canonicalFormOf(id))?.at(-1);
    if (now === undefined) return resource.locations.find(id);
    return now === GONE ? undefined : now;
  }

  add(resource: Resource, id: RecordId, now: RecordLocation): void {
    const ofResource = this.changes.get(resource) ?? new Map<string, RecordLocation[]>();
    this.changes.set(resource, ofResource);
    const form = resource.ids.canonicalFormOf(id);
    ofResource.set(form, [...(ofResource.get(form) ?? []), now]);
  }

  /** Forgets what a publication has changed, since it was rolled back. */
  drop({ resource, id, placed }: Publication): void {
    const ofResource = this.changes.get(resource);
    if (!ofResource || id === undefined || !placed) return;
    const form = resource.ids.canonicalFormOf(id);
    const kept = (ofResource.get(form) ?? []).filter((now) => now !== placed.now);
    if (kept.length > 0) ofResource.set(form, kept);
    else ofResource.delete(form);
  }
}
