import { FIRST_ERROR } from './sent-response.js';

/** Node's response, or one of Fastify's around it. */
interface Response {
  raw?: Response;
  statusCode: number;
  destroyed?: boolean;
  once(event: 'finish' | 'close', listener: () => void): unknown;
}

/** What is done once it is known. */
interface Outcome {
  delivered: () => void;
  failed: () => void;
}

/**
 * Whether the caller gets the answer after all: it may turn out too large, too late, or refused by something below Nest. That is known when the response
 * closes.
 */
export class Delivery {
  private readonly response: Response;
  private readonly outcomes: Outcome[] = [];

  /** @param since when the request came, as `performance.now()` has it */
  constructor(
    response: object,
    readonly since: number,
  ) {
    this.response = (response as Response).raw ?? (response as Response);
  }

  /** Nobody waits for it any more. */
  get hasFailed(): boolean {
    return this.response.destroyed === true;
  }

  onOutcome(outcome: Outcome): void {
    if (this.outcomes.push(outcome) === 1) this.listen();
  }

  onDelivered(delivered: () => void): void {
    this.onOutcome({ delivered, failed: () => undefined });
  }

  private listen(): void {
    let isDelivered = false;
    this.response.once('finish', () => {
      isDelivered = this.response.statusCode < FIRST_ERROR;
    });
    this.response.once('close', () => {
      for (const { delivered, failed } of this.outcomes) (isDelivered ? delivered : failed)();
    });
  }
}
