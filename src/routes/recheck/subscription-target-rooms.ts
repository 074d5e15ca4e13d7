import type { Socket } from 'socket.io';
import type { Resource } from '../../resources/definition/resource.js';
import type { SubscriptionTarget } from '../../resources/definition/subscription-policy.js';
import { Resources } from '../../resources/resources.js';

/** Translates subscription targets to rooms. */
export class SubscriptionTargetRooms {
  constructor(private readonly resources: Resources) {}

  /** Returns the room that stands for a target: of all verbs, and of no audience. */
  of(target: SubscriptionTarget): string | undefined {
    const resource = this.resources.registry.find(target.resource);
    if (!resource) return undefined;
    return target.id === undefined ? collectionOf(resource, target)[0] : resource.rooms.record(target.id);
  }

  /** Returns every room that a socket may be in because of a target. */
  allOf(target: SubscriptionTarget): string[] {
    const resource = this.resources.registry.find(target.resource);
    if (!resource) return [];
    return target.id === undefined ? collectionOf(resource, target) : resource.allRecordRooms(target.id);
  }

  hasAny({ rooms }: Socket, target: SubscriptionTarget): boolean {
    return this.allOf(target).some((room) => rooms.has(room));
  }
}

function collectionOf(resource: Resource, { slice }: SubscriptionTarget): string[] {
  if (slice === undefined) return resource.allCollectionRooms();
  const key = resource.slices.keyOf(slice);
  return key === undefined ? [] : resource.allCollectionRooms(key);
}
