import { readDuration } from '../../common/option-rules.js';
import { allSync, once, ready, runSteps, settleSync, type Steps, thenSync } from '../../common/promises.js';
import { isObject } from '../../common/type-guards.js';
import type { RecordId } from '../../protocol/resource-message.js';
import type { AnswerShape } from '../../protocol/answer-shape.js';
import type { Resources } from '../../resources/resources.js';
import { selectedFields } from '../../resources/definition/answers/select.js';
import { populatedIn, type ResourceRecord, resourcesWithin } from '../../resources/relations/populated-records.js';
import type { Resource } from '../../resources/definition/resource.js';
import type { SubscribeOnReadOptions } from '../decorators/subscribe.options.js';
import { EnvelopeCheck } from '../request/envelopes/envelope-check.js';
import type { RecordFinder } from '../request/record-finder.js';
import type { RouteResult } from '../request/route-result.js';
import { HandledRecords } from './records/handled-records.js';
import { recordFor, relatedRooms } from './records/related-rooms.js';
import type { Selection } from '../request/selection.js';
import { SkippedUnknown } from '../request/skipped.js';
import {
  type FoundSlices,
  holdingSlices,
  isKnown,
  knownOf,
  type KnownSlice,
  plainValues,
  type RouteSlice,
  withoutEnded,
} from '../request/route-slice.js';
import { showsNothing } from './read-headers.js';
import { AnsweredRecords } from './records/answered-records.js';
import type { AnsweredFields, RecheckInterval, RoomChange, RoomOutcomes, SubscriptionRooms } from './room-change.js';

/** What is known about a read besides each record. */
interface Read {
  /** Whether the response is a list. */
  several: boolean;
  /** The field of the response that holds it, if there is one. */
  path: string | undefined;
  /** Those that are watched; `undefined` for none, or all records. */
  slices: FoundSlices;
  /** Set if a policy is asked about records, or if it matters which of their fields are shown. */
  handled: HandledRecords | undefined;
  fields: AnsweredRecords;
}

/** One `@SubscribeOnRead` on one route: finds the rooms of what a reader was given. */
export class RouteSubscription implements RoomChange {
  readonly action = 'join';
  private readonly envelopes: EnvelopeCheck;

  constructor(
    readonly resource: Resource,
    private readonly options: SubscribeOnReadOptions,
    readonly name: string,
    private readonly finder: RecordFinder,
    private readonly resources: Pick<Resources, 'relations' | 'users'>,
    /** The slice that is watched, where it is not the whole collection. */
    private readonly slice: RouteSlice | undefined,
  ) {
    this.envelopes = new EnvelopeCheck(resource, finder, resources.relations);
  }

  /** Asks the option `when`, once for each response. */
  get isMeant(): RoomChange['isMeant'] {
    const { when } = this.options;
    if (!when) return undefined;
    return async (result) => {
      const { value } = await this.finder.select(result);
      return (await when(value, result.context)) === true;
    };
  }

  get readResources(): string[] {
    return this.allResources.map(({ name }) => name);
  }

  /** It is the same for every answer. */
  get shape(): AnswerShape {
    return this.readShape();
  }

  private readonly readShape = once(() => this.shapeOfAnswers());

  /** A function of the application can be asked by the server only: where it says something, no field is named. */
  private shapeOfAnswers(): AnswerShape {
    const { id, select = this.resource.select, watch = false } = this.options;
    const isSaidByFunction = typeof id === 'function' || typeof select === 'function';
    const fields = [id, this.resource.idField].filter((field) => typeof field === 'string');
    const paths = selectedFields(select);
    return {
      resource: this.resource.name,
      ...(!isSaidByFunction && { id: [...new Set(fields)], ...(paths && { select: paths }) }),
      ...(watch !== false && this.slice && { slice: this.slice.fields }),
      ...(typeof watch === 'object' && { verbs: this.slice ? [...watch, 'entered', 'left'] : watch }),
    };
  }

  get subscribedResources(): string[] {
    return this.readResources;
  }

  get recheck(): RecheckInterval | undefined {
    const { recheck } = this.options;
    return recheck === true ? true : readDuration(recheck);
  }

