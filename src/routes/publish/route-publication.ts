import type { RecordId } from '../../protocol/resource-message.js';
import { allSync, ready, runSteps, settleSync, type Steps, thenSync } from '../../common/promises.js';
import { isObject } from '../../common/type-guards.js';
import type { Change, Publication, PublishedRecord, PublishedRecords } from '../../resources/pubsub/publication.js';
import type { Association } from '../../resources/relations/relation-graph.js';
import type { Resources } from '../../resources/resources.js';
import type { Resource } from '../../resources/definition/resource.js';
import {
  assertAllChanged,
  isMissing,
  reportedChange,
  type ReportedChange,
} from '../request/changes/reported-change.js';
import { type RouteResult, containsRecord, recordOf } from '../request/route-result.js';
import { Skipped } from '../request/skipped.js';
import { assertAreMembers, type CollectionFinder } from '../request/collection-finder.js';
import { EnvelopeCheck } from '../request/envelopes/envelope-check.js';
import type { Selection } from '../request/selection.js';
import type { PublisherMetadata } from '../decorators/decorator-metadata.js';
import type { AdditionalRooms } from './additional-rooms.js';
import { PublisherOptions } from './publisher-options.js';
import { returnedRecord } from './returned-record.js';
import type { RecordShape } from './record-shape.js';
import { warnOfUnlikeId } from './unlike-ids.js';
import type { RouteSerializer } from './route-serializers.js';

/** For each record that a result is about, publications, or why there are none. */
export type Outcomes = ReadonlyArray<PromiseSettledResult<readonly Publication[]>>;

/**
 * One publishing decorator on one route: reads what changed from the route's results, and composes publications of it.
 */
export class RoutePublication {
  /** Set once all resources are known. */
  private viewed: boolean | undefined;
  private readonly envelopes: EnvelopeCheck;
  private readonly options: PublisherOptions;

  constructor(
    readonly resource: Resource,
    readonly metadata: PublisherMetadata,
    /** The decorator and the route, for logs. */
    readonly name: string,
    private readonly records: {
      finder: CollectionFinder;
      shape: RecordShape;
      serializer: RouteSerializer;
      rooms?: AdditionalRooms;
    },
    private readonly resources: Pick<Resources, 'pipeline' | 'relations'>,
  ) {
    this.envelopes = new EnvelopeCheck(resource, records.finder, resources.relations);
    this.options = new PublisherOptions(metadata, name, records.shape.isViewed, records.rooms);
  }

  get finder(): CollectionFinder {
    return this.records.finder;
  }

  /** What serializes the responses of the route. */
  get serializer(): RouteSerializer {
    return this.records.serializer;
  }

  /** The relations whose other side hears of changes. */
  get associations(): readonly Association[] {
    return this.resources.relations.twoSidedOf(this.resource);
  }

  /** Whether it publishes the record that the response shows. */
  get publishesRecord(): boolean {
    const { kind } = this.metadata;
    return kind === 'created' || kind === 'updated' || kind === 'custom';
  }

  /** Whether what is published of the record is what the response shows. */
  get publishesResponse(): boolean {
    return this.publishesRecord && !this.shape.isViewed && this.resource.views.default === undefined;
  }

  /**
   * Whether what is published may depend on what the handler returned, which a serializer leaves out of the response:
   * where a view decides, or by the version of the record.
   */
  get readsReturned(): boolean {
    return this.isViewed || this.resource.versions.field !== undefined;
  }

  private get isViewed(): boolean {
    return (this.viewed ??= this.resources.relations.isViewed(this.resource, this.metadata.attribute));
  }

  private get shape(): RecordShape {
    return this.records.shape;
  }

  /**
   * Composes, for each record that a result is about, the publications that belong together, or says why there are
   * none: at once, unless one of the functions among the options returns a promise.
   */
  compose(result: RouteResult): Outcomes | Promise<Outcomes> {
    const { pipeline } = this.resources;
    return thenSync(runSteps(this.readChanges(result)), (changes) =>
      allSync(changes.map((read) => settleSync(() => thenSync(read(), (change) => pipeline.compose(change))))),
    );
  }

