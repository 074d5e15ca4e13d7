import { roomNames } from '../../../rooms/target.js';
import type { AddedToMessage, CustomMessage, RecordId, ResourceMessage } from '../../../protocol/resource-message.js';
import type { PublishMoveOptions, PublishOptions } from '../channel.options.js';
import type { Publication, ToldRecords } from '../publication.js';
import { uniqueIds, without } from '../../definition/record-id.js';
import { ReverseMessages, type Announcement } from '../../relations/reverse-messages.js';
import type { Resource } from '../../definition/resource.js';

/** What is asked for, and which decorator on which route, or which method, asks. */
type Request<Options extends PublishOptions = PublishOptions> = Options & Pick<Publication, 'by'>;

/** What becomes of a record. */
interface Deed {
  id: RecordId;
  /** Fields of its slices that it does not show. */
  given?: object;
  /** What is known of the records that the message tells. */
  told?: ToldRecords;
}

/** A new record. */
export interface Creation extends Deed {
  /** What is told of it. */
  data: unknown;
  /** Where it says what it refers to. */
  record: object;
}

/** A change of a record, or its end. */
export interface Change extends Deed {
  /** The record as it was: where it says what it referred to. */
  previous?: object;
  /** The fields of slices that it had when it was read. */
  slicesBefore?: object;
  /** What is told of that. */
  shownPrevious?: unknown;
}

/** A record of a collection; `added` is what is told of it. */
export interface Membership {
  id: RecordId;
  attribute: string;
  child: unknown;
  added?: unknown;
  told?: ToldRecords;
}

/** Puts together what one happening is made of: the record's own message and those of the other sides of its relations, in Sails' order. */
export class PublicationComposer {
  constructor(private readonly reverse: ReverseMessages) {}

  created(
    resource: Resource,
    { id, data, record, given, told }: Creation,
    options: Request<PublishMoveOptions>,
  ): Publication[] {
    return [
      ...this.others(options, this.reverse.ofCreate(resource, id, record)),
      // Nobody can be subscribed to a record that was not there.
      { ...this.own(resource, { verb: 'created', data, id }, options), ids: [], source: { given, record }, told },
      ...this.others(options, this.reverse.ofMoveOnCreate(resource, id, record, options.movedFrom)),
    ];
  }

  updated(
    resource: Resource,
    { id, data, record, previous, slicesBefore, shownPrevious, given, told }: Creation & Change,
    options: Request,
  ): Publication[] {
    const message = { verb: 'updated', data, id, previous: shownPrevious } as ResourceMessage;
    return [
      ...this.others(options, this.reverse.ofUpdate(resource, id, record, previous)),
      { ...this.own(resource, message, options), source: { given, record, previous: slicesBefore ?? previous }, told },
    ];
  }

  destroyed(
    resource: Resource,
    { id, previous, slicesBefore, shownPrevious, given, told }: Change,
    options: Request,
  ): Publication[] {
    const message = { verb: 'destroyed', id, previous: shownPrevious } as ResourceMessage;
    return [
      {
        ...this.own(resource, message, options),
        retires: true,
        source: { given, previous: slicesBefore ?? previous },
        told,
      },
      ...this.others(options, this.reverse.ofDestroy(resource, id, previous)),
    ];
  }

  added(
    resource: Resource,
    { id, attribute, child, added, told }: Membership,
    options: Request<PublishMoveOptions>,
  ): Publication[] {
    const addedId = this.reverse.childIdOf(resource, attribute, child);
    const [own, ...others] = this.joined(resource, { id, attribute, addedId, added }, options);
    return [
      { ...own, told },
      ...others,
      ...this.others(options, this.reverse.ofMove(resource, id, attribute, [addedId], options.movedFrom)),
    ];
  }

  removed(resource: Resource, { id, attribute, child }: Membership, options: Request): Publication[] {
    const removedId = this.reverse.childIdOf(resource, attribute, child);
    return [
      this.own(resource, { id, verb: 'removedFrom', attribute, removedId }, options),
      ...this.others(options, this.reverse.ofRemove(resource, id, attribute, removedId)),
    ];
  }

  replaced(
    resource: Resource,
    collection: { id: RecordId; attribute: string; children: readonly unknown[]; previous: readonly unknown[] },
    options: Request<PublishMoveOptions>,
  ): Publication[] {
    const { id, attribute, children, previous } = collection;
    const idsOf = (records: readonly unknown[]): RecordId[] =>
      uniqueIds(records.map((record) => this.reverse.childIdOf(resource, attribute, record)));
    const [before, after] = [idsOf(previous), idsOf(children)];
    const gained = without(after, before);
    return [
      ...gained.flatMap((addedId) => this.joined(resource, { id, attribute, addedId }, options)),
      ...this.others(options, this.reverse.ofMove(resource, id, attribute, gained, options.movedFrom)),
      ...without(before, after).flatMap((child) => this.removed(resource, { id, attribute, child }, options)),
    ];
  }

  private joined(
    resource: Resource,
    { id, attribute, addedId, added }: Omit<AddedToMessage<Record<string, unknown>>, 'verb'>,
    options: Request,
  ): Publication[] {
    return [
      this.own(resource, { id, verb: 'addedTo', attribute, addedId, added }, options),
      ...this.others(options, this.reverse.ofAdd(resource, id, attribute, addedId)),
    ];
  }

  /** The message of the record itself. */
  own(resource: Resource, message: ResourceMessage | CustomMessage<string, unknown>, options: Request): Publication {
    const { verb, id } = message;
    return { resource, verb, message, ids: [id], ...audienceOf(resource, options) };
  }

  /** Data without an envelope. */
  raw(resource: Resource, ids: RecordId[], data: unknown, options: Request): Publication {
    return { resource, message: data, ids, ...audienceOf(resource, options) };
  }

  /** The extra rooms are for the record's own message. */
  private others({ noReverse, except, mutation }: PublishOptions, announcements: Announcement[]): Publication[] {
    if (noReverse) return [];
    return announcements.map(({ resource, message }) => {
      const { verb, id } = message;
      return { resource, verb, message, ids: [id], except, mutation, isReverse: true };
    });
  }
}

function audienceOf(
  resource: Resource,
  { except, to, mutation, by }: Request,
): Pick<Publication, 'except' | 'to' | 'mutation' | 'by'> {
  return { except, to: to === undefined ? [] : roomNames(resource.name, to), mutation, by };
}
