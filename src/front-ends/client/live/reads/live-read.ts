import type { ClientResponse } from '../../answers/response.js';
import type { Repetition } from '../../requests/repeated-reads.js';

/** One read of a route that is repeated, until it is ended. */
export interface LiveRead {
  start(): Promise<ClientResponse>;
  /** Reads again, now or after the repetition that is under way. */
  again(): void;
  /** Ends it for another one of the same, which keeps the subscriptions. */
  replace(): void;
  /** Ends it, and its subscriptions. */
  end(): void;
}

/** What is heard of a read. */
export interface LiveReadListeners {
  /** Called whenever the server is asked for the body. */
  onSent: () => void;
  onRepetition: (repetition: Repetition) => void;
}
