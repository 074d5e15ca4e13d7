/**
 * The most requests in flight at once. By default a server accepts 80 per connection (running and queued) and refuses
 * more.
 */
const MAX_IN_FLIGHT = 32;

/** How much each answer raises a limit that was lowered. */
const GROWTH = 1 / 8;

/** Milliseconds before the next attempt, if the server had no room although nothing was in flight. */
const RETRY_DELAY = 100;

const limits = new WeakMap<object, InFlightLimit>();

/** Sends one request over the connection of the limit; returns false if there is none to send. */
type SendNext = (limit: InFlightLimit) => boolean;

/**
 * Limits how many requests of one connection are in flight: sent and not answered. The namespaces of the connection
 * share it and take turns. The limit shrinks when the server has no room for a request, and grows again with every
 * answer.
 */
export class InFlightLimit {
  #inFlight = 0;
  #limit = MAX_IN_FLIGHT;
  /** How many of the waits that the server has asked for are not over. */
  #pauses = 0;
  readonly #senders = new Set<SendNext>();

  /** @param engine Socket.IO has one for each connection */
  static of(engine: object): InFlightLimit {
    const limit = limits.get(engine) ?? new InFlightLimit();
    limits.set(engine, limit);
    return limit;
  }

  /** Calls `sendNext` whenever there is room, in turn with other senders, until it has nothing left to send. */
  enqueue(sendNext: SendNext): void {
    this.#senders.add(sendNext);
    this.#drain();
  }

  /** Sends now, even if there is no room. */
  bypass(sendNext: SendNext): void {
    this.#inFlight++;
    if (!sendNext(this)) this.#inFlight--;
  }

  /** Makes room: a request was answered, or nobody waits for its answer any longer. */
  release(): void {
    this.#inFlight--;
    this.#limit = Math.min(this.#limit + GROWTH, MAX_IN_FLIGHT);
    // If the connection ended, every namespace knows by then.
    queueMicrotask(() => this.#drain());
  }

  /**
   * Lowers the limit to what is in flight: the server had no room for one more.
   *
   * @param seconds how long nothing is sent, since the server has told this client to wait
   */
  shrink(seconds: number): void {
    this.#inFlight--;
    this.#limit = this.#inFlight;
    if (seconds === 0 && this.#limit > 0) return;
    this.#pauses++;
    setTimeout(
      () => {
        this.#pauses--;
        this.#limit = Math.max(this.#limit, 1);
        this.#drain();
      },
      seconds * 1_000 || RETRY_DELAY,
    );
  }

  #drain(): void {
    if (this.#pauses > 0) return;
    for (const sendNext of this.#senders) {
      if (this.#inFlight + 1 > this.#limit) return;
      this.#senders.delete(sendNext);
      this.#inFlight++;
      if (sendNext(this)) this.#senders.add(sendNext);
      else this.#inFlight--;
    }
  }
}
