import { withTimeout } from '../../../../common/promises.js';

/** What is used of a pool of the package `pg`. */
export interface PostgresPool {
  /** Gives one of its connections. */
  connect(): Promise<unknown>;
  /** Tells what happens to its connections. */
  on(event: string, listener: (subject: unknown) => void): unknown;
  /** Ends that. */
  off(event: string, listener: (subject: unknown) => void): unknown;
}

/** One connection to Postgres: a client of the package `pg`. */
export interface PostgresClient {
  connect(): Promise<unknown>;
  query(text: string, values?: unknown[]): Promise<unknown>;
  on(event: string, listener: (subject: never) => void): unknown;
  end(): Promise<unknown>;
  /** Has the process go on for its sake, as it does at first. */
  ref?(): void;
  /** Ends that. */
  unref?(): void;
}

/** What a notification of Postgres says. */
export interface Notification {
  channel: string;
  payload?: string;
}

/** Makes a client with the options of a pool. */
type MakeClient = new (options: object) => PostgresClient;

/**
 * Opens a connection with the options of a pool, beside those that the pool counts: it is open for good, and an
 * application that ends its pool first would wait for it. A pool that does not tell how it connects gives one of its
 * own.
 *
 * @param prepare adds listeners, before anything can be heard
 */
export async function openClient(
  pool: PostgresPool,
  prepare: (client: PostgresClient) => void,
): Promise<PostgresClient> {
  const { Client, options } = pool as { Client?: MakeClient; options?: object };
  if (typeof Client === 'function' && typeof options === 'object') {
    const client = new Client(options);
    prepare(client);
    await client.connect();
    return client;
  }
  const pooled = (await pool.connect()) as PostgresClient & { release(destroys: boolean): void };
  const client: PostgresClient = {
    connect: async () => undefined,
    query: (text, values) => pooled.query(text, values),
    on: (event, listener) => pooled.on(event, listener),
    end: async () => pooled.release(true),
  };
  prepare(client);
  return client;
}

/**
 * Listens to the errors of a pool and of its clients: without a listener, each of them would end the process when
 * Postgres is started again.
 *
 * @returns a function that ends it
 */
export function surviveErrors(pool: PostgresPool): () => void {
  const survive = (): void => undefined;
  const onConnect = (client: unknown): void => void (client as PostgresClient).on('error', survive);
  pool.on('error', survive);
  pool.on('connect', onConnect);
  return () => {
    pool.off('error', survive);
    pool.off('connect', onConnect);
  };
}

/** How long the end of a connection may take, in milliseconds, before it is cut. */
const END_TIMEOUT = 1_000;

/** Ends a connection, which may be broken already, or frozen. */
export async function endClient(client: PostgresClient): Promise<void> {
  const cut = (): void => {
    const { connection } = client as { connection?: { stream?: { destroy?(): void } } };
    connection?.stream?.destroy?.();
  };
  await withTimeout(END_TIMEOUT, 'postgres()', client.end()).catch(cut);
}
