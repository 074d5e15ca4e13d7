import type { Namespace } from 'socket.io';
import { ignoreRejection, thenSync } from '../../common/promises.js';
import type { DeliveryNote } from '../../protocol/notes.js';
import type { ResourcePosition } from '../../protocol/position.js';
import type {
  Announced,
  Announcement,
  Entry,
  Epoch,
  HistoryQuestion,
  Journal,
  KeptEntry,
  OutboxConnection,
  OwnEntry,
  Place,
  Positions,
  SharedJournal,
} from '../../server/cluster/journal/journal.js';
import { messageAround } from '../../server/cluster/server-messages.js';
import type { JournalMetrics } from '../../server/metrics.js';
import { topicOf } from '../definition/resource-rooms.js';
import { DoubtedTopics } from './doubted-topics.js';
import { announcementOf, jsonOf, readSentPublication, RELAYED, type SentPublication } from './sent-publication.js';
import { TopicNames } from './topic-names.js';
import type { WrittenPublications } from './written-publications.js';

/** A publication that was kept, with its note as it was sent. */
export interface KeptPublication {
  readonly sent: SentPublication;
  readonly note: DeliveryNote;
  readonly position: number;
}

/** What was published in some rooms after a position. */
export interface Missed {
  readonly epoch: Epoch;
  /** Where the resource is: what comes later is not among them. */
  readonly position: number;
  /** In order; `undefined` if some of them are not known, or not any more, or if there are too many. */
  readonly publications: readonly KeptPublication[] | undefined;
}

/** A publication that the journal has counted: where it stands, and what its clients are told of it. */
export interface Counted {
  readonly place: Place;
  readonly note: DeliveryNote;
}

/** At once from a journal of this server, and a promise from one that servers share. */
type Answer<T> = T | Promise<T>;

/** Counts the publications of each resource, keeps them for a while, and names their positions to clients. */
export class PublicationJournal {
  private readonly names = new TopicNames();
  private readonly doubted = new DoubtedTopics();
  /** The latest that is known. */
  private epoch: Epoch | undefined;
  private waiting = 0;
  private lag = 0;
  private late = 0;
  private relayed = 0;

  /**
   * @param shared that of the cluster, in place of one that this server has for itself
   * @param timeout how long a publication waits for that, in milliseconds
   */
  constructor(
    private readonly own: Journal,
    readonly shared: SharedJournal | undefined,
    readonly timeout: number,
  ) {}

  /**
   * Counts a publication.
   *
   * @returns its place; `undefined` if one with the same key was counted before
   */
  append(sent: SentPublication): Place | undefined {
    const place = this.own.append(entryOf(sent));
    if (place) this.epoch = place.epoch;
    return place;
  }

  /**
   * Counts a publication in the journal that servers share, which tells the other servers. It is rejected if that
   * cannot be reached.
   *
   * @param isHeard whether anybody here is to be told the position
   * @see append
   */
  appendShared(
    shared: Pick<SharedJournal, 'append'>,
    sent: SentPublication,
    announcement: Announcement,
    isHeard: boolean,
  ): Promise<Counted | undefined> {
    const asked = performance.now();
    const answered = (): void => {
      this.waiting--;
      this.lag = performance.now() - asked;
    };
    this.waiting++;
    // One promise, where many would cost more than what they wait for.
    return shared.append(sharedEntryOf(sent), announcement).then(
      (place) => {
        answered();
        if (!place) return undefined;
        this.epoch = place.epoch;
        return { place, note: isHeard ? this.noteOf(sent, place) : sent.note };
      },
      (error: unknown) => {
        answered();
        throw error;
      },
    );
  }

  /**
   * Writes publications in the outbox, by a connection of the application, each with what follows from it besides.
   *
   * @param written remembers them, since other servers may be faster to tell of them
   */
  async write(
    connection: OutboxConnection,
    written: WrittenPublications,
    all: ReadonlyArray<readonly [sent: SentPublication, consequences: object]>,
    namespacesOf: (sent: SentPublication) => readonly Namespace[],
  ): Promise<void> {
    const entries = all.map(([sent, consequences]): Announced => {
      const [before, between, after] = messageAround(RELAYED);
      const text = [before, between, between + JSON.stringify(consequences) + after] as const;
      return [sharedEntryOf(sent), { ...announcementOf(sent, namespacesOf(sent)), text }];
    });
    const publications = all.map(([sent]) => sent);
    written.add(publications);
    try {
      await this.shared?.outbox?.write(connection, entries);
    } catch (error) {
      written.forget(publications);
      throw error;
    }
  }

  /** Calls back with each publication that this server alone has counted in place of its own, and what follows. */
  onRelayed(listener: (sent: SentPublication, consequences: unknown) => void): void {
    this.shared?.outbox?.onRelayed(([told, consequences]) => {
      this.relayed++;
      listener(readSentPublication(told), consequences);
    });
  }

  get metrics(): JournalMetrics {
    const { waiting, lag, late, relayed } = this;
    return { bytes: this.own.size, waiting, lag, late, relayed };
  }

  /** Notes that a publication was sent without its position. */
  noteLate(): void {
    this.late++;
  }

