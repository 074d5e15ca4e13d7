import type { Positions } from '../../../protocol/position.js';
import { RequestError } from '../answers/request-error.js';
import { callListener } from '../resource-listeners.js';
import type { ClientResponse } from '../answers/response.js';
import type { AbortSignalLike } from './abort-signal.js';
import type { Outcome, Resumption } from '../positions/resumption.js';
import type { Resumptions } from '../positions/resumptions.js';
import type { SendOptions } from './pending-request.js';
import type { Reader, Readers, Subscriptions } from './readers.js';

/** Ends what a read has subscribed to. */
export interface ReadHandle {
  /**
   * Stops repeating the read, and ends the subscriptions that it has made, except for those that another read with
   * `repeat` shares, or any read without it. A list that watches is ended when no other read of its resource is left.
   *
   * @throws RequestError
   */
  unsubscribe(): Promise<void>;
}

/** The first response of a read with `repeat`, and the handle of the read. */
export interface RepeatedResponse<Body = unknown> extends ClientResponse<Body>, ReadHandle {}

/** The part of a repetition that the server has a say in. */
type Answer = { response: ClientResponse; error?: undefined } | { response?: undefined; error: RequestError };

/**
 * The outcome of a repeated read: the fresh response, or why there is none. Either way the read is repeated after the
 * next reconnect, too.
 */
export type Repetition<Body = unknown> = (
  | { readonly response: ClientResponse<Body>; readonly error?: undefined }
  | { readonly response?: undefined; readonly error: RequestError }
) &
  ReadHandle & {
    /**
     * Whether listeners have heard everything that was published since the answer before, up to this one. If not,
     * messages may have been missed, and what they were about is to be taken from the response.
     */
    readonly recovered: boolean;
    /** Stops repeating the read, which keeps its subscriptions. */
    stop(): void;
  };

/** Called with each repetition of a read, but not with the first response. */
export type RepeatListener<Body = unknown> = (repetition: Repetition<Body>) => void;

/** How a read is sent. */
export interface ReadSending extends Pick<SendOptions, 'whenLost' | 'onLateAnswer' | 'onSent'> {
  /** Slices, by their names, to which it does not subscribe. */
  without?: readonly string[];
  /** What it resumes, if it is repeated. */
  resumption?: Resumption | undefined;
  /** What its client has otherwise. */
  since?: Positions | undefined;
}

/** A read, as its caller has asked for it. */
interface Read<Body> {
  /** The same for reads of the same. */
  key: string;
  send(how: ReadSending): Promise<ClientResponse<Body>>;
  listener: RepeatListener<Body>;
  signal?: AbortSignalLike | undefined;
  /** Whether it is a live query, which sees which messages are about it. */
  seesMessages?: boolean;
}

/**
 * How long publications that contain less than a client may see are collected until it reads again, in milliseconds.
 */
const COLLECTING = 250;

/** How often a read is tried whose answer is overtaken. For the last one, messages are held however long it takes. */
const TRIES = 3;

/** How many slices one read remembers that it is to be repeated without. */
const MAX_WITHOUT = 100;

/**
 * The reads that are repeated: on every new connection, which brings back the subscriptions that came with them, and
 * when a message was not allowed to contain everything.
 */
export class RepeatedReads {
  readonly #reads = new Set<RepeatedRead>();

  constructor(
    private readonly readers: Readers,
    private readonly resumptions: Resumptions,
    private readonly release: (unheld: Subscriptions) => Promise<void>,
  ) {}

  /** Returns a read that is repeated once it is started. */
  open<Body>(read: Read<Body>): RepeatedRead {
    // It hands on what it receives, whatever that is.
    const untyped = read as unknown as Read<unknown>;
    const { readers, resumptions, release } = this;
    const repeated: RepeatedRead = new RepeatedRead(untyped, readers, resumptions, release, () =>
      this.#reads.delete(repeated),
    );
    this.#reads.add(repeated);
    return repeated;
  }

