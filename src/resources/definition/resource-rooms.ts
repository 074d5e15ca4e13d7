import type { RecordId } from '../../protocol/resource-message.js';

/** The rooms that a publication goes to, by what it is about. */
export interface Recipients {
  /** Subscribers to this verb only are among them; without a verb, only subscribers to all verbs are. */
  verb?: string;
  /** Subscribers to these records. */
  ids: readonly RecordId[];
  /** Watchers of these slices, by their keys. */
  slices: readonly string[];
  /** Whether watchers of the whole collection are among them. */
  collection: boolean;
}

/** The prefix of all rooms of all resources. */
export const ALL_RESOURCE_ROOMS = 'resource:';

/** Narrows which of a resource's rooms is meant. */
export interface RoomDetail {
  /** The room of this audience, rather than of the default view. */
  audience?: string;
  /** The room of this verb, rather than of all verbs. */
  verb?: string;
}

/** Narrows which room of the collection is meant. */
export interface CollectionRoomDetail extends RoomDetail {
  /** The key of the slice. */
  slice?: string;
}

/** Returns the name of the resource that a room belongs to, if it belongs to one. */
export function resourceIn(room: string): string | undefined {
  if (!room.startsWith(ALL_RESOURCE_ROOMS)) return undefined;
  const end = room.search(/[~#@/]/);
  return room.slice(ALL_RESOURCE_ROOMS.length, end < 0 ? undefined : end);
}

/** Returns the room of the same record, slice or collection for all verbs and audiences: its topic. */
export function topicOf(room: string): string {
  const start = room.search(/[~#@/]/);
  if (start < 0) return room;
  const about = room.search(/[@/]/);
  return room.slice(0, start) + (about < 0 ? '' : room.slice(about));
}

/** Tells whether a room is for all verbs. */
export function isWhole(room: string): boolean {
  const end = room.search(/[@/]/);
  return !(end < 0 ? room : room.slice(0, end)).includes('#');
}

/**
 * Makes and reads the names of a resource's rooms: `resource:<name>[~<audience>][#<verb>]`, followed by `/<id>` for a
 * record, `@<slice>` for a slice of the collection, or nothing for all of it. No name of a resource, a verb or an
 * audience contains one of these characters, so what follows the first `/` or `@` is the id or the slice, verbatim.
 */
export class ResourceRooms {
  private readonly prefix: string;

  /** @param canonicalFormOf returns what tells the ids of the resource apart */
  constructor(
    name: string,
    private readonly canonicalFormOf: (id: RecordId) => string,
  ) {
    this.prefix = ALL_RESOURCE_ROOMS + name;
  }

  record(id: RecordId, detail: RoomDetail = {}): string {
    return `${this.start(detail)}/${this.canonicalFormOf(id)}`;
  }

  collection(detail: CollectionRoomDetail = {}): string {
    const { slice } = detail;
    return this.start(detail) + (slice === undefined ? '' : `@${slice}`);
  }

  /** Whether a room is one of this resource's. */
  has(room: string): boolean {
    if (!room.startsWith(this.prefix)) return false;
    // The longer name of another resource continues with none of these characters.
    return room.length === this.prefix.length || '~#@/'.includes(room[this.prefix.length]);
  }

  /** Reads what a room is for: a record by its written id, a slice by its key, or neither for the whole collection. */
  read(room: string): { id?: string; slice?: string } | undefined {
    if (!this.has(room)) return undefined;
    const end = room.slice(this.prefix.length).search(/[/@]/);
    if (end < 0) return {};
    const about = room.slice(this.prefix.length + end + 1);
    return room[this.prefix.length + end] === '/' ? { id: about } : { slice: about };
  }

  /** Returns the same room for another audience. */
  for(room: string, audience: string | undefined): string {
    return this.start({ audience }) + room.slice(this.prefix.length).replace(/^~[^#@/]*/, '');
  }

  private start({ audience, verb }: RoomDetail): string {
    return this.prefix + (audience === undefined ? '' : `~${audience}`) + (verb === undefined ? '' : `#${verb}`);
  }
}
