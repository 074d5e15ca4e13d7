import type { RelationGraph } from '../../resources/relations/relation-graph.js';
import { isObject } from '../../common/type-guards.js';
import type { Resource } from '../../resources/definition/resource.js';
import { assertAllChanged } from '../request/changes/reported-change.js';
import type { RouteResult } from '../request/route-result.js';
import type { Selection } from '../request/selection.js';
import { HandledRecords } from './records/handled-records.js';
import type { RoomChange, SubscriptionRooms } from './room-change.js';
import type { RoutePublication } from '../publish/route-publication.js';

/**
 * The option `subscribe` of one publishing decorator on one route: finds the rooms of what the requester created,
 * changed or added.
 */
export class SubscribeOption implements RoomChange {
  readonly action = 'join';

  constructor(
    readonly publication: RoutePublication,
    private readonly relations: RelationGraph,
  ) {}

  get name(): string {
    return this.publication.name;
  }

  get subscribedResources(): string[] {
    const { metadata, resource } = this.publication;
    const { other } = (metadata.kind === 'addedTo' && this.relations.find(resource, metadata.attribute)) || {};
    return [resource.name, ...(other ? [other.name] : [])];
  }

  async roomsOf(result: RouteResult): Promise<Array<PromiseSettledResult<SubscriptionRooms>>> {
    const { finder, metadata, resource } = this.publication;
    const selection = await finder.select(result);
    const report = this.publication.reportOf(result, selection);
    if (report.isNothing) return [];
    const { shown } = report;
    // Where an interceptor answered in the handler's place, perhaps because of an error, nothing but the record itself
    // shows that the requester may know of it.
    const isHandled = result.context.knowsArguments;
    if (metadata.kind === 'addedTo') return isHandled ? this.roomsOfMembers(selection, shown, result) : [];
    const several = Array.isArray(shown);
    const given: unknown[] = several ? shown : [shown];
    assertAllChanged(report, given);
    // Without a record in its response, it is not known what a route created. A change may well have an empty response.
    const records = metadata.kind === 'created' || !isHandled ? given.filter(isObject) : given;
    const { authorize } = resource;
    const handled = authorize && (await HandledRecords.read(resource, metadata.options, result.context));
    return Promise.allSettled(
      records.map(async (record) => {
        const id = await finder.idOf(record, result, several || !isHandled);
        const read = handled && (handled.find(resource, id) ?? (isObject(record) ? record : undefined));
        return { ...roomsOfRecord(resource, id), record: read };
      }),
    );
  }

  /** Finds the rooms of the owner of the collection, and of what was added to it if a relation names the resource. */
  private async roomsOfMembers(
    selection: Selection,
    shown: unknown,
    result: RouteResult,
  ): Promise<Array<PromiseSettledResult<SubscriptionRooms>>> {
    const { finder, metadata, resource } = this.publication;
    const { other } = this.relations.find(resource, metadata.attribute) ?? {};
    const children = other ? await finder.childrenOf(finder.isOwner(selection) ? undefined : shown, result) : [];
    return Promise.allSettled([
      finder.parentIdOf(selection.value, result).then((id) => roomsOfRecord(resource, id)),
      ...children.map(async (child) => roomsOfRecord(other ?? resource, child)),
    ]);
  }
}

function roomsOfRecord(resource: Resource, record: unknown): SubscriptionRooms {
  const { name, autosubscribes } = resource;
  if (!autosubscribes) return { resource: name, rooms: [] };
  const id = resource.idOf(record);
  const rooms = resource.rooms.ofRecord(id, resource.subscribedVerbs(name));
  return { resource: name, rooms, about: { resource: name, id } };
}
