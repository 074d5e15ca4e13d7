import type { RecordId, ResourceMessage } from '../../protocol/resource-message.js';
import type { Resource } from '../definition/resource.js';
import { plain } from '../slices/slice.js';
import { type Association, RelationGraph } from './relation-graph.js';

/** A message for a record on the other side of a relation, and the resource of that record. */
export interface ReverseMessage {
  resource: Resource;
  message: ResourceMessage;
}

/**
 * The parent that a record belonged to before it was moved to a new one: that parent hears `removedFrom`. An id where
 * there is one such record, a function where there may be several.
 */
export type MovedFrom = RecordId | null | ((childId: RecordId, attribute: string) => RecordId | null | undefined);

/**
 * Makes the messages for the records that a change concerns besides the one that changed: those that Sails sends, in
 * its order.
 */
export class ReverseMessages {
  constructor(private readonly graph: RelationGraph) {}

  /** Makes those for a new record: the records that it refers to gained it. */
  ofCreate(resource: Resource, id: RecordId, record: object): ReverseMessage[] {
    return this.graph
      .twoSidedOf(resource)
      .flatMap((association) => idsIn(association, record).map((otherId) => gained(association, otherId, id)));
  }

  /**
   * Makes those for a changed record: the records that it no longer refers to lost it, and those that it refers to now
   * gained it. Without the record as it was, that cannot be known.
   */
  ofUpdate(resource: Resource, id: RecordId, changes: object, previous: object | undefined): ReverseMessage[] {
    if (!previous) return [];
    return this.graph.twoSidedOf(resource).flatMap((association) => {
      if (!isKnown(association, changes) || !isKnown(association, previous)) return [];
      const [before, after] = [idsIn(association, previous), idsIn(association, changes)];
      return [
        ...association.other.ids.without(before, after).map((otherId) => lost(association, otherId, id)),
        ...association.other.ids.without(after, before).map((otherId) => gained(association, otherId, id)),
      ];
    });
  }

  /** Makes those for a record that is gone: the records that it referred to lost it, except itself. */
  ofDestroy(resource: Resource, id: RecordId, previous: object | undefined): ReverseMessage[] {
    if (!previous) return [];
    return this.graph.twoSidedOf(resource).flatMap((association) =>
      idsIn(association, previous)
        .filter((otherId) => association.other !== resource || !resource.ids.isSame(otherId, id))
        .map((otherId) => lost(association, otherId, id)),
    );
  }

  ofAdd(resource: Resource, id: RecordId, attribute: string, childId: RecordId): ReverseMessage[] {
    return this.otherEnd(resource, attribute).map((association) => gained(association, childId, id));
  }

  ofRemove(resource: Resource, id: RecordId, attribute: string, childId: RecordId): ReverseMessage[] {
    return this.otherEnd(resource, attribute).map((association) => lost(association, childId, id));
  }

  /**
   * Makes those for records that were moved here from other parents of a one-to-many collection: those parents lost
   * them.
   */
  ofMove(
    resource: Resource,
    id: RecordId,
    attribute: string,
    childIds: RecordId[],
    from?: MovedFrom,
  ): ReverseMessage[] {
    if (from === undefined || from === null || this.graph.find(resource, attribute)?.kind === 'manyToMany') return [];
    return childIds.flatMap((childId) => {
      const found = typeof from === 'function' ? from(childId, attribute) : from;
      if (found === undefined || found === null) return [];
      const former = resource.idOf(found);
      return resource.ids.isSame(former, id) ? [] : [removedFrom(resource, former, attribute, childId)];
    });
  }

  /**
   * Makes those for the collections that a record was created with: the former parents of the records in them lost
   * those.
   */
  ofMoveOnCreate(resource: Resource, id: RecordId, record: object, from?: MovedFrom): ReverseMessage[] {
    return this.graph
      .twoSidedOf(resource)
      .filter(({ plural }) => plural)
      .flatMap((association) => this.ofMove(resource, id, association.attribute, idsIn(association, record), from));
  }

  private otherEnd(resource: Resource, attribute: string): Association[] {
    const association = this.graph.find(resource, attribute);
    return association?.inverse ? [association] : [];
  }
}

function gained({ other, inverse }: Association, otherId: RecordId, id: RecordId): ReverseMessage {
  if (!inverse?.plural) return updated(other, otherId, inverse?.attribute, id);
  return {
    resource: other,
    message: { id: otherId, verb: 'addedTo', attribute: inverse.attribute, addedId: id },
  };
}

function lost({ other, inverse }: Association, otherId: RecordId, id: RecordId): ReverseMessage {
  if (!inverse?.plural) return updated(other, otherId, inverse?.attribute, null);
  return removedFrom(other, otherId, inverse.attribute, id);
}

function updated(resource: Resource, id: RecordId, attribute = '', value: RecordId | null): ReverseMessage {
  return { resource, message: { verb: 'updated', data: { [attribute]: value }, id } };
}

function removedFrom(resource: Resource, id: RecordId, attribute: string, removedId: RecordId): ReverseMessage {
  return { resource, message: { id, verb: 'removedFrom', attribute, removedId } };
}

/**
 * Returns the ids that a record's attribute holds: a list, or one of them, or `null`. Returns `undefined` if the record
 * does not say: an absent list was not loaded, which does not make it empty.
 */
export function relatedIn(association: Association, record: object): RecordId[] | RecordId | null | undefined {
  if (!isKnown(association, record)) return undefined;
  const ids = idsIn(association, record);
  return association.plural ? ids : (ids[0] ?? null);
}

function isKnown({ attribute, plural, other }: Association, record: object): boolean {
  const value = valueOf(record, attribute, plural);
  return plural ? Array.isArray(value) : value === null || other.findIdOf(value) !== undefined;
}

/** Returns the ids that a record's attribute holds, whether as ids or as the records themselves. */
function idsIn({ attribute, plural, other }: Association, record: object): RecordId[] {
  const value = valueOf(record, attribute, plural);
  const values: unknown[] = plural ? (Array.isArray(value) ? value : []) : [value];
  const ids = values.map((one) => other.findIdOf(one)).filter((id) => id !== undefined);
  return other.ids.unique(ids);
}

/**
 * Reads inherited fields, too: some ORMs give an entity's fields by getters of its class. A list may be in an object of
 * its own, of which JSON makes a list.
 */
function valueOf(record: object, attribute: string, isList: boolean): unknown {
  const value = attribute in Object.prototype ? undefined : (record as Record<string, unknown>)[attribute];
  return isList && !Array.isArray(value) ? plain(value) : value;
}