  /** Notes that publications of other servers have not come here: nothing is known of what anybody has missed. */
  renew(): void {
    this.own.renew();
  }

  /**
   * Returns the note of what another server has published, which says where it is if servers share a journal.
   *
   * @throws TypeError if it does not, though they do
   */
  noteFrom(sent: SentPublication, told: unknown): DeliveryNote | undefined {
    const own = this.shared ? undefined : this.append(sent);
    if (!this.shared) return own && this.noteOf(sent, own);
    // What was sent while the journal could not be reached has none.
    if (told === undefined) return sent.note;
    const place = this.shared.placeIn(told);
    if (!place) throw new TypeError('It does not say where it stands in the journal.');
    return this.noteOf(sent, place);
  }

  /** Tells whether one with this key was counted before, as far as this server knows by itself. */
  has(resource: string, once: string): boolean {
    return this.own.has(resource, once);
  }

  positionsOf(resources: readonly string[]): Answer<Positions> {
    if (resources.length === 0 && this.epoch) return { epoch: this.epoch, of: new Map() };
    const { asked } = this.doubted;
    const positions = this.shared ? this.shared.positionsOf(resources) : this.own.positionsOf(resources);
    return thenSync(positions, (known) => {
      const { epoch, of } = known;
      this.epoch = epoch;
      for (const resource of resources) this.doubted.place(resource, asked, epoch.id, of.get(resource) ?? 0);
      return known;
    });
  }

  /** Returns the names of these rooms' topics. */
  topicsOf(rooms: Iterable<string>): string[] {
    const { epoch } = this;
    return epoch ? [...new Set(Array.from(rooms, topicOf))].map((topic) => this.names.of(topic, epoch)) : [];
  }

  /**
   * Notes that whoever has read rooms of a resource so far may lack something that was not published in them. Until the
   * journal has said where the resource is, whatever it is asked for, that is everybody who has read them.
   */
  doubt(resource: string, rooms: readonly string[]): void {
    this.doubted.add(resource, rooms.map(topicOf));
    void ignoreRejection(() => this.positionsOf([resource]));
  }

  /**
   * Finds what was published in rooms of a resource.
   *
   * @param since what is known already of the resource as a whole, and of some of its topics more than that
   * @param most how much of it is of use
   */
  missedIn(
    resource: string,
    rooms: Iterable<string>,
    since: ResourcePosition,
    most: Pick<HistoryQuestion, 'mostEntries' | 'mostBytes'>,
  ): Answer<Missed> {
    if (this.isUpToDate(resource, since)) {
      const { epoch } = this.own.positionsOf([]);
      return { epoch, position: since.base, publications: [] };
    }
    const topics = this.positionsIn(rooms, since);
    const question: HistoryQuestion = { stream: resource, since: topics, ...most };
    const { asked } = this.doubted;
    const history = this.shared ? this.shared.read(question) : this.own.read(question);
    return thenSync(history, ({ epoch, position, entries }) => {
      this.epoch = epoch;
      this.doubted.place(resource, asked, epoch.id, position);
      const known = this.doubted.concern(resource, topics, epoch.id) ? undefined : entries;
      return { epoch, position, publications: known?.map((entry) => this.publicationOf(entry)) };
    });
  }

  /** Whether nothing was published since, as this server's own journal knows whatever the rooms are. */
  private isUpToDate(resource: string, { base, topics }: ResourcePosition): boolean {
    return !this.shared && topics.size === 0 && this.own.positionsOf([resource]).of.get(resource) === base;
  }

  private positionsIn(rooms: Iterable<string>, since: ResourcePosition): Map<string, number> {
    const positions = new Map<string, number>();
    for (const room of rooms) {
      const topic = topicOf(room);
      if (!positions.has(topic)) positions.set(topic, this.positionIn(room, since));
    }
    return positions;
  }

  /** Returns up to where the topic of a room is known. */
  positionIn(room: string, { base, topics }: ResourcePosition): number {
    const known = topics.size > 0 && this.epoch ? topics.get(this.names.of(topicOf(room), this.epoch)) : undefined;
    return Math.max(base, known ?? 0);
  }

  private publicationOf({ data, place }: KeptEntry): KeptPublication {
    const sent = this.shared ? readSentPublication(data) : (data as SentPublication);
    return { sent, note: this.noteOf(sent, place), position: place.position };
  }

  /** Returns the note of a publication with its position. */
  noteOf({ note, topics }: SentPublication, { epoch, position, previous }: Place): DeliveryNote {
    this.epoch = epoch;
    const entries = topics.map((topic, index): [string, [number, number]] => [
      this.names.of(topic, epoch),
      [previous[index] ?? 0, position],
    ]);
    return { ...note, epoch: epoch.id, topics: Object.fromEntries(entries) };
  }
}

function entryOf(sent: SentPublication): OwnEntry {
  const { resource: stream, topics, bytes, once } = sent;
  return { stream, topics, data: sent, bytes, once };
}

function sharedEntryOf(sent: SentPublication): Entry {
  const json = jsonOf(sent);
  const { resource: stream, topics, bytes, once, note } = sent;
  return {
    ...{ id: note.id, stream, topics, bytes, once },
    json: json.text,
    get data() {
      return json.value;
    },
  };
}
