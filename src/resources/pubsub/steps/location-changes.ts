import type { RecordId } from '../../../protocol/resource-message.js';
import type { Resource } from '../../definition/resource.js';
import { GONE, type Placement } from '../../slices/record-locations.js';
import type { SliceFields } from '../../slices/slices.js';

/** Where one publication takes its record. */
interface LocationChange {
  readonly resource: Resource;
  readonly id: RecordId;
  readonly now: SliceFields | typeof GONE;
  /** Whether other servers may remember it elsewhere. */
  readonly isNews: boolean;
}

/**
 * Collects where publications that belong together take their records, so that nothing is remembered before all of them
 * are known to be fit to be sent. Each of them finds what those before it have changed.
 */
export class LocationChanges {
  private readonly changes: LocationChange[] = [];
  private readonly latest = new Map<Resource, Map<string, LocationChange['now']>>();

  /** Returns where a record is, as far as it is known. */
  find(resource: Resource, id: RecordId): SliceFields | undefined {
    const now = this.latest.get(resource)?.get(resource.ids.canonicalFormOf(id));
    if (now === undefined) return resource.locations.find(id);
    return now === GONE ? undefined : now;
  }

  add(resource: Resource, id: RecordId, { now, isNews }: Required<Pick<Placement, 'now' | 'isNews'>>): void {
    this.changes.push({ resource, id, now, isNews });
    const ofResource = this.latest.get(resource) ?? new Map<string, LocationChange['now']>();
    this.latest.set(resource, ofResource.set(resource.ids.canonicalFormOf(id), now));
  }

  /**
   * Remembers all of them.
   *
   * @param tell tells the other servers of one
   */
  remember(tell: (resource: Resource, id: RecordId, now: SliceFields) => void): void {
    for (const { resource, id, now, isNews } of this.changes) {
      resource.locations.set(id, now);
      if (isNews && now !== GONE) tell(resource, id, now);
    }
  }
}
