import type { Revocation } from '../../../protocol/subscription.js';
import type { LiveAnswer } from './live-answer.js';
import type { Row } from './rows/rows.js';

/** Tells whether a client loses something of what an answer shows, or may show. */
export function isRevoked(revocation: Revocation, answer: LiveAnswer, body: unknown): boolean {
  if ('everything' in revocation) return true;
  if (!('resource' in revocation) || !answer.resources.has(revocation.resource)) return false;
  const { ids, slice } = revocation;
  // Who watches no slice has lost none.
  const shapes = answer.shapes.filter((shape) => shape.resource === revocation.resource);
  if (slice && !shapes.some((shape) => shape.slice)) return false;
  const rows = answer.rowsOf(revocation.resource, body);
  if (!rows) return true;
  if (ids) return rows.some((one) => ids.some((id) => one.indexOf(id) >= 0));
  if (!slice) return true;
  const all = rows.flatMap((one) => one.all);
  return all.length === 0 || all.some((row) => !contradicts(row, slice));
}

/** Whether a row shows that it is in another slice. */
function contradicts(row: Row, slice: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(slice).some(([field, value]) => {
    const shown = row[field];
    return (typeof shown === 'string' || typeof shown === 'number') && String(shown) !== String(value);
  });
}
