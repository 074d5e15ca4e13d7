import { randomBytes } from 'node:crypto';
import { FUNCTIONS, PARTS, RELATIONS } from './journal-functions.js';
import { OUTBOX_FUNCTIONS, OUTBOX_PARTS, OUTBOX_RELATIONS } from './outbox-functions.js';
import type { PostgresClient } from './postgres-client.js';

/** Says in which schema the journal is, and whose it is. */
export interface JournalHome {
  /** @default that in which the user's tables are made */
  schema: string | undefined;
  /** The name of the cluster, since several may share the tables. */
  cluster: string;
  /** Whether transactions of the application write in it. */
  hasOutbox: boolean;
}

/** How far a database has got in its log, of which it keeps what it has written, whatever happens. */
const LOG_POSITION = 'pg_current_wal_flush_lsn()';

/** Where it is in the database, and how far that has got. */
export interface JournalState {
  /** The schema, quoted. */
  schema: string;
  /** An expression for how far the database has got in its log; `undefined` where it does not say. */
  logPosition: string | undefined;
  /** What tells the database from others whose tables have the same names. */
  epoch: string;
}

/**
 * Makes the tables and functions, if they are not there, and begins a new epoch if this is another database than the
 * one before, such as a backup of it.
 *
 * @param seen how far the log of the database had got: one that is not as far has lost something since
 * @throws Error that says what to do if the user may not make them
 */
export async function prepareJournal(
  client: PostgresClient,
  { schema: given, cluster, hasOutbox }: JournalHome,
  seen: string | undefined,
): Promise<JournalState> {
  // What comes later must see what was committed while it waited, and what is committed must not be lost.
  await client.query('SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED');
  await client.query(
    "SELECT set_config('synchronous_commit', 'local', false) WHERE current_setting('synchronous_commit') = 'off'",
  );
  const schema = quoted(given ?? (await valueOf(client, 'current_schema()')) ?? 'public');
  if (!(await isThere(client, schema, hasOutbox))) await make(client, schema, hasOutbox);
  // Not all that speak as Postgres does have such a log.
  const isLogged = await valueOf(client, `${LOG_POSITION} IS NOT NULL`).catch(unlessRefused);
  const logPosition = isLogged === true ? LOG_POSITION : undefined;
  const source: unknown[] = [];
  for (const [expression, ...values] of [
    ['(SELECT system_identifier::text FROM pg_control_system())'],
    // The first digits are those of the timeline.
    ['substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)'],
    // A table that was made anew, or emptied, has another.
    ['pg_relation_filenode($1::regclass)::text', `${schema}.nestjs_sockets_streams`],
    ['pg_relation_filenode($1::regclass)::text', `${schema}.nestjs_sockets_entries`],
  ] as const) {
    source.push(await valueOf(client, expression, values).catch(unlessRefused));
  }
  const hasGoneBack = seen && logPosition ? `$4::pg_lsn > ${logPosition}` : '$4::text IS NOT NULL';
  await client.query(
    `INSERT INTO ${schema}.nestjs_sockets_clusters AS known (name, source, epoch) VALUES ($1, $2, $3)
      ON CONFLICT (name) DO UPDATE SET source = excluded.source, epoch = excluded.epoch
      WHERE known.source <> excluded.source OR ${hasGoneBack}`,
    [cluster, source.join(' '), randomBytes(18).toString('base64url'), (logPosition && seen) ?? null],
  );
  const epoch = await valueOf(client, `(SELECT epoch FROM ${schema}.nestjs_sockets_clusters WHERE name = $1)`, [
    cluster,
  ]);
  return { schema, logPosition, epoch: String(epoch) };
}

async function isThere(client: PostgresClient, schema: string, hasOutbox: boolean): Promise<boolean> {
  const relations = hasOutbox ? [...RELATIONS, ...OUTBOX_RELATIONS] : RELATIONS;
  const functions = hasOutbox ? [...FUNCTIONS, ...OUTBOX_FUNCTIONS] : FUNCTIONS;
  const found = await valueOf(
    client,
    `(SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest($1::text[]) AS name)
      AND (SELECT bool_and(to_regproc(name) IS NOT NULL) FROM unnest($2::text[]) AS name)`,
    [relations, functions].map((names) => names.map((name) => `${schema}.${name}`)),
  );
  return found === true;
}

/** Makes what is missing, in one transaction, for which other servers that start at the same time wait. */
async function make(client: PostgresClient, schema: string, hasOutbox: boolean): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query("SELECT pg_advisory_xact_lock(hashtext('nestjs-sockets journal'), 0)");
    if (!(await isThere(client, schema, hasOutbox))) {
      const isHere = (await valueOf(client, 'to_regnamespace($1) IS NOT NULL', [schema])) === true;
      if (!isHere) await client.query(`CREATE SCHEMA ${schema}`);
      const parts = hasOutbox ? [...PARTS, ...OUTBOX_PARTS] : PARTS;
      const replaced = parts.map((part) => part.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'));
      await client.query(replaced.join('').replaceAll('$.', () => `${schema}.`));
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    if ((error as { code?: unknown }).code !== '42501') throw error;
    const message =
      `The journal needs tables, which this user may not make in the schema ${schema}. Have them made once, by ` +
      'starting the application with a user who may, and grant this one SELECT, INSERT, UPDATE and DELETE; name ' +
      'another schema by postgres({ schema }); or let each server have a journal of its own, by ' +
      'postgres({ journal: false })';
    throw Object.assign(new Error(message, { cause: error }), { code: '42501' });
  }
}

/** Returns the value of an expression. */
async function valueOf(client: PostgresClient, expression: string, values: readonly unknown[] = []): Promise<unknown> {
  const { rows } = (await client.query(`SELECT ${expression} AS value`, [...values])) as {
    rows: Array<{ value: unknown }>;
  };
  return rows[0]?.value;
}

/** Has a question that the database does not understand, or answer this user, go without an answer. */
function unlessRefused(error: unknown): undefined {
  if ((error as { severity?: unknown }).severity !== 'ERROR') throw error;
}

function quoted(name: unknown): string {
  return `"${String(name).replaceAll('"', '""')}"`;
}
