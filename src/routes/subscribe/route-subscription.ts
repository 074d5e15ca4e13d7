import { readDuration } from '../../common/option-rules.js';
import { isObject } from '../../common/type-guards.js';
import type { RecordId } from '../../protocol/resource-message.js';
import type { Resources } from '../../resources/resources.js';
import type { RelationGraph } from '../../resources/relations/relation-graph.js';
import type { Resource } from '../../resources/definition/resource.js';
import { writtenForm } from '../../resources/slices/slice.js';
import { valueIn } from '../../resources/slices/slices.js';
import { shownInAll } from '../../resources/views/shown-fields.js';
import type { SubscribeOnReadOptions } from '../decorators/subscribe.options.js';
import type { RecordFinder } from '../request/record-finder.js';
import type { RouteResult } from '../request/route-result.js';
import { HandledRecords } from './handled-records.js';
import { Skipped, SkippedUnknown } from '../request/skipped.js';
import type { KnownSlice, RouteSlice } from '../request/route-slice.js';
import { AnsweredRecords } from './answered-records.js';
import type { AnsweredFields, RecheckInterval, RoomChange, SubscriptionRooms } from './room-change.js';

/** A record and its resource. */
export interface ResourceRecord {
  resource: Resource;
  record: Record<string, unknown>;
}

/**
 * Returns the records that a record holds in place of their ids, by its relations, and those that they hold in turn.
 */
function populatedIn(
  { resource, record }: ResourceRecord,
  relations: RelationGraph,
  attributes?: readonly string[],
): ResourceRecord[] {
  return relations
    .associationsOf(resource)
    .filter(({ attribute }) => attributes?.includes(attribute) ?? true)
    .flatMap(({ attribute, other }) =>
      recordsIn(record[attribute]).map((found) => ({ resource: other, record: found })),
    )
    .flatMap((found) => [found, ...populatedIn(found, relations)]);
}

/** Returns the resources whose records may be populated in those of a resource, at any depth. */
function resourcesWithin(
  resource: Resource,
  relations: RelationGraph,
  attributes?: readonly string[],
  found = new Set<Resource>(),
): Set<Resource> {
  for (const { attribute, other } of relations.associationsOf(resource)) {
    if (!(attributes?.includes(attribute) ?? true) || found.has(other)) continue;
    resourcesWithin(other, relations, undefined, found.add(other));
  }
  return found;
}

function recordsIn(value: unknown): Array<Record<string, unknown>> {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.filter(isObject);
}

/** What is known about a read besides each record. */
interface Read {
  /** Whether the response is a list. */
  several: boolean;
  slice: KnownSlice | SkippedUnknown | undefined;
  /** Set if a policy is asked about records, or if it matters which of their fields are shown. */
  handled: HandledRecords | undefined;
}

const NONE: Promise<undefined> = Promise.resolve(undefined);

/** One `@SubscribeOnRead` on one route: finds the rooms of what a reader was given. */
export class RouteSubscription implements RoomChange {
  readonly action = 'join';

  constructor(
    readonly resource: Resource,
    private readonly options: SubscribeOnReadOptions,
    readonly name: string,
    private readonly finder: RecordFinder,
    private readonly resources: Pick<Resources, 'relations' | 'users'>,
    /** The slice that is watched, where it is not the whole collection. */
    private readonly slice: RouteSlice | undefined,
  ) {}

  get readResources(): string[] {
    return this.allResources.map(({ name }) => name);
  }

  get subscribedResources(): string[] {
    return this.readResources;
  }

