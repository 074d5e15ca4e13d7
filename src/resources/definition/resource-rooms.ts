import type { RecordId } from '../../protocol/resource-message.js';

/** What the names of all rooms of all resources begin with. */
export const ALL_RESOURCE_ROOMS = 'resource:';

/** Which of a resource's rooms: those of everything, unless it says less. */
export interface RoomDetail {
  /** For those who see the records in this view, of several. */
  audience?: string;
  /** For those who hear of this verb only. */
  verb?: string;
}

/** Of the rooms of the collection, those of a slice. */
export interface CollectionRoomDetail extends RoomDetail {
  /** The key of the slice. */
  slice?: string;
}

/** The name of the resource that a room belongs to, if it is one of a resource's. */
export function resourceIn(room: string): string | undefined {
  if (!room.startsWith(ALL_RESOURCE_ROOMS)) return undefined;
  const end = room.search(/[~#@/]/);
  return room.slice(ALL_RESOURCE_ROOMS.length, end < 0 ? undefined : end);
}

/**
 * The names of a resource's rooms: `resource:<name>[~<audience>][#<verb>]`, and then `/<id>` for a record, `@<slice>` for a slice of the collection, or nothing for all of
 * it. No name of a resource, a verb or an audience contains one of these signs, so whatever follows the first `/` or `@` is the id or the slice as it is.
 */
export class ResourceRooms {
  private readonly prefix: string;

  constructor(name: string) {
    this.prefix = ALL_RESOURCE_ROOMS + name;
  }

  record(id: RecordId, detail: RoomDetail = {}): string {
    return `${this.start(detail)}/${id}`;
  }

  collection(detail: CollectionRoomDetail = {}): string {
    const { slice } = detail;
    return this.start(detail) + (slice === undefined ? '' : `@${slice}`);
  }

  /** Whether a room is one of these. */
  has(room: string): boolean {
    if (!room.startsWith(this.prefix)) return false;
    // The name of another resource goes on with none of these.
    return room.length === this.prefix.length || '~#@/'.includes(room[this.prefix.length]);
  }

  /** What a room of these is about: a record by its written id, a slice by its key, or neither for all of the collection. */
  read(room: string): { id?: string; slice?: string } | undefined {
    if (!this.has(room)) return undefined;
    const end = room.slice(this.prefix.length).search(/[/@]/);
    if (end < 0) return {};
    const about = room.slice(this.prefix.length + end + 1);
    return room[this.prefix.length + end] === '/' ? { id: about } : { slice: about };
  }

  /** The same room for another audience. */
  for(room: string, audience: string | undefined): string {
    return this.start({ audience }) + room.slice(this.prefix.length).replace(/^~[^#@/]*/, '');
  }

  private start({ audience, verb }: RoomDetail): string {
    return this.prefix + (audience === undefined ? '' : `~${audience}`) + (verb === undefined ? '' : `#${verb}`);
  }
}
