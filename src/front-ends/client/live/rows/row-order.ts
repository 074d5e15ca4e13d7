import type { Row, Rows } from './rows.js';

/**
 * Tells whether a changed row keeps its place in a list whose order is not known: no field that has changed says
 * anything else about its neighbours than before, so that any order by fields holds.
 */
export function keepsPlace(rows: readonly Row[], index: number, changed: Row): boolean {
  const before = rows[index];
  const neighbours = [rows[index - 1], rows[index + 1]].filter((row) => row !== undefined);
  return Object.keys(changed)
    .filter((field) => before[field] !== changed[field])
    .every((field) =>
      neighbours.every(({ [field]: other }) => {
        const [was, is] = [order(before[field], other), order(changed[field], other)];
        return was === is;
      }),
    );
}

/** Returns the body of a list in order, without the rows that are not kept. */
export function arrange(
  body: unknown,
  rows: Rows | undefined,
  compare: ((row: never, other: never) => number) | undefined,
  keeps: (row: never) => boolean,
): unknown {
  if (!rows?.isList) return body;
  const kept = rows.all.filter(keeps as (row: Row) => boolean);
  return rows.with(compare ? kept.sort(compare as (row: Row, other: Row) => number) : kept);
}

/** Says how two values stand to each other, by their characters and by the language, which databases sort by. */
function order(value: unknown, other: unknown): string {
  if (value === null || value === undefined) return other === null || other === undefined ? 'none' : 'first';
  if (typeof value !== 'string' || typeof other !== 'string') return signOf(value, other);
  return `${signOf(value, other)} ${Math.sign(value.localeCompare(other))}`;
}

function signOf(value: unknown, other: unknown): string {
  if (typeof value === 'object' || typeof other === 'object') return 'unordered';
  const [one, two] = [value, other] as [string, string];
  return one < two ? '<' : one > two ? '>' : '=';
}
