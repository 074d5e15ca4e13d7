import { withTimeout } from '../../../../common/promises.js';
import type { PostgresClient } from './postgres-client.js';

/** How many messages may wait for Postgres, and how many bytes of them. */
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** How many bytes one statement sends at most, unless one message is larger. */
const BATCH_BYTES = 256 * 1024;

/** How long Postgres may take, in milliseconds, until it is taken for gone. */
export const ANSWER_TIMEOUT = 10_000;

/** How often a statement is tried that others stood in the way of. */
const MOST_ATTEMPTS = 5;

/** The answers by which Postgres says that a statement would do if it came again. */
const CONFLICTS: ReadonlySet<unknown> = new Set(['40001', '40P01']);

/** Sends several things of one kind by one statement, and returns the answer to each, in their order. */
export type SendBatch<Value, Answer> = (
  client: PostgresClient,
  values: readonly Value[],
) => Promise<readonly Answer[] | undefined>;

/** One thing that waits to be sent. */
interface Waiting {
  send: SendBatch<unknown, unknown>;
  value: unknown;
  bytes: number;
  attempts: number;
  /** Set if it has to go by itself, since it was refused together with others. */
  isAlone?: true;
  resolve: (answer: unknown) => void;
  reject: (error: unknown) => void;
}

/** Keeps what is to be sent in the order of the calls, and sends what is of one kind by one statement. */
export class SendQueue {
  private readonly waiting: Waiting[] = [];
  private waitingBytes = 0;

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** @throws Error when too much waits already */
  assertTakes(bytes: number): void {
    const isTooMuch = this.waitingBytes > 0 && this.waitingBytes + bytes > MAX_WAITING_BYTES;
    if (isTooMuch || this.waiting.length >= MAX_WAITING) throw new Error('Too much waits for Postgres already.');
  }

  /** Resolves with the answer of Postgres. */
  add<Value, Answer>(send: SendBatch<Value, Answer>, value: Value, bytes: number): Promise<Answer> {
    this.waitingBytes += bytes;
    return new Promise((resolve, reject) => {
      const kind = { send: send as SendBatch<unknown, unknown>, resolve: resolve as (answer: unknown) => void };
      this.waiting.push({ ...kind, value, bytes, attempts: 0, reject });
    });
  }

  /**
   * Sends what comes first.
   *
   * @throws Error where the connection is of no use any more; then all of it waits still
   */
  async sendNext(client: PostgresClient): Promise<void> {
    const batch = this.nextBatch();
    const [first] = batch;
    if (!first) return;
    try {
      const values = batch.map(({ value }) => value);
      const answers = await withTimeout(ANSWER_TIMEOUT, 'A statement', first.send(client, values));
      this.take(batch.length).forEach(({ resolve }, index) => resolve(answers?.[index]));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (CONFLICTS.has((error as { code?: unknown }).code) && ++first.attempts < MOST_ATTEMPTS) return;
      // Which of them it is about is not said.
      if (batch.length > 1) for (const one of batch) one.isAlone = true;
      else for (const { reject } of this.take(1)) reject(error);
    }
  }

  /** Rejects all that waits. */
  refuseAll(error: unknown): void {
    for (const { reject } of this.take(this.waiting.length)) reject(error);
  }

  private nextBatch(): Waiting[] {
    const [first] = this.waiting;
    if (!first || first.isAlone) return this.waiting.slice(0, 1);
    let bytes = 0;
    const end = this.waiting.findIndex((one) => {
      bytes += one.bytes;
      return one !== first && (one.send !== first.send || one.isAlone === true || bytes > BATCH_BYTES);
    });
    return end < 0 ? [...this.waiting] : this.waiting.slice(0, end);
  }

  private take(count: number): Waiting[] {
    const taken = this.waiting.splice(0, count);
    for (const { bytes } of taken) this.waitingBytes -= bytes;
    return taken;
  }
}

/** The answers by which Postgres says that tables or functions are gone, which are made anew with a connection. */
const GONE: ReadonlySet<unknown> = new Set(['42P01', '42883', 'P0002']);

/** Whether Postgres has answered that it will not do this, and is there for more. */
function isRefusal(error: unknown): boolean {
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  if (severity !== 'ERROR' || typeof code !== 'string' || GONE.has(code)) return false;
  return !code.startsWith('57P') && !code.startsWith('08');
}
