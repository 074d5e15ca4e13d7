import type { OptionRule } from '../../../common/option-rules.js';
import { isObject } from '../../../common/type-guards.js';

/* Nothing here can know the types of what routes answer. */
/* oxlint-disable typescript/no-explicit-any */

/** How answers hold records: in a field, in the first of some fields that is there, or where a function says. */
export type Select<Context = any> = string | readonly string[] | ((response: any, context: Context) => unknown);

export const SELECT: OptionRule = [
  "a field of the answer, or a path to one such as 'data.article'; an array of these, each once, of which the first " +
    'that is there counts; or a function',
  (value) => typeof value === 'function' || isPath(value) || (Array.isArray(value) && arePaths(value)),
];

function arePaths(value: readonly unknown[]): boolean {
  return value.length > 0 && value.every(isPath) && new Set(value).size === value.length;
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && value.split('.').every((field) => field !== '');
}

/** Returns the fields that the option names; `undefined` if it is a function, or absent. */
export function selectedFields(select: Select | undefined): readonly string[] | undefined {
  if (select === undefined || typeof select === 'function') return undefined;
  return typeof select === 'string' ? [select] : select;
}

/** A part of an answer. */
interface Part {
  readonly value: unknown;
}

/** A part, and which of the fields led to it. */
interface FoundPart extends Part {
  readonly path: string;
}

/** Returns the first of these parts that an answer has. */
export function firstPart(answer: unknown, fields: readonly string[]): FoundPart | undefined {
  for (const path of fields) {
    const part = partAt(answer, path);
    if (part) return { ...part, path };
  }
  return undefined;
}

/**
 * Returns the part of an answer at a path: `'article'`, `'data.article'`. Of a list, it is the list of the parts of its
 * members, unless the path begins with a position.
 */
function partAt(answer: unknown, path: string): Part | undefined {
  if (Array.isArray(answer)) return partOfList(answer, path);
  if (!isObject(answer)) return undefined;
  const value = fieldOf(answer, path);
  if (value !== undefined) return { value };
  const dot = path.indexOf('.');
  return dot < 0 ? undefined : partAt(fieldOf(answer, path.slice(0, dot)), path.slice(dot + 1));
}

function partOfList(list: readonly unknown[], path: string): Part | undefined {
  const [, position, rest] = /^(\d+)(?:\.(.+))?$/.exec(path) ?? [];
  if (position !== undefined) {
    const value = list[Number(position)];
    if (value === undefined) return undefined;
    return rest === undefined ? { value } : partAt(value, rest);
  }
  const parts = list.map((one) => partAt(one, path));
  return parts.some((part) => part !== undefined) ? { value: parts.flatMap((part) => part?.value) } : undefined;
}

/** What a handler returns may be an instance whose class has the field; no object has it from `Object`. */
function fieldOf(value: Record<string, unknown>, field: string): unknown {
  return field in Object.prototype && !Object.hasOwn(value, field) ? undefined : value[field];
}
