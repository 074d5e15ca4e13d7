import type { SocketResponse } from '../../../protocol/request.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import type { SliceValues } from '../../../protocol/subscription.js';
import { type Share, sharesIn } from './share.js';

/** The most readers that are remembered after they have ended. */
const MAX_ENDED = 100;

/** How often a read is sent again because its subscriptions may have been ended on behalf of another. */
const MAX_ATTEMPTS = 3;

/** Subscriptions to these records, or to this slice, or to all that there is of the resource. */
export interface Subscriptions {
  resource: string;
  ids?: readonly RecordId[] | undefined;
  slice?: SliceValues | undefined;
}

/**
 * Counts who has subscribed to what. To the server, the connection has one subscription to a record, however many parts
 * of a page have read it. It may end only when the last of them has given it up.
 *
 * A reader is a read with `repeat`, until its signal is aborted or `stop()` is called. Reads without `repeat` are one
 * more reader, together. `unsubscribe()` does not say which reader gives up its share. It is taken from one that has
 * ended, since an abort usually comes right before it, and otherwise from one that has not.
 */
export class Readers {
  /** In the order in which they began. One that has ended is kept until its share is given up. */
  #readers: Reader[] = [];
  /** The reads without `repeat`, once they are answered. */
  #rest = new Reader('');
  /** What was given up wholly while others had something of it: a client cannot end its watching alone. */
  readonly #leftovers = new Set<string>();

  /** @param release ends on the server what turns out to be nobody's later than it was given up */
  constructor(private readonly release: (unheld: Subscriptions) => Promise<void>) {}

  /** @param key the same for reads of the same */
  begin(key: string): Reader {
    const reader = new Reader(key);
    this.#readers.push(reader);
    return reader;
  }

  /**
   * Reads once, and again if subscriptions that it has just made may have been ended on behalf of another.
   *
   * @param send is given what to call with an answer that arrives when nobody waits for it any longer
   */
  async read<Response extends SocketResponse>(
    reader: Reader,
    send: (onLateAnswer: (response: SocketResponse) => void) => Promise<Response>,
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      reader.reads();
      const response = await send((late) => this.#answeredLate(reader, late));
      const isCrossed = reader.take(sharesIn(response));
      if (isCrossed && attempt < MAX_ATTEMPTS) continue;
      this.#releaseWanted(reader);
      return response;
    }
  }

  /** Reads once, for nobody in particular. */
  async readForRest<Response extends SocketResponse>(
    key: string,
    isAborted: () => boolean,
    send: (onLateAnswer: (response: SocketResponse) => void) => Promise<Response>,
  ): Promise<Response> {
    const reader = this.begin(key);
    try {
      const response = await this.read(reader, send);
      this.forget(reader);
      this.addToRest(reader.shares);
      return response;
    } catch (error) {
      if (isAborted()) this.end(reader);
      else this.forget(reader);
      throw error;
    }
  }

  /** Takes an answer of which nobody is known to have asked for it to subscribe. */
  addToRest(shares: ReadonlyMap<string, Share>): void {
    for (const [resource, share] of shares) {
      this.#rest.shares.set(resource, this.#rest.shares.get(resource)?.with(share) ?? share);
    }
  }

  /** Ends a reader. Its share is kept until somebody gives it up. */
  end(reader: Reader): void {
    reader.hasEnded = true;
    const ended = this.#readers.filter(({ hasEnded }) => hasEnded);
    if (ended.length > MAX_ENDED) this.forget(ended[0]);
  }

  forget(reader: Reader): void {
    this.#readers = this.#readers.filter((other) => other !== reader);
  }

  /** All subscriptions have ended with the connection. Repeated reads bring theirs back. */
  lost(): void {
    this.#rest = new Reader('');
    this.#leftovers.clear();
    this.#readers = this.#readers.filter(({ hasEnded }) => !hasEnded);
  }

