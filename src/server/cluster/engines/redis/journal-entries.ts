import type { Announcement, Entry } from '../../journal/journal.js';

/** Where and how the other servers are told of an entry. */
export interface Addressed {
  channel: string;
  /** What its listeners read before the message. */
  head: string;
}

/** How much one script counts at most: nothing else has its turn meanwhile. */
const MOST_ENTRIES = 50;
const MOST_BYTES = 262_144;

type Arguments = Array<string | number>;

/** Has Redis run the script for entries, with the rest of its arguments. Its answer has the place of each entry. */
type Run = (stream: string, rest: () => Arguments) => Promise<unknown>;

interface Commands {
  /** How many were called for, those before an entry and after it included. */
  readonly called: number;
}

/** Whom to tell of an entry, and who waits for it. */
interface Waiting {
  readonly addresses: readonly Addressed[];
  readonly text: Announcement['text'];
  /** Called with its place, as Redis says it; `null` if another one has its key. */
  readonly counted: (place: unknown) => void;
  readonly failed: (error: Error) => void;
}

interface Batch {
  readonly stream: string;
  readonly text: string;
  /** How many of all commands were called for when this was the last. */
  called: number;
  readonly entries: Array<readonly [Entry, Waiting]>;
  bytes: number;
  isSent: boolean;
}

/**
 * Has Redis count at once what is published one after the other in a stream, in one turn of the event loop or while
 * Redis is away: a call of a script costs about half as much as what it does for an entry.
 */
export class JournalEntries {
  private last: Batch | undefined;

  constructor(
    private readonly run: Run,
    private readonly commands: Commands,
  ) {}

  /** Counts an entry after all that was called for before. */
  append(entry: Entry, waiting: Waiting): void {
    const { stream, json } = entry;
    const text = waiting.text.join();
    const { last } = this;
    const isJoined = last?.stream === stream && last.text === text && this.takes(last, json.length);
    const batch = isJoined ? last : { stream, text, called: 0, entries: [], bytes: 0, isSent: false };
    batch.entries.push([entry, waiting]);
    batch.bytes += json.length;
    if (!isJoined) this.begin(batch, waiting.text);
  }

  private begin(batch: Batch, text: Announcement['text']): void {
    const { entries } = batch;
    this.last = batch;
    const rest = (): Arguments => {
      const isAgain = batch.isSent;
      batch.isSent = true;
      if (this.last === batch) this.last = undefined;
      const all: Arguments = [...text];
      for (const [entry, { addresses }] of entries) addArguments(all, entry, addresses, isAgain);
      return all;
    };
    this.run(batch.stream, rest).then(
      (places) => {
        for (const [index, [, { counted }]] of entries.entries()) counted((places as unknown[])[index]);
      },
      (error: unknown) => {
        for (const [, { failed }] of entries) failed(error as Error);
      },
    );
    batch.called = this.commands.called;
  }

  /** What was called for since then is to be run before the entry. */
  private takes({ isSent, called, entries, bytes: all }: Batch, bytes: number): boolean {
    if (isSent || called !== this.commands.called) return false;
    return entries.length < MOST_ENTRIES && all + bytes <= MOST_BYTES;
  }
}

function addArguments(all: Arguments, entry: Entry, addresses: readonly Addressed[], isAgain: boolean): void {
  const { id, once, topics, bytes, json } = entry;
  if (once === undefined) all.push(`id ${id}`, isAgain ? 'again' : '');
  else all.push(`once ${once}`, 'once');
  all.push(json, JSON.stringify(topics), bytes, topics.length, ...topics, addresses.length);
  for (const { channel, head } of addresses) all.push(channel, head);
}
