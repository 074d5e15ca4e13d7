import type { CustomMessage, RecordId, ResourceMessage } from '../../../protocol/resource-message.js';
import { isObject } from '../../../common/type-guards.js';
import { roomNames } from '../../../rooms/target.js';
import type { RelationGraph } from '../../relations/relation-graph.js';
import { newNote, type AddedTo, type Change, type Publication, type Replaced } from '../publication.js';

/** Turns a change into the record's own message, or into several where a collection was replaced. */
export class PublicationComposer {
  constructor(private readonly relations: RelationGraph) {}

  /** @throws InvalidRecordIdError, InvalidRoomError */
  compose(change: Change): Publication[] {
    switch (change.kind) {
      case 'created': {
        const { id, data, given, record } = change;
        // Nobody can be subscribed to a record that did not exist.
        return [ownPublication(change, { verb: 'created', data, id }, { ids: [], evidence: { given, record } })];
      }
      case 'updated': {
        const { id, data, given, record, shownPrevious, previous } = change;
        const message = { verb: 'updated', data, id, previous: shownPrevious } as ResourceMessage;
        return [ownPublication(change, message, { evidence: { given, record, previous } })];
      }
      case 'destroyed': {
        const { id, given, shownPrevious, previous } = change;
        const message = { verb: 'destroyed', id, previous: shownPrevious } as ResourceMessage;
        return [ownPublication(change, message, { retires: true, evidence: { given, previous } })];
      }
      case 'addedTo': {
        const { id, attribute, added } = change;
        const addedId = this.relations.relatedId(change.resource, attribute, change.child);
        const member = this.memberOf(change, addedId);
        return [ownPublication(change, { id, verb: 'addedTo', attribute, addedId, added }, { member })];
      }
      case 'removedFrom': {
        const { id, attribute } = change;
        const removedId = this.relations.relatedId(change.resource, attribute, change.child);
        return [ownPublication(change, { id, verb: 'removedFrom', attribute, removedId })];
      }
      case 'replaced':
        return this.composeReplacement(change);
      case 'custom': {
        const { id, verb, data, evidence } = change;
        return [ownPublication(change, { verb, id, data }, { evidence })];
      }
      case 'raw':
        break;
    }
    const { resource, options, ids, data } = change;
    return [
      {
        resource,
        versions: [{ message: data }],
        recipients: { ids, slices: [], collection: true },
        to: extraRooms(change),
        note: newNote(options.mutation),
        by: options.by,
        isBare: true,
      },
    ];
  }

  /** Returns a record that joins a collection, if it shows its key. */
  private memberOf({ resource, attribute, child }: AddedTo, id: RecordId): Publication['member'] {
    const other = this.relations.find(resource, attribute)?.other;
    const key = isObject(child) ? other?.keys.in(child) : undefined;
    return other && key !== undefined ? { resource: other, id, key } : undefined;
  }

  private composeReplacement(change: Replaced): Publication[] {
    const { id, attribute } = change;
    const { ids } = this.relations.find(change.resource, attribute)?.other ?? change.resource;
    const idsOf = (records: readonly unknown[]): RecordId[] =>
      ids.unique(records.map((record) => this.relations.relatedId(change.resource, attribute, record)));
    const [before, after] = [idsOf(change.previous), idsOf(change.children)];
    return [
      ...ids
        .without(after, before)
        .map((addedId) => ownPublication(change, { id, verb: 'addedTo', attribute, addedId })),
      ...ids
        .without(before, after)
        .map((removedId) => ownPublication(change, { id, verb: 'removedFrom', attribute, removedId })),
    ];
  }
}

type OwnMessage = ResourceMessage | CustomMessage<string, unknown>;

interface Addition extends Pick<Publication, 'evidence' | 'retires' | 'member'> {
  /** The records whose subscribers hear it. @default the one that the message is about */
  ids?: readonly RecordId[];
}

/**
 * Addresses a message to the record's subscribers and to all watchers. It is one literal, because spreading objects
 * into one another takes several times as long, and every publication passes here.
 */
function ownPublication(
  change: Change,
  message: OwnMessage,
  { ids, evidence, retires, member }: Addition = {},
): Publication {
  const { resource, options, records } = change;
  const { verb, id } = message;
  return {
    resource,
    verb,
    id,
    versions: [{ message }],
    recipients: { verb, ids: ids ?? [id], slices: [], collection: true },
    to: extraRooms(change),
    note: newNote(options.mutation),
    by: options.by,
    answer: options.answer,
    records,
    evidence,
    retires,
    member,
  };
}

function extraRooms({ resource, options: { to } }: Change): string[] {
  return to === undefined ? [] : roomNames(resource.name, to);
}