  /** Returns what reads the changes of each record that the result is about. */
  private *readChanges(result: RouteResult): Steps<Array<() => Change[] | Promise<Change[]>>> {
    const selection = yield* ready(this.finder.select(result));
    const { value: selected } = selection;
    const report = this.reportOf(result, selection);
    if (report.isNothing) return [];
    const { kind } = this.metadata;
    if (kind === 'addedTo' || kind === 'removedFrom')
      return [() => this.readMemberships(result, selection, report, kind)];
    if (kind === 'replaced') return [() => this.readReplacement(result, selected, report)];
    const { missing } = selection;
    if (missing && kind !== 'destroyed') this.envelopes.assertSelected(missing, result, kind === 'created');
    const { shown } = report;
    if (!Array.isArray(shown))
      return [() => runSteps(this.readRecordChange(result, { selected, selection, record: recordOf(shown) }))];
    assertAllChanged(report, shown);
    const records = kind === 'created' ? shown : shown.filter((one) => !isMissing(one));
    return records.map((one: unknown) => {
      const read = { selected: one, selection, record: recordOf(one), isOfSeveral: true };
      return () => runSteps(this.readRecordChange(result, read));
    });
  }

  /** Reads what was changed, as far as a result tells. */
  reportOf(result: RouteResult, selection: Selection): ReportedChange {
    return reportedChange(result, selection, this.resource, this.metadata);
  }

  /**
   * Reads what changed of one record.
   *
   * @param one what the decorator's functions are given, how it was selected, and the record, if the response shows it
   */
  private *readRecordChange(
    result: RouteResult,
    one: { selected: unknown; selection: Selection; record?: object; isOfSeveral?: boolean },
  ): Steps<Change[]> {
    const { selected, selection, record, isOfSeveral: several = false } = one;
    if (!(yield* this.options.applies(result, selected))) return [];
    const { metadata, resource } = this;
    const { kind, verb = '' } = metadata;
    // A view of the decorator may take the record out of the envelope.
    if (record && kind !== 'destroyed' && !this.shape.isViewed && !this.finder.hasOwnId(record))
      this.envelopes.assertRecord(record, result, { ...selection, isOnlyOne: !several });
    const id = yield* ready(this.finder.idOf(selected, result, several));
    if (!record || this.resource.shownIdOf(record) === undefined) warnOfUnlikeId(this, id);
    const before = this.finder.previousOf(result, id, several);
    const options = yield* this.options.changeOptionsOf(result, selected, before);
    const given = yield* ready(this.options.sliceFieldsOf(result, selected));
    if (kind === 'destroyed') {
      // Nothing is sent of the response, so it does not matter what it shows, or whether a view could show it.
      const shape = recordOf(record)?.[resource.idField] === undefined ? undefined : record;
      const { previous, ...was } = yield* this.previousOf(result, id, shape, before);
      return [{ resource, options, id, given, kind, ...was, previous: previous ?? record }];
    }
    // A response without the record at least says which one it is about.
    const data = record ? yield* ready(this.shape.show(record)) : { [resource.idField]: id };
    const records = yield* ready(this.publishedRecordsOf(result, id, record));
    // One literal each, since spreading objects into one another takes several times as long.
    if (kind === 'custom') return [{ resource, options, id, records, kind, verb, data, evidence: { given, record } }];
    if (kind === 'created') {
      if (record) return [{ resource, options, id, given, records, kind, data, record }];
      throw new Skipped('the response holds no record; say where it is with the option "select"');
    }
    const updated = { resource, options, id, given, kind: 'updated', data, record: record ?? {} } as const;
    if (!before) return [{ ...updated, records }];
    const { records: ofPrevious, ...was } = yield* this.previousOf(result, id, record, before);
    return [{ ...updated, ...was, records: { ...records, ...ofPrevious } }];
  }

