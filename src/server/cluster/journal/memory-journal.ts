import { randomBytes } from 'node:crypto';
import type { Epoch, History, HistoryQuestion, Journal, KeptEntry, OwnEntry, Place, Positions } from './journal.js';
import type { JournalLimits } from './journal.options.js';

/** What an entry costs besides its data, in bytes: about what its objects take. */
const OVERHEAD = 300;

/** An entry, in the list of all in the order in which they came. */
interface Kept extends KeptEntry {
  /** Let go of as soon as no topic has it. */
  data: unknown;
  readonly stream: Stream;
  bytes: number;
  readonly keptAt: number;
  readonly once: string | undefined;
  /** How many topics still have it. */
  holders: number;
  isForgotten?: true;
  previous: Kept | undefined;
  next: Kept | undefined;
}

interface Topic {
  /** The position of its last entry. */
  last: number;
  /** The position up to which its entries are no longer known. */
  floor: number;
  kept: Kept[];
  bytes: number;
}

interface Stream {
  position: number;
  /** The highest position in a topic of which nothing is kept any more. */
  forgotten: number;
  topics: Map<string, Topic>;
}

/** A journal in the memory of one server. */
export class MemoryJournal implements Journal {
  private epoch = newEpoch();
  private readonly streams = new Map<string, Stream>();
  private readonly keys = new Set<string>();
  private oldest: Kept | undefined;
  private newest: Kept | undefined;
  private bytes = 0;

  constructor(private readonly limits: JournalLimits) {}

  /** About how many bytes it holds. */
  get size(): number {
    return this.bytes;
  }

  append({ stream: name, topics: names, data, bytes: dataBytes, once }: OwnEntry): Place | undefined {
    this.forgetOld();
    const key = once === undefined ? undefined : keyOf(name, once);
    if (key !== undefined && this.keys.has(key)) return undefined;
    const stream = this.streamOf(name);
    const position = ++stream.position;
    const topics = names.map((topic) => topicOf(stream, topic));
    const place: Place = { epoch: this.epoch, position, previous: topics.map(({ last }) => last) };
    if (key !== undefined) this.keys.add(key);
    const bytes = dataBytes + OVERHEAD;
    const holders = topics.length;
    const entry = { stream, topics: names, data, place, bytes, keptAt: performance.now(), once: key, holders };
    const kept: Kept = { ...entry, previous: this.newest, next: undefined };
    this.addLast(kept);
    for (const topic of topics) this.addTo(topic, kept);
    while (this.bytes > this.limits.maxTotalBytes && this.oldest) this.forget(this.oldest);
    return place;
  }

  has(stream: string, once: string): boolean {
    this.forgetOld();
    return this.keys.has(keyOf(stream, once));
  }

  positionsOf(streams: readonly string[]): Positions {
    return { epoch: this.epoch, of: new Map(streams.map((name) => [name, this.streams.get(name)?.position ?? 0])) };
  }

  read({ stream: name, since, mostEntries, mostBytes }: HistoryQuestion): History {
    this.forgetOld();
    const { epoch } = this;
    const stream = this.streams.get(name);
    if (!stream) return { epoch, position: 0, entries: [] };
    const found = new Set<Kept>();
    for (const [topicName, position] of since) {
      const topic = stream.topics.get(topicName);
      if (position < (topic?.floor ?? stream.forgotten))
        return { epoch, position: stream.position, entries: undefined };
      for (const kept of topic ? after(topic, position) : []) found.add(kept);
    }
    const entries = [...found].sort((one, other) => one.place.position - other.place.position);
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    const isTooMuch = entries.length > mostEntries || bytes > mostBytes;
    return { epoch, position: stream.position, entries: isTooMuch ? undefined : entries };
  }

  renew(): void {
    this.epoch = newEpoch();
    this.streams.clear();
    this.keys.clear();
    this.oldest = this.newest = undefined;
    this.bytes = 0;
  }

  private addTo(topic: Topic, kept: Kept): void {
    topic.last = kept.place.position;
    topic.kept.push(kept);
    topic.bytes += kept.bytes;
    while (topic.kept.length > this.limits.maxEntries || topic.bytes > this.limits.maxBytes) this.shift(topic);
  }

  private addLast(kept: Kept): void {
    if (this.newest) this.newest.next = kept;
    else this.oldest = kept;
    this.newest = kept;
    this.bytes += kept.bytes;
  }

  private forgetOld(): void {
    const until = performance.now() - this.limits.maxAge;
    while (this.oldest && this.oldest.keptAt < until) this.forget(this.oldest);
  }

  /** Forgets the oldest entry of all. */
  private forget(kept: Kept): void {
    const { stream } = kept;
    for (const name of kept.topics) {
      const topic = stream.topics.get(name);
      if (!topic) continue;
      if (topic.kept[0] === kept) this.shift(topic);
      if (topic.kept.length > 0) continue;
      stream.topics.delete(name);
      stream.forgotten = Math.max(stream.forgotten, topic.last);
    }
    this.unlink(kept);
  }

  /**
   * Takes the oldest entry out of a topic. One that no topic has any more is forgotten before its time, so that a busy
   * topic takes no more memory than it may; unless its key is remembered, or a topic has nothing else.
   */
  private shift(topic: Topic): void {
    const kept = topic.kept.shift();
    if (!kept) return;
    const { topics } = kept.stream;
    topic.floor = kept.place.position;
    topic.bytes -= kept.bytes;
    if (--kept.holders > 0) return;
    kept.data = undefined;
    this.bytes -= kept.bytes - OVERHEAD;
    kept.bytes = OVERHEAD;
    const isNeeded =
      kept.once !== undefined || kept.topics.some((name) => topics.get(name)?.last === kept.place.position);
    if (!isNeeded) this.unlink(kept);
  }

  private unlink(kept: Kept): void {
    if (kept.isForgotten) return;
    kept.isForgotten = true;
    const { previous, next } = kept;
    if (previous) previous.next = next;
    else this.oldest = next;
    if (next) next.previous = previous;
    else this.newest = previous;
    this.bytes -= kept.bytes;
    if (kept.once !== undefined) this.keys.delete(kept.once);
  }

  private streamOf(name: string): Stream {
    const known = this.streams.get(name);
    if (known) return known;
    const stream: Stream = { position: 0, forgotten: 0, topics: new Map() };
    this.streams.set(name, stream);
    return stream;
  }
}

function newEpoch(): Epoch {
  return { id: randomBytes(6).toString('base64url'), key: randomBytes(16).toString('hex') };
}

function keyOf(stream: string, once: string): string {
  return JSON.stringify([stream, once]);
}

function topicOf({ topics, forgotten }: Stream, name: string): Topic {
  const known = topics.get(name);
  if (known) return known;
  const topic: Topic = { last: forgotten, floor: forgotten, kept: [], bytes: 0 };
  topics.set(name, topic);
  return topic;
}

/** Returns the entries of a topic after a position, of which most questions want the last few. */
function after({ kept }: Topic, position: number): Kept[] {
  let first = kept.length;
  while (first > 0 && (kept[first - 1]?.place.position ?? 0) > position) first--;
  return kept.slice(first);
}
