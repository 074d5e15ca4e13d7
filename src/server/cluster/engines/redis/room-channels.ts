import type { Namespace } from 'socket.io';

/**
 * How many channels the rooms of a namespace share. With more, Redis would have more to remember for each server; with
 * fewer, a server that has members of some hundred rooms would hear of most others, too.
 */
const CHANNELS = 4_096;

/** How many channels a message is sent on at most: what concerns more of them is sent to all servers. */
const MOST_CHANNELS = 8;

/** Ids of sockets, and what the library calls rooms of users: every server has members of a lot of them. */
const PERSONAL = /^sockets:|^(?:\/[^#]*#)?[\w-]{20}$/;

/** What the names of all rooms of records, slices and collections begin with. */
const RESOURCES = 'resource:';

/** Rooms of one record, slice or collection differ in what comes before the `/` or `@`: an audience, and a verb. */
const DETAIL = /^(resource:[^~#@/]*)[~#][^@/]*/;
const DETAIL_BEGINS: ReadonlySet<number> = new Set(Array.from('~#', codeOf));
const DETAIL_ENDS: ReadonlySet<number> = new Set(Array.from('@/', codeOf));

/** Says on which channels servers tell each other what. */
export class RoomChannels {
  private readonly entered = new RecentlyEntered();

  /** @param prefix what the names of all channels begin with */
  constructor(private readonly prefix: string) {}

  /** Returns the channel that all servers listen to. */
  common({ name }: Namespace): string {
    return `${this.prefix}messages:${name}`;
  }

  /**
   * Returns the channel of a room, to which only those servers listen that have members of it; `undefined` if it has
   * none but the common one.
   */
  of({ name }: Namespace, room: string): string | undefined {
    return isPersonal(room) ? undefined : this.named(name, numberOf(room));
  }

  /** Returns the channels of a message that concerns members of these rooms. */
  ofMessage(namespace: Namespace, rooms: readonly string[]): string[] {
    const numbers = new Set<number>();
    for (const room of rooms) {
      if (isPersonal(room) || this.entered.has(room)) return [this.common(namespace)];
      numbers.add(numberOf(room));
    }
    if (numbers.size === 0 || numbers.size > MOST_CHANNELS) return [this.common(namespace)];
    return Array.from(numbers, (number) => this.named(namespace.name, number));
  }

  /**
   * Notes that sockets of other servers are told to enter rooms. Their servers may not listen to the channels of these
   * rooms yet, so that what follows takes the common one, after the message that tells them to enter.
   */
  noteEntry(rooms: Iterable<string>): void {
    for (const room of rooms) this.entered.add(room);
  }

  private named(namespace: string, number: number): string {
    return `${this.prefix}rooms:${namespace}:${number}`;
  }
}

/** How long servers have at least to listen to the channels of rooms that their sockets enter, in milliseconds. */
const ENTRY_TIME = 15_000;

/** How many topics are remembered in that time. */
const MOST_ENTERED = 10_000;

/** Remembers topics for `ENTRY_TIME` or, at most, twice as long. */
class RecentlyEntered {
  private recent = new Set<string>();
  private earlier = new Set<string>();
  private since = 0;

  add(room: string): void {
    this.forget();
    // One more than that stands for any.
    if (this.recent.size <= MOST_ENTERED) this.recent.add(topicOf(room));
  }

  has(room: string): boolean {
    if (this.recent.size + this.earlier.size === 0) return false;
    this.forget();
    const topic = topicOf(room);
    // Where there are too many of them, it may be any.
    return [this.recent, this.earlier].some((topics) => topics.has(topic) || topics.size > MOST_ENTERED);
  }

  private forget(): void {
    const age = performance.now() - this.since;
    if (age < ENTRY_TIME) return;
    this.earlier = age < 2 * ENTRY_TIME ? this.recent : new Set();
    this.recent = new Set();
    this.since = performance.now();
  }
}

function isPersonal(room: string): boolean {
  return !room.startsWith(RESOURCES) && PERSONAL.test(room);
}

function topicOf(room: string): string {
  return room.startsWith(RESOURCES) ? room.replace(DETAIL, '$1') : room;
}

/**
 * The hash FNV-1a of a room's topic, which has to be the same on all servers. Each publication asks for that of some
 * rooms, so their topics are not made.
 */
function numberOf(room: string): number {
  let hash = 0x811c9dc5;
  let isDetail = false;
  let mayHaveDetail = room.startsWith(RESOURCES);
  for (let index = 0; index < room.length; index++) {
    const code = room.charCodeAt(index);
    if (mayHaveDetail && index >= RESOURCES.length) {
      if (DETAIL_BEGINS.has(code)) isDetail = true;
      if (DETAIL_ENDS.has(code)) isDetail = mayHaveDetail = false;
    }
    if (!isDetail) hash = Math.imul(hash ^ code, 0x01000193);
  }
  return (hash ^ (hash >>> 15)) & (CHANNELS - 1);
}

function codeOf(character: string): number {
  return character.charCodeAt(0);
}
