import type { Namespace } from 'socket.io';
import type { JournalLimits } from './journal.options.js';

/**
 * A time in which positions can be compared: it ends where a journal has lost what it counted. Its key is a secret of
 * the servers, from which names follow that mean nothing to clients.
 */
export interface Epoch {
  readonly id: string;
  readonly key: string;
}

/** Where an entry stands: after all earlier entries of its stream. */
export interface Place {
  readonly epoch: Epoch;
  readonly position: number;
  /** For each of its topics, in their order, the position of the entry before; 0 if there is none. */
  readonly previous: readonly number[];
}

/** Something that is counted in a stream, and kept for a while. */
export interface Entry {
  /** What tells it from all others. */
  readonly id: string;
  readonly stream: string;
  /** The parts of the stream that it belongs to. */
  readonly topics: readonly string[];
  /** Plain data. */
  readonly data: unknown;
  /** The same as JSON. */
  readonly json: string;
  /** About how large the data is as JSON, in bytes. */
  readonly bytes: number;
  /** Set if it is to be counted only if no entry with the same key was, as long as that is remembered. */
  readonly once?: string | undefined;
}

/** An entry that its server keeps for itself: its data as they are. */
export type OwnEntry = Omit<Entry, 'id' | 'json'>;

/** Where streams are, by their names: the position of the last entry, 0 if there is none. */
export interface Positions {
  readonly epoch: Epoch;
  readonly of: ReadonlyMap<string, number>;
}

/** What has to be read. */
export interface HistoryQuestion {
  readonly stream: string;
  /** The position after which each topic is to be read. */
  readonly since: ReadonlyMap<string, number>;
  readonly mostEntries: number;
  readonly mostBytes: number;
}

/** What a journal has kept of some topics. */
export interface History {
  readonly epoch: Epoch;
  /** Where the stream is: whatever comes later is in no answer yet. */
  readonly position: number;
  /**
   * In order of their positions, each once, though it may belong to several topics; `undefined` if some of them are no
   * longer kept, or if there are more than were asked for.
   */
  readonly entries: readonly KeptEntry[] | undefined;
}

/** An entry as the journal gives it back, with its place. */
export interface KeptEntry extends Pick<Entry, 'topics' | 'data'> {
  readonly place: Place;
}

/** Counts entries, and keeps them for a while, so that who has missed some can be given them. */
export interface Journal {
  /** About how many bytes it holds. */
  readonly size: number;
  /** Returns `undefined` for an entry that is there already, by its key. */
  append(entry: OwnEntry): Place | undefined;
  /** Tells whether an entry with this key is there. */
  has(stream: string, once: string): boolean;
  positionsOf(streams: readonly string[]): Positions;
  read(question: HistoryQuestion): History;
  /** Begins a new epoch, since entries were lost before they came here. */
  renew(): void;
}

/**
 * What keeps the publications of a cluster for `cluster({ adapter, journal })`, once for all servers. Its promises are
 * rejected where it cannot be reached.
 */
export interface ClusterJournal {
  /**
   * Counts an entry, in the order of the calls, and keeps it. One whose id is known already is not counted again.
   *
   * @returns its place; `undefined` if another one with its key (`once`) is there already
   */
  append(entry: Entry): Promise<Place | undefined>;
  /** Says where streams are, after whatever this server has appended before. */
  positionsOf(streams: readonly string[]): Promise<Positions>;
  /** Reads what was kept, with whatever this server has appended before. */
  read(question: HistoryQuestion): Promise<History>;
  /** Forgets all entries of a stream so far, since others were lost that should have been among them. */
  forget(stream: string): Promise<void>;
}

/** The connection of one application to a journal. */
export interface JournalConnection {
  readonly journal: ClusterJournal;
  /** Fulfilled once it can be used; rejected if it never can be. */
  readonly connected: Promise<void>;
  /** Says what is wrong with it at present, without passwords or addresses; `undefined` if nothing is. */
  problem?(): string | undefined;
  /** Says whether the process goes on for the sake of this connection alone. */
  holdProcess?(holds: boolean): void;
  /** Ends it, after the Socket.IO server was closed. */
  close(): Promise<void>;
}

