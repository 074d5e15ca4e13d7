import type { RecordId } from '../../../protocol/resource-message.js';
import type { Resource } from '../../../resources/definition/resource.js';
import type { ResourceRecord } from '../../../resources/relations/populated-records.js';
import { shownInAll } from '../../../resources/views/shown-fields.js';
import { Skipped } from '../../request/skipped.js';
import type { SubscriptionRooms } from '../room-change.js';
import type { HandledRecords } from './handled-records.js';

/** Returns the rooms of a record that is populated in another. */
export function relatedRooms({ resource, record }: ResourceRecord, handled?: HandledRecords): SubscriptionRooms {
  if (!resource.autosubscribes) return { resource: resource.name, rooms: [] };
  resource.learnIds(record, 'read');
  const id = resource.findIdOf(record);
  if (id === undefined) throw new Skipped(`a record of "${resource.name}" is in the response without its id`);
  const rooms = resource.rooms.ofRecord(id, resource.subscribedVerbs(resource.name));
  return {
    resource: resource.name,
    rooms,
    about: { resource: resource.name, id },
    readFields: () => ({ isList: false, shown: shownInAll([record]), kept: undefined }),
    record: recordFor(resource, id, record, handled),
  };
}

/** Returns the record that the policy of a resource is given, if it has one. */
export function recordFor(
  resource: Resource,
  id: RecordId,
  shown: object,
  handled: HandledRecords | undefined,
): object | undefined {
  return resource.authorize === undefined ? undefined : (handled?.find(resource, id) ?? shown);
}