  /**
   * Notes that a slice was given up, which no answer names. It is ended for the whole connection, and once more if a
   * read that is under way may subscribe to it after that.
   */
  giveUpSlice(given: Subscriptions): void {
    for (const reader of this.#readers) reader.want(given);
  }

  /**
   * Gives up somebody's share.
   *
   * @returns the subscriptions that nobody else has
   */
  giveUp(given: Subscriptions): Subscriptions | undefined {
    const givers = this.#giversOf(given);
    const records = givers.flatMap((giver) => giver.recordsOf(given.resource));
    for (const giver of givers) giver.giveUp(given);
    return this.#withoutHeld(given, givers, records);
  }

  /**
   * Gives up all that a reader has.
   *
   * @returns the subscriptions that nobody else has
   */
  giveUpAll(reader: Reader): Subscriptions[] {
    this.forget(reader);
    return reader.subscriptions.flatMap((given) => {
      const records = reader.recordsOf(given.resource);
      reader.giveUp(given);
      return this.#withoutHeld(given, [reader], records) ?? [];
    });
  }

  #giversOf(given: Subscriptions): Reader[] {
    const newest = this.#readers.toReversed();
    const ended = newest.filter(({ hasEnded }) => hasEnded);
    const holders = ended.filter((reader) => reader.mayHold(given));
    if (holders.length > 0) return holders;
    const live = newest.filter(({ hasEnded }) => !hasEnded);
    const giver =
      ended.find(({ isUnknown }) => isUnknown) ??
      [this.#rest, ...live].find((reader) => reader.mayHold(given)) ??
      live.find(({ isUnknown }) => isUnknown);
    return giver ? [giver] : [];
  }

  /**
   * @param records what the givers have read of the resource
   * @returns what nobody has but those who give it up
   */
  #withoutHeld(
    { resource, ids }: Subscriptions,
    givers: readonly Reader[],
    records: readonly RecordId[],
  ): Subscriptions | undefined {
    const others = this.#readers.filter((reader) => !givers.includes(reader));
    const live = [this.#rest, ...this.#readers.filter(({ hasEnded }) => !hasEnded)];
    const isReadAgain = others.some(
      (other) => other.isUnknown && !other.hasEnded && givers.some(({ key }) => key === other.key),
    );
    const isHeld = (held: Subscriptions): boolean => isReadAgain || live.some((reader) => reader.mayHold(held));
    const unheld = (ids ?? records).filter((id) => !isHeld({ resource, ids: [id] }));
    if (!ids) this.#leftovers.add(resource);
    const isAll = this.#leftovers.has(resource) && !isHeld({ resource });
    if (!isAll && unheld.length === 0) return undefined;
    if (isAll) this.#leftovers.delete(resource);
    const released = isAll ? { resource } : { resource, ids: unheld };
    for (const other of others) other.cross(released);
    return released;
  }

  /** Takes an answer that nobody has received, so that nobody wants what it has subscribed to. */
  #answeredLate(reader: Reader, response: SocketResponse): void {
    const isFirst = reader.isUnanswered;
    reader.take(sharesIn(response));
    if (isFirst) reader.wanted.push(...reader.subscriptions);
    this.#releaseWanted(reader);
    if (reader.isTaken) this.forget(reader);
  }

  #releaseWanted(reader: Reader): void {
    for (const given of reader.wanted.splice(0)) {
      if (given.slice) this.release(given).catch(() => undefined);
      else if (reader.mayHold(given)) this.#releaseLate(reader, given);
    }
  }

  #releaseLate(reader: Reader, given: Subscriptions): void {
    const records = reader.recordsOf(given.resource);
    reader.giveUp(given);
    const released = this.#withoutHeld(given, [reader], records);
    // Without a connection there is nothing to end.
    if (released) this.release(released).catch(() => undefined);
  }
}

/** Somebody who reads, or has read. */
export class Reader {
  shares = new Map<string, Share>();
  hasEnded = false;
  /** Whether its share was given up before it was known. */
  isTaken = false;
  /** What was given up on its behalf while it was reading, and may be subscribed to all the same. */
  readonly wanted: Subscriptions[] = [];
  /** What was ended for others while it was reading. */
  #crossed: Subscriptions[] = [];
  #isReading = false;
  #hasAnswer = false;

  /** @param key empty if it is not one read */
  constructor(readonly key: string) {}

  get isUnanswered(): boolean {
    return !this.#hasAnswer;
  }

  /** Whether it may have anything, since it was never answered. */
  get isUnknown(): boolean {
    return this.key !== '' && !this.#hasAnswer && !this.isTaken;
  }

  /** All that it has, as far as is known. */
  get subscriptions(): Subscriptions[] {
    // Who has read one record does not watch, so whatever else there is of the resource is not of this read.
    return [...this.shares].map(([resource, { records, isCollection }]) =>
      isCollection ? { resource } : { resource, ids: records },
    );
  }

  mayHold({ resource, ids }: Subscriptions): boolean {
    return this.shares.get(resource)?.mayHold(ids) ?? false;
  }

  recordsOf(resource: string): RecordId[] {
    return this.shares.get(resource)?.records ?? [];
  }

  reads(): void {
    this.#isReading = true;
    this.#crossed = [];
  }

  /** @returns whether what it has may have been ended for others while it was reading */
  take(shares: Map<string, Share>): boolean {
    this.#isReading = false;
    this.#hasAnswer = true;
    this.shares = shares;
    return this.#crossed.some((released) => this.mayHold(released));
  }

  giveUp({ resource, ids }: Subscriptions): void {
    if (ids) this.shares.get(resource)?.giveUp(ids);
    else this.shares.delete(resource);
    this.want({ resource, ids });
    if (this.hasEnded && !this.#hasAnswer) this.isTaken = true;
  }

  want(given: Subscriptions): void {
    if (this.#isReading) this.wanted.push(given);
  }

  cross(released: Subscriptions): void {
    if (this.#isReading) this.#crossed.push(released);
  }
}