/** A journal for `cluster({ adapter, journal })`: what `redisJournal()` and `postgresJournal()` return. */
export interface JournalIntegration {
  /** How errors and log lines call it, such as `redisJournal()`. */
  readonly name: string;
  /**
   * Begins to connect.
   *
   * @param limits how much it is to keep, and how long it is waited for
   */
  open(limits: JournalLimits): JournalConnection;
}

/** How the other servers are told of an entry. */
export interface Announcement {
  readonly namespaces: readonly Namespace[];
  /** Those whose members it concerns; absent if it concerns every server. */
  readonly rooms?: readonly string[] | undefined;
  /** The text of the message before the data of the entry, between that and its place, and after that: all JSON. */
  readonly text: readonly [before: string, between: string, after: string];
}

/**
 * Runs SQL in the transaction of the application: a client of the package `pg`, a query runner or a manager of TypeORM,
 * or an object with a method of this shape around what another library has.
 */
export interface OutboxConnection {
  /**
   * Runs one statement.
   *
   * @param text SQL with the parameters `$1`, `$2`, …
   * @param values the parameters, which are strings
   */
  query(text: string, values: string[]): Promise<unknown>;
}

/**
 * An entry, and how all servers are told of it if its own does not count it. How long ago it was written is put in
 * before the last part of that text, in milliseconds, and the part between others before that.
 */
export type Announced = readonly [entry: Entry, announcement: Announcement];

/** An entry that another server has left behind, as JSON: its data, and the last part of the text of its message. */
export type RelayedEntry = readonly [data: unknown, ...rest: unknown[]];

/**
 * Keeps entries that a transaction of the application has written until they are counted. Each server counts its own
 * once their transaction has committed, by `append()`; those of a server that has ended by then are counted by another.
 */
export interface Outbox {
  /**
   * Writes entries by a connection of the application.
   *
   * @throws whatever the connection rejects with, which the transaction of the application cannot outlive, either
   */
  write(connection: OutboxConnection, entries: readonly Announced[]): Promise<void>;
  /**
   * Counts an entry that was written, if the transaction has committed.
   *
   * @returns `undefined` if it has not, too
   * @see SharedJournal.append
   */
  append(entry: Entry, announcement: Announcement): Promise<Place | undefined>;
  /** Calls back with each entry that this server, and no other, has counted in place of the one that has written it. */
  onRelayed(listener: (entry: RelayedEntry) => void): void;
}

/**
 * A journal that the servers of a cluster share. Its promises are rejected where it cannot be reached; whether it has
 * counted the entry is unknown then.
 */
export interface SharedJournal {
  /**
   * Whether what was counted before an entry has arrived here by the time that `append()` says where that stands, or
   * once `arrivals()` are over.
   */
  readonly isInOrder: boolean;
  /** Absent where entries cannot be written in transactions of the application. */
  readonly outbox?: Outbox | undefined;
  /**
   * Counts and keeps an entry, and tells the other servers, in the order of the calls. Resolves once whatever was
   * counted before it has arrived here, so that this server shows its own entries in their places, too. That is not
   * waited for long.
   */
  append(entry: Entry, announcement: Announcement): Promise<Place | undefined>;
  /**
   * Says when all has arrived here that was counted before an entry of this server, or never will.
   *
   * @param place what `append()` has returned for it
   * @returns `undefined` if that is so already; fulfilled with `false` if it is not waited for any longer
   */
  arrivals?(place: Place): Promise<boolean> | undefined;
  positionsOf(streams: readonly string[]): Promise<Positions>;
  read(question: HistoryQuestion): Promise<History>;
  /** Forgets all entries of a stream so far, since others were lost that should have been among them. */
  forget(stream: string): Promise<void>;
  /** Reads the place that a message of another server names, which may be anything. */
  placeIn(told: unknown): Place | undefined;
}
