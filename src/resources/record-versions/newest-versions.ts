import { isRecord } from '../../common/type-guards.js';
import { compareVersions, type RecordVersion } from './record-version.js';

/** What a publication says of one record that has versions: plain JSON. */
export interface VersionedChange {
  /** What tells the ids of the resource apart. */
  readonly id: string;
  readonly verb: string;
  /** Absent if the message does not show it. */
  readonly version?: RecordVersion;
}

export function isVersionedChange(value: unknown): value is VersionedChange {
  return isRecord(value) && typeof value.id === 'string' && typeof value.verb === 'string';
}

/** How long only what is known to be newer, or a new record, follows `destroyed`; in milliseconds. */
const GONE_FOR = 60_000;

/** The newest version of a record that was sent. */
interface Known {
  version?: RecordVersion;
  /** The topics of the record, of its collection, and of the slices that it is in by that version. */
  topics: readonly string[];
  /** When it was destroyed, if it was. */
  goneAt?: number;
}

const NONE: readonly string[] = [];

/** Stands for topics where it does not matter which they are. */
const ANY: readonly string[] = [];

/**
 * Remembers the newest versions of records that were sent, so that no older one follows. It holds a limited number of
 * records, and forgets the one that was used least recently.
 */
export class NewestVersions {
  /** By the id; the one that was used last is at the end. */
  private readonly known = new Map<string, Known>();

  constructor(private readonly most: number) {}

  /**
   * Finds out to whom a change may be sent, and remembers it for them.
   *
   * @param topics whom it is for
   * @returns those topics, if it is not older than what was sent before; otherwise none of them, or, of a slice that an
   *   older version has left, those that the record is not in by the newest one
   */
  admit(change: VersionedChange, topics: readonly string[]): readonly string[] {
    const admitted = this.admittedOf(change, topics);
    if (admitted !== topics) return admitted;
    const known = this.find(change.id);
    if (change.verb === 'destroyed') this.put(change.id, { ...destroyedBy(change, known), goneAt: performance.now() });
    else if (change.verb !== 'left') this.noteSent(change, topics, known);
    return topics;
  }

  /** Returns what says the newest version of a record, if one is known, and the record has not been destroyed. */
  newestOf(id: string): VersionedChange | undefined {
    const known = this.find(id);
    const isThere = known?.version !== undefined && known.goneAt === undefined;
    return isThere ? { id, verb: 'updated', version: known.version } : undefined;
  }

  /** Tells whether what a change says of its record is older than what was sent before. */
  isOutdated(change: VersionedChange): boolean {
    return change.verb !== 'left' && this.admittedOf(change, ANY) !== ANY;
  }

  private admittedOf({ id, verb, version }: VersionedChange, topics: readonly string[]): readonly string[] {
    const known = this.find(id);
    if (!known || verb === 'destroyed') return topics;
    const order =
      version === undefined || known.version === undefined ? undefined : compareVersions(version, known.version);
    if (verb === 'left') return order !== undefined && order < 0 ? without(topics, known.topics) : topics;
    if (known.goneAt === undefined) return order !== undefined && order < 0 ? NONE : topics;
    // A new record may have the id of one that is gone.
    return verb === 'created' || (order !== undefined && order > 0) ? topics : NONE;
  }

  private noteSent({ id, verb, version }: VersionedChange, topics: readonly string[], known: Known | undefined): void {
    const isBack = known?.goneAt !== undefined;
    if (version === undefined) {
      if (isBack) this.known.delete(id);
      return;
    }
    const isSame = !isBack && known?.version !== undefined && compareVersions(version, known.version) === 0;
    // A record that moves is sent to the slices that it stays in, and then to those that it has entered.
    if (isSame && verb === 'entered') this.put(id, { version, topics: [...new Set([...known.topics, ...topics])] });
    else this.put(id, { version, topics });
  }

  private find(id: string): Known | undefined {
    const known = this.known.get(id);
    if (known?.goneAt === undefined || performance.now() - known.goneAt < GONE_FOR) return known;
    this.known.delete(id);
    return undefined;
  }

  private put(id: string, known: Known): void {
    if (this.most <= 0) return;
    this.known.delete(id);
    this.known.set(id, known);
    if (this.known.size <= this.most) return;
    const [[oldest]] = this.known;
    this.known.delete(oldest);
  }
}

/** Returns what is known of a record that is gone: its last version, if the publication shows one. */
function destroyedBy({ version }: VersionedChange, known: Known | undefined): Known {
  if (version === undefined || known?.version === undefined) return { version, topics: NONE };
  // It may have been read before the last change.
  const order = compareVersions(version, known.version);
  return { version: order !== undefined && order < 0 ? known.version : version, topics: NONE };
}

function without(topics: readonly string[], others: readonly string[]): readonly string[] {
  const left = topics.filter((topic) => !others.includes(topic));
  return left.length === topics.length ? topics : left;
}
