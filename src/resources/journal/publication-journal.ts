import type { Epoch, History, Journal, KeptEntry, Place, Positions } from '../../server/cluster/journal/journal.js';
import type { DeliveryNote } from '../../protocol/notes.js';
import type { ResourcePosition } from '../../protocol/position.js';
import { topicOf } from '../definition/resource-rooms.js';
import type { SentPublication } from './sent-publication.js';
import { TopicNames } from './topic-names.js';

/** The most messages that one read or question brings, and the most bytes of them. */
const MOST_MISSED = 1_000;
const MOST_MISSED_BYTES = 1024 * 1024;

/** A publication that was kept, with its note as it was sent. */
export interface KeptPublication {
  readonly sent: SentPublication;
  readonly note: DeliveryNote;
}

/** What was published in some rooms after a position. */
export interface Missed {
  readonly epoch: Epoch;
  /** Where the resource is: what comes later is not among them. */
  readonly position: number;
  /** In order; `undefined` if some of them are not known any more, or if there are too many. */
  readonly publications: readonly KeptPublication[] | undefined;
}

/** Counts the publications of each resource, keeps them for a while, and names their positions to clients. */
export class PublicationJournal {
  private readonly names = new TopicNames();

  constructor(private readonly journal: Journal) {}

  /**
   * Counts a publication.
   *
   * @returns its note with its position; `undefined` if one with the same key was counted before
   */
  append(sent: SentPublication): DeliveryNote | undefined {
    const { resource: stream, topics, bytes, once } = sent;
    const place = this.journal.append({ stream, topics, data: sent, bytes, once });
    return place && this.noteOf(sent, place);
  }

  positionsOf(resources: readonly string[]): Positions {
    return this.journal.positionsOf(resources);
  }

  /** Returns the names of these rooms' topics. */
  topicsOf(rooms: Iterable<string>): string[] {
    const { epoch } = this.journal.positionsOf([]);
    return [...new Set(Array.from(rooms, topicOf))].map((topic) => this.names.of(topic, epoch));
  }

  /**
   * Finds what was published in rooms of a resource.
   *
   * @param since what is known already of the resource as a whole, and of some of its topics more than that
   */
  missedIn(resource: string, rooms: Iterable<string>, since: ResourcePosition): Missed {
    const history = this.read(resource, rooms, since);
    const { epoch, position, entries } = history;
    return { epoch, position, publications: entries?.map((entry) => this.publicationOf(entry)) };
  }

  private read(stream: string, rooms: Iterable<string>, { base, topics }: ResourcePosition): History {
    const since = new Map<string, number>();
    const { epoch } = this.journal.positionsOf([]);
    for (const room of rooms) {
      const topic = topicOf(room);
      if (since.has(topic)) continue;
      const known = topics.size > 0 ? topics.get(this.names.of(topic, epoch)) : undefined;
      since.set(topic, Math.max(base, known ?? 0));
    }
    return this.journal.read({ stream, since, mostEntries: MOST_MISSED, mostBytes: MOST_MISSED_BYTES });
  }

  private publicationOf({ data, place }: KeptEntry): KeptPublication {
    const sent = data as SentPublication;
    return { sent, note: this.noteOf(sent, place) };
  }

  private noteOf({ note, topics }: SentPublication, { epoch, position, previous }: Place): DeliveryNote {
    const entries = topics.map((topic, index): [string, [number, number]] => [
      this.names.of(topic, epoch),
      [previous[index] ?? 0, position],
    ]);
    return { ...note, epoch: epoch.id, topics: Object.fromEntries(entries) };
  }
}
