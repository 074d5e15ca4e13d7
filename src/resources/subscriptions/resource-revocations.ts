import { describeValue } from '../../common/describe-value.js';
import { InvalidRevocationError } from '../../rooms/rooms.errors.js';
import { isRecord } from '../../common/type-guards.js';
import type { Revoked } from '../../rooms/members/revocation-memory.js';
import type { Revocations, RevokeOptions } from '../../rooms/revocations.js';
import type { RecordId } from '../../protocol/resource-message.js';
import type { Revocation } from '../../protocol/subscription.js';
import { ResourceRegistry } from '../definition/resource-registry.js';
import type { Resource } from '../definition/resource.js';
import { Slice } from '../slices/slice.js';

/** Finds the rooms that a revocation of resources is about. */
export class ResourceRevocations {
  constructor(private readonly registry: ResourceRegistry) {}

  /** Teaches `revoke()` about resources, which rooms/ does not know. */
  register(revocations: Revocations): void {
    revocations.setResourceReader((what) => this.read(what));
  }

  /** @throws InvalidRevocationError, UnknownResourceError, InvalidRecordIdError */
  private read({ resource: name = '', ids, slice }: Omit<RevokeOptions, 'user'>): Revoked {
    const resource = this.registry.getKnown(name, 'revoke');
    if (ids !== undefined) return ofRecords(resource, readIds(resource, ids));
    if (slice !== undefined) return ofSlice(resource, slice);
    return { includes: (room) => resource.rooms.has(room), toldOf: () => [{ resource: name }] };
  }
}

function ofRecords(resource: Resource, ids: Map<string, RecordId>): Revoked {
  return {
    includes(room) {
      const id = resource.rooms.read(room)?.id;
      return id !== undefined && ids.has(id);
    },
    toldOf: (rooms) => recordsIn(resource, rooms, ids),
  };
}

/** Covers the slice, every narrower one, and all single records: a record may have moved since it was read. */
function ofSlice(resource: Resource, values: NonNullable<RevokeOptions['slice']>): Revoked {
  const parts = readParts(resource, values);
  const isOfSlice = (slice: string): boolean => parts.every((part) => slice.split('&').includes(part));
  return {
    includes(room) {
      const { id, slice } = resource.rooms.read(room) ?? {};
      return id !== undefined || (slice !== undefined && isOfSlice(slice));
    },
    toldOf(rooms) {
      const wasWatched = rooms.some((room) => resource.rooms.read(room)?.slice !== undefined);
      const watched: Revocation[] = wasWatched ? [{ resource: resource.name, slice: values }] : [];
      return [...watched, ...recordsIn(resource, rooms)];
    },
  };
}

/** Names only the records that a socket was subscribed to: it must not learn that others exist. */
function recordsIn(
  resource: Resource,
  rooms: readonly string[],
  named: ReadonlyMap<string, RecordId> = new Map(),
): Revocation[] {
  const written = [...new Set(rooms.map((room) => resource.rooms.read(room)?.id))].filter((id) => id !== undefined);
  const ids = written.map((id) => named.get(id) ?? resource.ids.find(id)).filter((id) => id !== undefined);
  return ids.length > 0 ? [{ resource: resource.name, ids }] : [];
}

/** Returns ids by their keys, which the names of rooms hold. */
function readIds(resource: Resource, given: RecordId | readonly RecordId[]): Map<string, RecordId> {
  return new Map(
    [given].flat().map((one) => {
      const id = resource.idOf(typeof one === 'object' ? undefined : one);
      return [resource.ids.canonicalFormOf(id), id];
    }),
  );
}

/** @throws InvalidRevocationError */
function readParts(resource: Resource, values: unknown): string[] {
  const { name, slices } = resource;
  if (!isRecord(values) || Object.keys(values).length === 0) {
    throw new InvalidRevocationError(
      '"slice"',
      `must be an object of one or more fields, not ${describeValue(values)}`,
    );
  }
  return Object.entries(values).map(([field, value]) => {
    if (!slices.fields.includes(field)) {
      const known = slices.any ? `Its slices are by ${slices.names}` : 'It has no slices';
      throw new InvalidRevocationError(`"slice"`, `must be made of fields of slices of "${name}". ${known}`);
    }
    const part = new Slice([field]).keyOf({ [field]: value });
    if (part !== undefined) return part;
    throw new InvalidRevocationError(`"${field}" of the "slice"`, `must be a value, not ${describeValue(value)}`);
  });
}
