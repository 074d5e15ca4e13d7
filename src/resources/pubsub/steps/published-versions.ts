import { FirstTimes, LineLogger } from '../../../common/log.js';
import { messageOf, type Publication, versionedChangeOf, WITHOUT_RECORD } from '../publication.js';

/** Reads which versions of records publications show. */
export class PublishedVersions {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly warned = new FirstTimes(100);

  /** Reads the version before a view hides it, and before the application changes the record again. */
  read(publication: Publication): Publication {
    const { resource, verb, evidence, records } = publication;
    if (WITHOUT_RECORD.includes(verb)) return publication;
    const { versions } = resource;
    const recordVersion =
      verb === 'destroyed'
        ? versions.in(records?.previous?.whole, evidence?.previous)
        : versions.in(records?.data?.whole, evidence?.record, dataOf(publication));
    if (recordVersion === undefined) this.warnOnce(publication);
    return recordVersion === undefined ? publication : { ...publication, recordVersion };
  }

  /** Tells whether a newer version of the record was sent before. */
  isOutdated(publication: Publication): boolean {
    const change = versionedChangeOf(publication);
    return change !== undefined && publication.resource.versions.sent.isOutdated(change);
  }

  /** A change by code may well be partial; a route answers the record. */
  private warnOnce({ resource: { name, versions }, verb, by, answer, records }: Publication): void {
    if (!answer || by === undefined || (verb !== 'created' && verb !== 'updated') || records?.data?.isIdOnly) return;
    if (!this.warned.isFirst(name)) return;
    this.logger.warn(
      `${by}: the record has no number and no date in "${versions.field}", which the option "version" of "${name}" ` +
        `names. So it is sent even if a newer version was sent before. Return the record with that field; a ` +
        `serializer may hide it from the answer. (Logged once for each resource.)`,
    );
  }
}

function dataOf(publication: Publication): unknown {
  return (messageOf(publication) as { data?: unknown } | undefined)?.data;
}