  private async readMemberships(
    result: RouteResult,
    selection: Selection,
    report: ReportedChange,
    kind: 'addedTo' | 'removedFrom',
  ): Promise<Change[]> {
    const { value: selected } = selection;
    if (!(await runSteps(this.options.applies(result, selected)))) return [];
    const { resource } = this;
    const { attribute = '' } = this.metadata;
    const id = await this.finder.parentIdOf(selected, result);
    const member = this.finder.isOwner(selection) ? undefined : report.shown;
    const children = await this.finder.childrenOf(member, result, (one) => this.assertMember(one, result));
    assertAllChanged(report, children);
    assertAreMembers(children, attribute, this.resource, this.resources.relations);
    const options = await runSteps(this.options.changeOptionsOf(result, selected));
    const changes = children.map(async (child): Promise<Change> => {
      const change = { resource, options, id, attribute, child };
      if (kind === 'removedFrom') return { ...change, kind };
      return { ...change, kind, ...(await this.showAdded(child, report.shown, selection, result)) };
    });
    return Promise.all(changes);
  }

  /** @throws Skipped if what the response shows of a new member is an envelope of it */
  private assertMember(shown: unknown, result: RouteResult): void {
    const { other } = this.resources.relations.find(this.resource, this.metadata.attribute) ?? {};
    if (other) this.envelopes.assertMember(shown, other, result);
  }

  private async readReplacement(result: RouteResult, selected: unknown, report: ReportedChange): Promise<Change[]> {
    if (!(await runSteps(this.options.applies(result, selected)))) return [];
    const { attribute = '' } = this.metadata;
    const id = await this.finder.parentIdOf(selected, result);
    const children = await this.finder.listOf(report.shown, attribute, result);
    const options = await runSteps(this.options.changeOptionsOf(result, selected));
    const change = { resource: this.resource, options, id, attribute };
    return [{ ...change, kind: 'replaced', children, previous: this.finder.previousListOf(result, attribute) }];
  }

  /** Publishes the added record only if the response is certainly that record and not its parent, or in a view. */
  private async showAdded(
    child: unknown,
    shown: unknown,
    selection: Selection,
    result: RouteResult,
  ): Promise<{ added?: unknown; records?: PublishedRecords }> {
    const { select, view } = this.metadata.options;
    const isMember = selection.by !== undefined && !this.finder.isOwner(selection);
    const selectedRecord = isMember ? recordOf(shown) : undefined;
    const record = isObject(child) ? child : selectedRecord;
    if (!record) return {};
    const isSeen = containsRecord(result.response, record);
    const other = this.resources.relations.find(this.resource, this.metadata.attribute)?.other;
    const id = other?.findIdOf(record);
    const whole = other && id !== undefined ? await returnedRecord(result, id, other, { select }) : undefined;
    return {
      added: isSeen || view !== undefined ? await this.shape.showAdded(record) : undefined,
      records: { added: this.publishedRecord(record, whole, isSeen) },
    };
  }

  private publishedRecordsOf(
    result: RouteResult,
    id: RecordId,
    record: object | undefined,
  ): PublishedRecords | Promise<PublishedRecords> {
    if (!record) return { data: { isIdOnly: true } };
    const { resource, shape } = this;
    if (!this.readsReturned) return { data: this.publishedRecord(record, undefined, true) };
    return returnedRecord(result, id, resource, this.metadata.options).then((whole) => {
      // Only a view of the decorator may show a record from elsewhere.
      const isSeen = !shape.isViewed || containsRecord(result.response, record);
      return { data: this.publishedRecord(record, whole, isSeen) };
    });
  }

  private publishedRecord(record: object, whole: object | undefined, isSeen: boolean): PublishedRecord {
    return { response: isSeen ? record : undefined, whole: whole ?? record, isViewed: this.shape.isViewed };
  }

  private *previousOf(
    result: RouteResult,
    id: RecordId,
    record: object | undefined,
    previous: object | undefined,
  ): Steps<{ previous?: object; shownPrevious?: unknown; records?: PublishedRecords }> {
    if (!previous) return {};
    const shape = record ?? { [this.resource.idField]: id };
    const { whole, shown: all } = result.writtenOf(previous);
    const related = this.resources.relations.associationsOf(this.resource);
    const { shown, response } = yield* ready(this.shape.showPrevious(all, shape, related));
    const written = { response, whole, isPartial: true, isViewed: this.shape.isViewed };
    return { previous, shownPrevious: shown, records: whole === undefined ? undefined : { previous: written } };
  }
}
