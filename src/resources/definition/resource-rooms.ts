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

/** How many names of rooms of records are remembered, and how long they may be. */
const MAX_NAMES = 10_000;
const LONGEST_NAME = 100;

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

/** Tells whether a room is that of a slice, rather than of a record or of the whole collection. */
export function isOfSlice(room: string): boolean {
  return room[room.search(/[@/]/)] === '@';
}

/** Tells whether a room is for all verbs. */
export function isWhole(room: string): boolean {
  if (!room.includes('#')) return true;
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
  /** The rooms that most subscriptions enter. To make a name anew costs more than to remember it. */
  private readonly names = new Map<RecordId, string>();
  /** How names of rooms begin, by audience and verb, of which there are few. */
  private readonly starts = new Map<string | undefined, Map<string | undefined, string>>();

  /** @param canonicalFormOf returns what tells the ids of the resource apart */
  constructor(
    name: string,
    private readonly canonicalFormOf: (id: RecordId) => string,
  ) {
    this.prefix = ALL_RESOURCE_ROOMS + name;
  }

  record(id: RecordId, detail?: RoomDetail): string {
    if (detail) return this.recordAt(this.start(detail.audience, detail.verb), id);
    const known = this.names.get(id);
    if (known !== undefined) return known;
    const name = this.recordAt(this.prefix, id);
    if (name.length > LONGEST_NAME) return name;
    if (this.names.size >= MAX_NAMES) this.names.clear();
    this.names.set(id, name);
    return name;
  }

  /** Must be called when ids that were the same are to be others from now on. */
  forgetNames(): void {
    this.names.clear();
  }

  collection({ audience, verb, slice }: CollectionRoomDetail = {}): string {
    const start = this.start(audience, verb);
    return slice === undefined ? start : this.sliceAt(start, slice);
  }

  /** Returns the rooms that a subscription to a record enters. */
  ofRecord(id: RecordId, verbs?: readonly string[]): string[] {
    if (!verbs) return [this.record(id)];
    return verbs.map((verb) => this.record(id, { verb }));
  }

  /**
   * Returns the rooms that a watcher of all records, or of a slice of them, enters. A watcher of a slice always hears
   * `entered` and `left`, too.
   */
  ofCollection(verbs?: readonly string[], slice?: string): string[] {
    if (!verbs) return [this.collection({ slice })];
    const heard = slice === undefined ? verbs : new Set([...verbs, 'entered', 'left']);
    return [...heard].map((verb) => this.collection({ verb, slice }));
  }

  /** @param start how its name begins */
  recordAt(start: string, id: RecordId): string {
    return `${start}/${this.canonicalFormOf(id)}`;
  }

  /** @param start how its name begins */
  sliceAt(start: string, slice: string): string {
    return `${start}@${slice}`;
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
    return this.start(audience) + room.slice(this.prefix.length).replace(/^~[^#@/]*/, '');
  }

  /** Returns how the names of rooms of an audience and a verb begin: the room of the collection. */
  start(audience?: string, verb?: string): string {
    let byVerb = this.starts.get(audience);
    if (!byVerb) this.starts.set(audience, (byVerb = new Map<string | undefined, string>()));
    let start = byVerb.get(verb);
    if (start !== undefined) return start;
    start = this.prefix + (audience === undefined ? '' : `~${audience}`) + (verb === undefined ? '' : `#${verb}`);
    byVerb.set(verb, start);
    return start;
  }
}
