import { HttpStatus } from '@nestjs/common';
import { AsyncResource } from 'node:async_hooks';
import { RequestRefusal } from '../request-refusal.js';

/** Made once: whoever floods the server does not make it take down a stack for each. */
const TOO_MANY = new RequestRefusal(
  HttpStatus.TOO_MANY_REQUESTS,
  'Too many requests at once. Wait for answers before sending more.',
);

/** So many requests of a connection run at once, so many more wait in order, and what comes beyond is refused. */
export class RequestSlots {
  private running = 0;
  private readonly waiting: Array<() => void> = [];

  constructor(
    private readonly concurrency: number,
    private readonly queue: number,
  ) {}

  /**
   * Begins now or as soon as a slot is free; whoever begins calls `release` once.
   *
   * @returns takes the request back while it waits
   * @throws RequestRefusal when too many wait already
   */
  enter(begin: () => void): () => void {
    if (this.running < this.concurrency) {
      this.running++;
      begin();
      return () => undefined;
    }
    if (this.waiting.length >= this.queue) {
      throw TOO_MANY;
    }
    // The end of another request begins it, and it must not find itself in that one's async context.
    const turn = AsyncResource.bind(begin);
    this.waiting.push(turn);
    return () => {
      const position = this.waiting.indexOf(turn);
      if (position >= 0) this.waiting.splice(position, 1);
    };
  }

  release(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running--;
  }
}
