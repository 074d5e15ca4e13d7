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

interface Batch {
  readonly stream: string;
  readonly text: string;
  /** How many of all commands were called for when this was the last. */
  called: number;
  readonly entries: Array<(isAgain: boolean) => Arguments>;
  bytes: number;
  isSent: boolean;
  readonly answer: Promise<unknown>;
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

  /**
   * Counts an entry after all that was called for before.
   *
   * @returns its place, as Redis says it; `null` if another one has its key
   */
  async append(
    { id, once, stream, topics, bytes, json }: Entry,
    addresses: readonly Addressed[],
    text: Announcement['text'],
  ): Promise<unknown> {
    const names = JSON.stringify(topics);
    const batch = this.batchOf(stream, text, json.length);
    const number =
      batch.entries.push((isAgain) => [
        ...(once === undefined ? [`id ${id}`, isAgain ? 'again' : ''] : [`once ${once}`, 'once']),
        ...[json, names, bytes, topics.length, ...topics],
        addresses.length,
        ...addresses.flatMap(({ channel, head }) => [channel, head]),
      ]) - 1;
    const places = (await batch.answer) as unknown[];
    return places[number];
  }

  private batchOf(stream: string, parts: Announcement['text'], bytes: number): Batch {
    const { last } = this;
    const text = parts.join();
    if (last?.stream === stream && last.text === text && this.takes(last, bytes)) {
      last.bytes += bytes;
      return last;
    }
    const entries: Batch['entries'] = [];
    const answer = this.run(stream, () => {
      const isAgain = batch.isSent;
      batch.isSent = true;
      if (this.last === batch) this.last = undefined;
      return [...parts, ...entries.flatMap((argumentsOf) => argumentsOf(isAgain))];
    });
    const batch: Batch = { stream, text, called: this.commands.called, entries, bytes, isSent: false, answer };
    this.last = batch;
    return batch;
  }

  /** What was called for since then is to be run before the entry. */
  private takes({ isSent, called, entries, bytes: all }: Batch, bytes: number): boolean {
    if (isSent || called !== this.commands.called) return false;
    return entries.length < MOST_ENTRIES && all + bytes <= MOST_BYTES;
  }
}
