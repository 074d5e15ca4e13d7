import { isBefore, type Standing } from '../../server/cluster/delivery/standing.js';
import { GONE, type RecordLocation, type SliceFields } from './slices.js';

/** What was said of where a record is. */
interface Said {
  now: RecordLocation;
  /** Where that stands in the journal that servers share, if it is known. */
  place?: Standing | undefined;
  /** Whether this server has said it. */
  isOwn?: true;
  /** Whether a newer version of the record was sent before, so that nothing but who has heard it counts. */
  isOutdated?: true;
}

/** What others have said of a record, compared with where a change stands that was made meanwhile. */
export interface Crossing {
  /** Where the record was by what stands before the change: what this server did not know when it was made. */
  readonly was?: RecordLocation;
  /** Where that stands, if it is known. */
  readonly wasAt?: Standing | undefined;
  /** What stands after it, or may do so; absent if the change is the last. */
  readonly since?: Readonly<Said>;
}

/** A change of a record of which it is not known yet where it stands among those of other servers. */
export class OpenChange {
  /** Whether something that others have said may have been missed. */
  isDoubted = false;
  /** In the order in which it came. */
  private readonly said: Said[] = [];

  /**
   * @param before where the record was remembered when it was made
   * @param isRemembered whether it is remembered already where that takes the record
   */
  constructor(
    private readonly before: SliceFields | undefined,
    readonly isRemembered: boolean,
  ) {}

  note(said: Said): void {
    // Of several own changes that follow each other, the last one counts.
    if (said.isOwn && this.said.at(-1)?.isOwn) this.said.pop();
    this.said.push(said);
  }

  /** Whether another server has said anything. */
  get isCrossed(): boolean {
    return this.said.some(({ isOwn }) => !isOwn);
  }

  /** Notes what others have said to an earlier change that is open yet: it is not remembered, either. */
  inherit({ said }: OpenChange): void {
    this.said.push(...said.filter(({ isOwn }) => !isOwn));
  }

  /** @param place where the change stands; absent if nothing that others have said is known to stand before it */
  compare(place: Standing | undefined): Crossing {
    if (this.said.length === 0) return {};
    const current = this.said.filter(({ isOutdated }) => !isOutdated);
    const latest = current.findLast(({ isOwn }) => !isOwn);
    if (latest?.now === GONE) return { was: GONE, since: latest };
    const earlier = this.said.filter((one) => place && isBefore(one.place, place)).toSorted(inOrder);
    const later = current.filter((one) => !isBefore(one.place, place)).toSorted(inOrder);
    const was = locationAfter(earlier, this.before);
    const last = later.at(-1);
    const others = later.slice(later.findLastIndex(({ isOwn }) => isOwn) + 1);
    return {
      ...(earlier.length > 0 && was !== GONE && { was, wasAt: earlier.at(-1)?.place }),
      ...(last && { since: last.isOwn ? last : { ...last, now: locationAfter(others) } }),
    };
  }
}

/** Returns where a record is after several changes, each of which need not say all about that. */
function locationAfter(changes: readonly Said[], before: SliceFields = {}): RecordLocation {
  return changes.reduce<RecordLocation>(
    (known, { now }) => (now === GONE ? GONE : { ...(known === GONE ? {} : known), ...now }),
    before,
  );
}

/** What stands nowhere is taken to be later than all that does. */
function inOrder(one: Said, other: Said): number {
  if (isBefore(one.place, other.place) || (one.place && !other.place)) return -1;
  return isBefore(other.place, one.place) || (other.place && !one.place) ? 1 : 0;
}

/** The changes of records of which it is not known yet where they stand, each of which notes what is said meanwhile. */
export class OpenChanges {
  /** By the canonical form of the id. */
  private readonly open = new Map<string, OpenChange[]>();

  /** @returns whether there are any */
  doubtAll(): boolean {
    for (const change of [...this.open.values()].flat()) change.isDoubted = true;
    return this.open.size > 0;
  }

  add(form: string, change: OpenChange): void {
    const known = this.open.get(form);
    const latest = known?.at(-1);
    if (latest) change.inherit(latest);
    if (known) known.push(change);
    else this.open.set(form, [change]);
  }

  /** @returns whether one of them is remembered already: what counts is decided when that ends */
  note(form: string, said: Said): boolean {
    const open = this.open.get(form) ?? [];
    for (const change of open) change.note(said);
    return open.some(({ isRemembered }) => isRemembered);
  }

  /** Notes where a change that was crossed has taken the record, for those after it that were crossed, too. */
  noteCrossed(form: string, said: Said): void {
    for (const change of this.open.get(form) ?? []) if (change.isCrossed) change.note(said);
  }

  /** @returns whether another one is remembered already: what counts is decided when that ends */
  end(form: string, change: OpenChange): boolean {
    const open = (this.open.get(form) ?? []).filter((one) => one !== change);
    if (open.length > 0) this.open.set(form, open);
    else this.open.delete(form);
    return open.some(({ isRemembered }) => isRemembered);
  }
}
