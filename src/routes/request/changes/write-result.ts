import { isObject } from '../../../common/type-guards.js';

/** What a library returns after a write: how many rows it has changed, instead of the rows. */
export interface WriteResult {
  /** `undefined` where the driver cannot say. */
  readonly count: number | undefined;
}

/** The fields of one library's results. */
interface WriteResultShape {
  /** They count what was changed, and add up. */
  readonly changed: readonly string[];
  /** They count what was found, whether or not it was changed. They matter where no other field counts. */
  readonly found?: readonly string[];
  readonly other: readonly string[];
}

const SHAPES: readonly WriteResultShape[] = [
  // TypeORM
  { changed: ['affected'], other: ['raw', 'generatedMaps'] },
  // Prisma
  { changed: ['count'], other: [] },
  // MongoDB and Mongoose; the short names are those of drivers before version 4.
  {
    changed: ['deletedCount', 'insertedCount', 'modifiedCount', 'upsertedCount', 'nModified'],
    found: ['matchedCount', 'n'],
    other: [
      ...['acknowledged', 'upsertedId', 'upsertedIds', 'insertedId', 'insertedIds', 'upserted'],
      ...['ok', 'opTime', 'electionId', 'operationTime', '$clusterTime'],
    ],
  },
  // Kysely
  {
    changed: ['numChangedRows', 'numDeletedRows', 'numInsertedOrUpdatedRows'],
    found: ['numUpdatedRows', 'numAffectedRows'],
    other: ['insertId', 'rows'],
  },
  // PostgreSQL, also as Drizzle returns it
  {
    changed: ['rowCount'],
    other: [
      ...['command', 'oid', 'rows', 'fields', 'rowAsArray', 'RowCtor'],
      ...['_parsers', '_types', '_prebuiltEmptyResultObject'],
    ],
  },
  // MySQL, MariaDB, MikroORM, PGlite. MySQL's `changedRows` is 0 for rows that were deleted.
  {
    changed: ['affectedRows'],
    other: [
      ...['insertId', 'info', 'fieldCount', 'serverStatus', 'warningStatus', 'warningCount', 'changedRows'],
      ...['stateChanges', 'message', 'protocol41', 'rows', 'row', 'fields', 'insertedIds'],
    ],
  },
  // SQLite
  { changed: ['changes'], other: ['lastInsertRowid', 'lastInsertRowId'] },
  // libSQL, PlanetScale, SQL Server, Oracle
  {
    changed: ['rowsAffected'],
    other: [
      ...['rows', 'columns', 'columnTypes', 'lastInsertRowid', 'lastRowid', 'insertId', 'headers', 'types', 'fields'],
      ...['size', 'statement', 'time', 'recordset', 'recordsets', 'output'],
    ],
  },
];

/**
 * Reads an object as the result of a write. It is one only if each of its fields is known from the results of one
 * library, and one of them counts: a record may have a field `count`, too, but not that alone.
 *
 * @param idFields the fields that hold a record's id. What has one of them is a record
 */
export function readWriteResult(value: unknown, idFields: readonly string[]): WriteResult | undefined {
  if (!isObject(value)) return undefined;
  const fields = Object.keys(value);
  if (fields.length === 0 || idFields.some((field) => Object.hasOwn(value, field))) return undefined;
  const shape = SHAPES.find((one) => isOfShape(value, fields, one));
  if (!shape) return undefined;
  // A write that the server was not asked to acknowledge.
  if (value.acknowledged === false) return { count: undefined };
  return { count: sum(value, shape.changed) ?? sum(value, shape.found ?? []) };
}

/**
 * Reads a list as the result of a write: that of several statements, or of one in a list; a count, perhaps with the
 * rows that were changed; or a list of rows that counts those it does not hold.
 */
export function readListedWriteResult(list: readonly unknown[], idFields: readonly string[]): WriteResult | undefined {
  const counting = list as readonly unknown[] & { count?: unknown };
  if (list.length === 0) return 'command' in counting ? { count: countOf(counting.count) } : undefined;
  const results = list.filter((one) => one !== undefined && one !== null).map((one) => readWriteResult(one, idFields));
  if (results.length === 0 || results.includes(undefined)) return undefined;
  return { count: add(results.map((one) => one?.count)) };
}

/** Reads what Sequelize returns of an update: `[1]`, or `[1, rows]`. */
export function readCountList(list: readonly unknown[]): WriteResult | undefined {
  const [count, rows] = list;
  const isOne = typeof count === 'number' && (list.length === 1 || (list.length === 2 && Array.isArray(rows)));
  return isOne ? { count } : undefined;
}

function isOfShape(
  value: object,
  fields: readonly string[],
  { changed, found = [], other }: WriteResultShape,
): boolean {
  const counting = [...changed, ...found];
  return (
    counting.some((field) => Object.hasOwn(value, field)) &&
    fields.every((field) => other.includes(field) || (counting.includes(field) && mayCount(value, field)))
  );
}

function mayCount(value: object, field: string): boolean {
  const count = (value as Record<string, unknown>)[field];
  return count === undefined || count === null || countOf(count) !== undefined;
}

function sum(value: Record<string, unknown>, fields: readonly string[]): number | undefined {
  const counts = fields.map((field) => countOf(value[field])).filter((count) => count !== undefined);
  return counts.length > 0 ? add(counts) : undefined;
}

function add(counts: ReadonlyArray<number | undefined>): number | undefined {
  return counts.reduce<number | undefined>(
    (total, count) => (total === undefined || count === undefined ? undefined : total + count),
    0,
  );
}

/** Reads a count: as JSON has it, as a `bigint`, or one for each statement. */
function countOf(value: unknown): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
  return Array.isArray(value) && value.length > 0 ? add(value.map(countOf)) : undefined;
}
