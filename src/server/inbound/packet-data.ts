import type { RefusalKind } from '../metrics.js';
import type { ShapeLimits } from './packet-text.js';

/** The limits of data whose text is not known, or that holds bytes. */
export interface DataLimits extends ShapeLimits {
  /** The bytes in it. */
  bytes: number;
  /** Whether keys are refused that change the prototype of what the data is copied to. */
  refusesPrototypes: boolean;
}

/**
 * Finds out why data has to be refused: once through it, without recursion, and no further than the limits go.
 *
 * The same bytes in two places are refused. A packet may name an attachment as often as it likes, so whoever copies the
 * data would copy it as often.
 */
export function excessOfData(data: unknown, limits: DataLimits): RefusalKind | undefined {
  const values: unknown[] = [data];
  const levels: number[] = [1];
  const seen = new Set<object>();
  let keys = 0;
  let bytes = 0;
  while (values.length > 0) {
    const value = values.pop();
    const level = levels.pop() ?? 1;
    if (typeof value !== 'object' || value === null) continue;
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      if (seen.has(value)) return 'attachments';
      seen.add(value);
      bytes += value.byteLength;
      if (bytes > limits.bytes) return 'size';
      continue;
    }
    if (level > limits.levels) return 'nesting';
    if (limits.refusesPrototypes && setsPrototype(value)) return 'forbiddenKeys';
    const members: unknown[] = Array.isArray(value) ? value : Object.values(value);
    keys += members.length;
    if (keys > limits.keys) return 'keys';
    for (const member of members) {
      values.push(member);
      levels.push(level + 1);
    }
  }
  return undefined;
}

/** Tells whether a merge of this object into another would reach a prototype that all objects share. */
function setsPrototype(value: object): boolean {
  if (Array.isArray(value)) return false;
  if (Object.hasOwn(value, '__proto__')) return true;
  if (!Object.hasOwn(value, 'constructor')) return false;
  const { constructor } = value as { constructor: unknown };
  return typeof constructor === 'object' && constructor !== null && Object.hasOwn(constructor, 'prototype');
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Longer texts are measured; of shorter ones, the characters count. */
const MEASURED = 4_096;

/** Returns how many bytes a text or an attachment has. */
export function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length < MEASURED ? data.length : Buffer.byteLength(data);
  return (data as Partial<ArrayBuffer> | null)?.byteLength ?? 0;
}
