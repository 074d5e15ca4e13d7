import { isVersionedChange, NewestVersions } from './newest-versions.js';
import { readRecordVersion, type RecordVersion } from './record-version.js';

/** Of how many records the newest version is remembered. */
const MAX_REMEMBERED = 10_000;

/** The versions of one resource's records: the field that has them, and the newest that this server has sent. */
export class RecordVersions {
  /** The field that holds a record's version; `undefined` if records have none. */
  field: string | undefined;
  /** What this server has sent to its sockets. */
  sent = new NewestVersions(MAX_REMEMBERED);

  remember(most: number): void {
    this.sent = new NewestVersions(most);
  }

  /** Whether a newer version was sent than that of a change, which another server has told of and may be anything. */
  hasNewer(change: unknown): boolean {
    return this.field !== undefined && isVersionedChange(change) && this.sent.isOutdated(change);
  }

  /** Returns the version that the first of these records shows which shows one. */
  in(...records: readonly unknown[]): RecordVersion | undefined {
    const { field } = this;
    if (field === undefined) return undefined;
    for (const record of records) {
      const isRecord = typeof record === 'object' && record !== null;
      const version = isRecord ? readRecordVersion((record as Record<string, unknown>)[field]) : undefined;
      if (version !== undefined) return version;
    }
    return undefined;
  }
}
