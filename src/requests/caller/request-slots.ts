import { HttpStatus } from '@nestjs/common';
import { AsyncResource } from 'node:async_hooks';
import { RequestRefusal } from '../request-refusal.js';
import type { RequestTurns } from './request-turns.js';

/** Made once: a client that floods the server must not make it capture a stack trace for each request. */
const TOO_MANY = new RequestRefusal(
  HttpStatus.TOO_MANY_REQUESTS,
  'Too many requests at once. Wait for answers before sending more.',
  'requestQueue',
);

/** Limits the requests of a connection: some run at once, some more wait in order, and the rest are refused. */
export class RequestSlots {
  private running = 0;
  private readonly queued: Array<() => void> = [];

  constructor(
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
    if (this.running >= this.concurrency && this.queued.length >= this.queue) throw TOO_MANY;
  }

  /**
   * Begins the request now, or as soon as a slot is free. It must call `release` once when it is over.
   *
   * @returns a function that takes the request out of the queue
   * @throws RequestRefusal if the queue is full
   */
  enqueue(begin: () => void): () => void {
    if (this.running < this.concurrency) {
      this.running++;
      begin();
      return () => undefined;
    }
    this.refuseIfFull();
    // The end of another request begins this one, which must not run in the async context of the other.
    const beginInContext = AsyncResource.bind(begin);
    this.queued.push(beginInContext);
    return () => {
      const position = this.queued.indexOf(beginInContext);
      if (position >= 0) this.queued.splice(position, 1);
    };
  }

  /** Gives the slot of a request that is over to the next. */
  release(): void {
    if (this.queued.length === 0) this.running--;
    else this.turns.begin(this);
  }

  beginNext(): void {
    this.queued.shift()?.();
  }
}