  get recheck(): RecheckInterval | undefined {
    const { recheck } = this.options;
    return recheck === true ? true : readDuration(recheck);
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

  /** The resources whose records a read may hold. */
  private get allResources(): Resource[] {
    const { relations = false } = this.options;
    if (relations === false) return [this.resource];
    const all = resourcesWithin(this.resource, this.resources.relations, relations === true ? undefined : relations);
    return [...new Set([this.resource, ...all])];
  }

  async roomsOf(result: RouteResult): Promise<Array<PromiseSettledResult<SubscriptionRooms>>> {
    if (isHead(result)) return [];
    const { value: selected } = await this.finder.select(result);
    const several = Array.isArray(selected);
    const given: unknown[] = several ? selected : [selected];
    const records = given.filter(isObject);
    if (!several && records.length === 0) return [];
    const handled = this.asksPolicy || this.comparesFields ? await this.readHandled(result) : undefined;
    const fields = new AnsweredRecords(this.resource, handled);
    const watched = this.watchedSlice(result, records, () => fields.ofList(several ? records : []));
    const own = records.map(async (record) => {
      const rooms = await this.ownRooms(record, result, { several, slice: await watched.known, handled });
      return { ...rooms, readFields: () => fields.ofRecord(record, rooms.about?.id), answered: record };
    });
    const populated = records
      .flatMap((record) => this.populatedIn(record))
      .map(async (related) => relatedRooms(related, handled));
    // An interceptor that answers in the handler's place may have made the value of an error: then a single record is
    // to be one.
    const isRead = several || result.context.knowsArguments;
    const collection = isRead ? watched.rooms : Promise.all([watched.rooms, own[0]]).then(([rooms]) => rooms);
    return Promise.allSettled([...own, ...populated, collection]);
  }

  private async ownRooms(
    record: object,
    result: RouteResult,
    { several, slice, handled }: Read,
  ): Promise<SubscriptionRooms> {
    const { resource } = this;
    const id = await this.finder.idOfRead(record, result, several);
    const known = slice instanceof SkippedUnknown ? undefined : slice;
    const holds = known !== undefined && agrees(record, known.values);
    const learn = (): void => resource.locations.learn(id, record, holds ? known.values : undefined);
    const { hold } = result.context.scope;
    // What a handler shows of a transaction that is not over yet may be rolled back.
    if (hold) hold.add(this.name, learn);
    else learn();
    // A watcher of the slice hears of the records in it. The room of a single record would go on receiving its changes
    // after it has left the slice.
    const isCovered = slice !== undefined && (holds || !known);
    const verbs = isCovered ? [] : resource.subscribedVerbs(this.name, this.options.verbs);
    const rooms = resource.recordRooms(id, verbs);
    return {
      resource: resource.name,
      rooms,
      about: { resource: resource.name, id },
      ...recordFor(resource, id, record, handled),
    };
  }

  /** Reads the records as the handler returned them, and those that are populated in them. */
  private async readHandled({ context }: RouteResult): Promise<HandledRecords> {
    const handled = await HandledRecords.read(this.resource, this.options, context);
    for (const populated of handled.all.flatMap((record) => this.populatedIn(record))) {
      handled.add(populated.resource, populated.record);
    }
    return handled;
  }

  /** Finds the rooms of what is watched and, if that is a slice, which one, as far as it can be known. */
  private watchedSlice(
    { context }: RouteResult,
    records: readonly object[],
    readFields: () => AnsweredFields,
  ): {
    rooms: Promise<SubscriptionRooms>;
    known: Promise<KnownSlice | SkippedUnknown | undefined>;
  } {
    const { resource, slice } = this;
    const { watch = false } = this.options;
    if (watch === false) return { rooms: Promise.resolve({ resource: resource.name, rooms: [] }), known: NONE };
    const found = slice ? slice.find(context, records) : NONE;
    const rooms = found.then((one) => {
      const watched = resource.subscribedVerbs(this.name, typeof watch === 'object' ? watch : undefined);
      // The rooms of the slice also receive publications of the records in it.
      const verbs = one && watched ? [...new Set([...watched, ...this.recordVerbs])] : watched;
      const about = { resource: resource.name, ...(one && { slice: plainValues(one) }) };
      return { resource: resource.name, rooms: resource.collectionRooms(verbs, one?.key), about, readFields };
    });
    return { rooms, known: found.catch((error: unknown) => (error instanceof SkippedUnknown ? error : undefined)) };
  }

  /** The verbs that the option names for records. */
  private get recordVerbs(): readonly string[] {
    const { verbs = [] } = this.options;
    return typeof verbs === 'string' ? [verbs] : verbs;
  }

  private populatedIn(record: Record<string, unknown>): ResourceRecord[] {
    const { relations = false } = this.options;
    if (relations === false) return [];
    return populatedIn(
      { resource: this.resource, record },
      this.resources.relations,
      relations === true ? undefined : relations,
    );
  }
}

function relatedRooms({ resource, record }: ResourceRecord, handled?: HandledRecords): SubscriptionRooms {
  if (!resource.autosubscribes) return { resource: resource.name, rooms: [] };
  resource.learnIds(record, 'read');
  const id = resource.findIdOf(record);
  if (id === undefined) throw new Skipped(`a record of "${resource.name}" is in the response without its id`);
  const rooms = resource.recordRooms(id, resource.subscribedVerbs(resource.name));
  return {
    resource: resource.name,
    rooms,
    about: { resource: resource.name, id },
    readFields: () => ({ isList: false, shown: shownInAll([record]), kept: undefined }),
    ...recordFor(resource, id, record, handled),
  };
}

/** Returns the record that the policy of a resource is given, if it has one. */
function recordFor(
  resource: Resource,
  id: RecordId,
  shown: object,
  handled: HandledRecords | undefined,
): Pick<SubscriptionRooms, 'record'> {
  if (resource.authorize === undefined) return {};
  return { record: handled?.find(resource, id) ?? shown };
}

/** Returns the values in a form that can be sent to a client. */
function plainValues({ values }: KnownSlice): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([field, value]) => [field, typeof value === 'bigint' ? String(value) : value]),
  );
}

/** Tells whether a record contradicts none of the values of the slice in which it was read. */
function agrees(record: object, values: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(values).every(([field, value]) => {
    const held = valueIn(record, field);
    return held === undefined || writtenForm(held) === writtenForm(value);
  });
}

/** Tells whether the request is one for headers only. A GET route serves it too, and returns nothing to read. */
function isHead({ context }: RouteResult): boolean {
  return (context.request as { method?: string }).method === 'HEAD';
}