  /** Reads for the first time, and repeats the read from then on if that succeeds. */
  async start<Body>(read: Read<Body>): Promise<RepeatedResponse<Body>> {
    const repeated = this.open(read);
    const response = await repeated.start();
    // The same owner does not need it twice.
    const all = [...this.#reads];
    for (const earlier of all.slice(0, Math.max(0, all.indexOf(repeated)))) {
      if (earlier.isSameAs(repeated)) earlier.replace();
    }
    return { ...(response as ClientResponse<Body>), unsubscribe: repeated.unsubscribe };
  }

  /** Repeats all of them on a new connection. */
  repeat(): void {
    for (const read of this.#reads) void read.repeat(true);
  }

  haveRead(resource: string): boolean {
    return [...this.#reads].some((read) => read.hasRead(resource));
  }

  /** Repeats, soon, what has read the resource. */
  repeatReadsOf(resource: string): void {
    for (const read of this.#reads) if (read.hasRead(resource)) read.repeatSoon();
  }

  /** Repeats, soon, what has read the resource and does not see for itself that a message lacks something. */
  repeatBlindReadsOf(resource: string): void {
    for (const read of this.#reads) if (!read.seesMessages && read.hasRead(resource)) read.repeatSoon();
  }

  /** Repeats what has been read so far without a slice that was ended, by its name. */
  leaveOut(slice: string): void {
    for (const read of this.#reads) read.leaveOut(slice);
  }

  /** Forgets what was to be repeated soon: the next connection repeats everything. */
  lost(): void {
    for (const read of this.#reads) read.lost();
  }

  stop(): void {
    for (const read of [...this.#reads]) read.stop();
  }
}

/** One read that is repeated. */
export class RepeatedRead {
  readonly #reader: Reader;
  /** There is nothing to repeat before the caller has the first response. */
  #isAnswered = false;
  #hasStopped = false;
  #isRepeating = false;
  #isDue = false;
  /** How often in a row something later than the answer was handed on before it. */
  #overtaken = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #released: Promise<unknown> | undefined;
  #without: readonly string[] = [];

  constructor(
    private readonly read: Read<unknown>,
    private readonly readers: Readers,
    private readonly resumptions: Resumptions,
    private readonly release: (unheld: Subscriptions) => Promise<void>,
    private readonly onStopped: () => void,
  ) {
    this.#reader = readers.begin(read.key);
    read.signal?.addEventListener('abort', this.stop);
  }

  async start(): Promise<ClientResponse> {
    try {
      const response = await this.#send({ whenLost: 'resend' });
      this.#isAnswered = true;
      return response;
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Whether the same owner has asked for the same. The owner is the signal or, without one, the listener. */
  isSameAs({ read }: RepeatedRead): boolean {
    const { key, signal, listener } = this.read;
    return key === read.key && (signal ?? listener) === (read.signal ?? read.listener);
  }

  hasRead(resource: string): boolean {
    return this.#isAnswered && this.#reader.shares.has(resource);
  }

  get seesMessages(): boolean {
    return this.read.seesMessages ?? false;
  }

  /** Repeats it now, or once more after the repetition that is under way. */
  again(): void {
    if (this.#isRepeating) this.#isDue = true;
    else void this.repeat();
  }

  async repeat(isReconnect = false): Promise<void> {
    if (!this.#isAnswered) return;
    this.lost();
    this.#isRepeating = true;
    const resumption = this.resumptions.begin(
      new Set(this.#reader.shares.keys()),
      isReconnect,
      isReconnect || this.#overtaken > TRIES - 2,
    );
    const answer = await this.#repeated(resumption);
    if (answer.error?.code === 'CONNECTION_LOST') {
      // A read that was lost with its connection is repeated on the next one.
      this.#isRepeating = false;
    } else {
      this.resumptions.end(resumption, (outcome) => this.#show(answer, outcome));
    }
  }

  repeatSoon(): void {
    this.#isDue = this.#isRepeating;
    if (this.#isRepeating) return;
    this.#timer ??= setTimeout(() => void this.repeat(), COLLECTING);
  }

  leaveOut(slice: string): void {
    this.#without = [...this.#without.filter((one) => one !== slice), slice].slice(-MAX_WITHOUT);
  }

  lost(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
    this.#isRepeating = false;
  }

  /** Stops repeating. What it has read stays subscribed until somebody gives it up. */
  readonly stop = (): void => {
    if (this.#hasStopped) return;
    this.#end();
    this.readers.end(this.#reader);
  };

  /** Stops repeating, since a later read does it, which has the same subscriptions. */
  replace(): void {
    this.#end();
    this.readers.forget(this.#reader);
  }

  readonly unsubscribe = async (): Promise<void> => {
    if (!this.#hasStopped) this.#end();
    this.#released ??= Promise.all(this.readers.giveUpAll(this.#reader).map(this.release));
    await this.#released;
  };

  #end(): void {
    this.#hasStopped = true;
    this.lost();
    this.read.signal?.removeEventListener('abort', this.stop);
    this.onStopped();
  }

  #show(answer: Answer, { recovered, isOvertaken }: Outcome): void {
    this.#isRepeating = false;
    if (this.#hasStopped) return;
    // An older state must not take the place of a newer one. Where that goes on and on, it is better than none.
    this.#overtaken = isOvertaken ? (this.#overtaken + 1) % TRIES : 0;
    const { stop, unsubscribe } = this;
    if (this.#overtaken) this.#isDue = true;
    else callListener(this.read.listener, { ...answer, recovered, stop, unsubscribe });
    if (this.#isDue) this.repeatSoon();
  }

  async #repeated(resumption: Resumption): Promise<Answer> {
    try {
      return { response: await this.#send({ whenLost: 'drop', resumption }) };
    } catch (cause) {
      return { error: cause instanceof RequestError ? cause : unsendable(cause as Error) };
    }
  }

  #send(how: ReadSending): Promise<ClientResponse> {
    return this.readers.read(this.#reader, (onLateAnswer) =>
      this.read.send({ ...how, onLateAnswer, without: this.#without }),
    );
  }
}

/** The caller has changed the client's headers into something that cannot be sent. */
const unsendable = (cause: Error): RequestError => new RequestError(cause.message, { code: 'INVALID_REQUEST', cause });