  /** Whether the decorator says which part of the answer holds the records. */
  get selectsPart(): boolean {
    return this.options.select !== undefined;
  }

  /** Whether readers watch all records, while nothing says that all of them may know all of these. */
  get watchesUnasked(): boolean {
    const { watch = false, slice } = this.options;
    if (watch === false || watch === 'all' || slice === false) return false;
    return this.slice === undefined && this.resource.authorize === undefined;
  }

  /** Whether a policy may be asked about what is read. */
  private get asksPolicy(): boolean {
    return this.allResources.some(({ authorize }) => authorize !== undefined);
  }

  /** Whether it matters which fields of a record the answer shows. */
  private get comparesFields(): boolean {
    return this.resources.users.areKnown && !this.resource.views.any;
  }

  /** Whether nothing of records matters but their ids, and no function of the application is asked about them. */
  private get needsIdsOnly(): boolean {
    const { resource, options } = this;
    const { id, select, slice, relations = false, when } = options;
    const isPlain = [id, select, slice, when, resource.select, resource.keys.field].every((one) => one === undefined);
    if (!isPlain || relations !== false || this.slice || resource.slices.any) return false;
    return resource.answers.areKnown && !this.asksPolicy && !this.resources.users.areKnown;
  }

  /** The resources whose records a read may hold. */
  private get allResources(): Resource[] {
    const { relations = false } = this.options;
    if (relations === false) return [this.resource];
    const all = resourcesWithin(this.resource, this.resources.relations, relations === true ? undefined : relations);
    return [...new Set([this.resource, ...all])];
  }

  /** At once where no function of the application has to be waited for. */
  roomsOf(result: RouteResult): RoomOutcomes | Promise<RoomOutcomes> {
    return runSteps(this.findRooms(result));
  }

  private *findRooms(result: RouteResult): Steps<RoomOutcomes> {
    if (showsNothing(result)) return [];
    const list = this.needsIdsOnly ? result.listWith(this.resource.idField) : undefined;
    const {
      value: selected,
      missing,
      path,
    }: Selection = list ? { value: list } : yield* ready(this.finder.select(result));
    if (missing) this.envelopes.assertSelected(missing, result, true);
    const several = Array.isArray(selected);
    const records = ((several ? selected : [selected]) as unknown[]).filter(isObject);
    const reason = records.length === 0 ? this.envelopes.whyNoRecord(selected, path) : undefined;
    const unread: RoomOutcomes = reason ? [{ status: 'rejected', reason }] : [];
    if (!several && records.length === 0) return unread;
    const handled = this.asksPolicy || this.comparesFields ? yield* ready(this.readHandled(result)) : undefined;
    const fields = new AnsweredRecords(this.resource, handled);
    const slices = yield* ready(settleSync(() => this.slice?.find(result.context, records)));
    const read: Read = { several, path, slices: knownOf(slices), handled, fields };
    // A list may have thousands of records, and a promise for each would cost more than all the rest.
    const own = yield* ready(allSync(records.map((record) => settleSync(() => this.ownRooms(record, result, read)))));
    const populated = this.populatedInAll(records).map((related) =>
      settleSync(() => this.relatedRooms(related, result, handled)),
    );
    // An interceptor that answers in the handler's place may have made the value of an error: then a single record is
    // to be one.
    const only = several || result.context.knowsArguments ? undefined : own[0];
    const readFields = once(() => fields.ofList(several ? records : []));
    const collection = only?.status === 'rejected' ? [only] : this.watchedOf(slices, result, readFields);
    return [...unread, ...own, ...(yield* ready(allSync(populated))), ...collection];
  }

  private watchedOf(
    slices: PromiseSettledResult<readonly KnownSlice[] | undefined>,
    { context }: RouteResult,
    readFields: () => AnsweredFields,
  ): RoomOutcomes {
    if (slices.status === 'rejected') return [slices];
    try {
      const found = slices.value && withoutEnded(slices.value, this.resource, context);
      return this.watchedRooms(found, readFields).map((value) => ({ status: 'fulfilled', value }));
    } catch (reason) {
      return [{ status: 'rejected', reason }];
    }
  }

