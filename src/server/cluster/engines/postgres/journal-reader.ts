import { withTimeout } from '../../../../common/promises.js';
import { endClient, openClient, type PostgresClient, type PostgresPool } from './postgres-client.js';
import { ANSWER_TIMEOUT } from './send-queue.js';

/** How many questions may wait: those of clients that come back are not waited for for longer than a second. */
const MOST_WAITING = 1_000;

/** How long closing waits for a connection that is being opened, in milliseconds. */
const CLOSE_TIMEOUT = 1_000;

/**
 * One more connection, by which the journal is read: what clients ask for when they come back would have publications
 * wait. It is opened when it is needed, and holds no process.
 */
export class JournalReader {
  private client: Promise<PostgresClient> | undefined;
  /** Fulfilled once what was asked before has been answered. */
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private isClosed = false;

  constructor(private readonly pool: PostgresPool) {}

  /** Opens the connection before it is needed, so that who asks first need not wait for it. */
  connect(): void {
    if (!this.isClosed) (this.client ??= this.open()).catch(() => undefined);
  }

  /**
   * Returns the rows that a statement answers with. Rejects if too many wait already.
   *
   * @param before what has to be done before it is asked
   */
  async query<Row>(text: string, values: unknown[], before?: Promise<unknown>): Promise<Row[]> {
    if (this.waiting >= MOST_WAITING) throw new Error('Postgres does not answer, and no more questions are kept.');
    this.waiting++;
    try {
      await before;
      const answer = this.last.then(() => this.ask<Row>(text, values));
      this.last = answer.catch(() => undefined);
      return await answer;
    } finally {
      this.waiting--;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const opened = this.client;
    if (!opened) return;
    const client = await withTimeout(CLOSE_TIMEOUT, 'Connecting', opened).catch(() => undefined);
    if (client) await endClient(client);
  }

  private async ask<Row>(text: string, values: unknown[]): Promise<Row[]> {
    if (this.isClosed) throw new Error('The connection to Postgres is closed.');
    const opened = (this.client ??= this.open());
    try {
      const client = await withTimeout(ANSWER_TIMEOUT, 'Connecting', opened);
      const answer = await withTimeout(ANSWER_TIMEOUT, 'A question', client.query(text, values));
      return (answer as { rows: Row[] }).rows;
    } catch (error) {
      // A connection that is well is not worth the question whether it is.
      if (this.client === opened) this.client = undefined;
      opened.then(endClient, () => undefined);
      throw error;
    }
  }

  private open(): Promise<PostgresClient> {
    const opened: Promise<PostgresClient> = openClient(this.pool, (client) => {
      client.unref?.();
      const drop = (): void => {
        if (this.client === opened) this.client = undefined;
      };
      client.on('error', drop);
      client.on('end', drop);
    });
    return opened;
  }
}
