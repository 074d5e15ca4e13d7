import { HttpStatus } from '@nestjs/common';
import { AsyncResource } from 'node:async_hooks';
import type { Socket } from 'socket.io';
import { RequestRefusal } from '../request-refusal.js';
import type { RequestTurns } from './request-turns.js';

/** Made once: a client that floods the server must not make it capture a stack trace for each request. */
const TOO_MANY = new RequestRefusal(
  HttpStatus.TOO_MANY_REQUESTS,
  'Too many requests at once. Wait for answers before sending more.',
  'requestQueue',
);

/** So few begin as they come: their answers leave together, and are not much even if they are large. */
const AT_ONCE = 4;

/** The same of a connection whose last answers were small, so that the next ones are likely to be. */
const MOST_AT_ONCE = 16;

/**
 * Limits the requests of a connection: some run at once, some more wait in order, and the rest are refused.
 *
 * A few begin when they come, and more of a connection that gets small answers. Each further one waits for a turn of
 * the event loop, in which the client must have taken most of what it was sent: otherwise many large answers would be
 * in memory before any of them is read.
 */
export class RequestSlots {
  private running = 0;
  private atOnce = AT_ONCE;
  private readonly queued: Array<() => void> = [];

  constructor(
    private readonly connection: Socket['conn'],
    private readonly concurrency: number,
    private readonly queue: number,
    private readonly turns: RequestTurns,
  ) {}

  /**
   * Tells before a request is read whether there is room for it, since what is refused must not cost more than that.
   *
   * @throws RequestRefusal if the queue is full
   */
  refuseIfFull(): void {
    if (this.running + this.queued.length >= this.concurrency + this.queue) throw TOO_MANY;
  }

  /**
   * Begins the request now, or when it is its turn. It must call `release` once when it is over.
   *
   * @returns a function that takes the request out of the queue
   * @throws RequestRefusal if the queue is full
   */
  enqueue(begin: () => void): () => void {
    this.refuseIfFull();
    if (this.queued.length === 0 && this.running < this.atOnce && this.mayBegin && !this.turns.isOver) {
      if (this.running >= AT_ONCE) this.turns.countBegun();
      this.running++;
      begin();
      return doNothing;
    }
    // Another request's end, or turn, begins this one, which must not run in the async context of the other.
    const beginInContext = AsyncResource.bind(begin);
    this.queued.push(beginInContext);
    this.turns.beginLater(this);
    return () => {
      const position = this.queued.indexOf(beginInContext);
      if (position >= 0) this.queued.splice(position, 1);
    };
  }

  /** Whether nothing runs, or waits. */
  get isEmpty(): boolean {
    return this.running + this.queued.length === 0;
  }

  /** Counts an answer, in bytes. */
  count(bytes: number): void {
    this.atOnce = this.turns.count(bytes) ? Math.min(this.atOnce + 1, MOST_AT_ONCE) : AT_ONCE;
  }

  /** Gives the slot of a request that is over to the next. */
  release(): void {
    this.running--;
    if (this.queued.length > 0) this.turns.begin(this);
  }

  /**
   * Begins the next request, if there is one and it may begin: otherwise the end of another one begins it.
   *
   * @returns whether another one may begin, in a turn of its own
   */
  beginNext(): boolean {
    const begin = this.mayBegin ? this.queued.shift() : undefined;
    if (!begin) return false;
    this.running++;
    begin();
    return this.queued.length > 0 && this.running < this.concurrency;
  }

  private get mayBegin(): boolean {
    return this.running === 0 || (this.running < this.concurrency && this.turns.takesMore(this.connection));
  }
}

function doNothing(): void {}