  private ownRooms(
    record: Record<string, unknown>,
    result: RouteResult,
    read: Read,
  ): SubscriptionRooms | Promise<SubscriptionRooms> {
    const { several, path } = read;
    this.envelopes.assertRecord(record, result, { path, isOnlyOne: !several });
    const id = this.finder.idOfRead(record, result, several);
    if (id instanceof Promise) return id.then((found) => this.roomsOfRecord(found, record, result, read));
    return this.roomsOfRecord(id, record, result, read);
  }

  private roomsOfRecord(
    id: RecordId,
    record: Record<string, unknown>,
    result: RouteResult,
    { slices, handled, fields }: Read,
  ): SubscriptionRooms {
    const { resource } = this;
    const holding = isKnown(slices) ? holdingSlices(resource, record, slices) : [];
    // Of several it may be in any, or in more than one.
    const [only] = isKnown(slices) && slices.length === 1 ? holding : [];
    resource.answers.learn(record);
    this.learnUnlessRolledBack(result, () => {
      resource.locations.learn(id, record, only?.values);
      resource.keys.learn(id, record);
    });
    // A watcher of the slice hears of the records in it. The room of a single record would go on receiving its changes
    // after it has left the slice.
    const isCovered = holding.length > 0 || slices instanceof SkippedUnknown;
    const verbs = isCovered ? [] : resource.subscribedVerbs(this.name, this.options.verbs);
    return {
      resource: resource.name,
      rooms: resource.rooms.ofRecord(id, verbs),
      about: { resource: resource.name, id },
      record: recordFor(resource, id, record, handled),
      readFields: () => fields.ofRecord(record, id),
      answered: record,
    };
  }

  private relatedRooms(
    { resource, record }: ResourceRecord,
    result: RouteResult,
    handled?: HandledRecords,
  ): SubscriptionRooms {
    const shownId = resource.shownIdOf(record);
    if (shownId !== undefined) this.learnUnlessRolledBack(result, () => resource.keys.learn(shownId, record));
    return relatedRooms({ resource, record }, handled);
  }

  /** What a handler shows of a transaction that is not over yet may be rolled back. */
  private learnUnlessRolledBack({ context }: RouteResult, learn: () => void): void {
    const { hold } = context.scope;
    if (hold) hold.add(this.name, learn);
    else learn();
  }

  /** Reads the records as the handler returned them, and those that are populated in them. */
  private readHandled({ context }: RouteResult): HandledRecords | Promise<HandledRecords> {
    return thenSync(HandledRecords.read(this.resource, this.options, context), (handled) => {
      for (const populated of this.populatedInAll(handled.all)) handled.add(populated.resource, populated.record);
      return handled;
    });
  }

  /**
   * Returns the rooms of what is watched.
   *
   * @param slices `undefined` for the whole collection
   */
  private watchedRooms(
    slices: readonly KnownSlice[] | undefined,
    readFields: () => AnsweredFields,
  ): SubscriptionRooms[] {
    const { resource } = this;
    const { watch = false } = this.options;
    if (watch === false) return [{ resource: resource.name, rooms: [] }];
    const watched = resource.subscribedVerbs(this.name, typeof watch === 'object' ? watch : undefined);
    if (slices === undefined) {
      const about = { resource: resource.name };
      return [{ resource: resource.name, rooms: resource.rooms.ofCollection(watched), about, readFields }];
    }
    // The rooms of a slice also receive publications of the records in it.
    const verbs = watched && [...new Set([...watched, ...this.recordVerbs])];
    return slices.map((slice) => {
      const about = { resource: resource.name, slice: plainValues(slice) };
      return { resource: resource.name, rooms: resource.rooms.ofCollection(verbs, slice.key), about, readFields };
    });
  }

  /** The verbs that the option names for records. */
  private get recordVerbs(): readonly string[] {
    const { verbs = [] } = this.options;
    return typeof verbs === 'string' ? [verbs] : verbs;
  }

  private populatedInAll(records: ReadonlyArray<Record<string, unknown>>): ResourceRecord[] {
    const { relations = false } = this.options;
    if (relations === false) return [];
    const names = relations === true ? undefined : relations;
    const { resource } = this;
    return records.flatMap((record) => populatedIn({ resource, record }, this.resources.relations, names));
  }
}
