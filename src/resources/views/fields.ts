import { isObject } from '../../common/type-guards.js';

/**
 * A set of fields of a record, at every level. A field without fields of its own stands for the whole value, or for a
 * value of which no more is known. What a list holds counts as one value.
 */
export class Fields {
  static readonly NONE = new Fields(new Map());
  private written: string | undefined;

  constructor(readonly inner: ReadonlyMap<string, Fields>) {}

  /** Reads what `key` has written. */
  static parse(key: string): Fields {
    return readFields(JSON.parse(key));
  }

  /** Makes a set of fields of their paths, such as `author.following`. */
  static ofPaths(paths: readonly string[]): Fields {
    return paths.map((path) => ofPath(path.split('.'))).reduce((all, one) => unite(all, one), Fields.NONE);
  }

  /** Makes a set of one field, as a whole. */
  static ofField(name: string): Fields {
    return new Fields(new Map([[name, Fields.NONE]]));
  }

  /** The set in writing, for other servers, the same for equal sets. */
  get key(): string {
    return (this.written ??= JSON.stringify(this));
  }

  get isEmpty(): boolean {
    return this.inner.size === 0;
  }

  /** Writes the fields in the order of their names. */
  toJSON(): unknown {
    const sorted = [...this.inner].toSorted(([one], [other]) => (one < other ? -1 : 1));
    // A field may be called `__proto__`.
    return Object.fromEntries(sorted);
  }
}

function readFields(written: unknown): Fields {
  return isObject(written)
    ? new Fields(new Map(Object.entries(written).map(([name, inner]) => [name, readFields(inner)])))
    : Fields.NONE;
}

function ofPath([name, ...rest]: readonly string[]): Fields {
  return name === undefined ? Fields.NONE : new Fields(new Map([[name, ofPath(rest)]]));
}

/** Returns the fields that are in one of the sets. */
export function unite(one: Fields, other: Fields): Fields {
  if (one === other || other.isEmpty) return one;
  const inner = new Map(one.inner);
  for (const [name, fields] of other.inner) {
    const known = inner.get(name);
    inner.set(name, known ? unite(known, fields) : fields);
  }
  return new Fields(inner);
}

/** Returns the fields that are in both sets. */
export function intersect(one: Fields, other: Fields): Fields {
  if (one === other) return one;
  const inner = new Map<string, Fields>();
  for (const [name, fields] of one.inner) {
    const known = other.inner.get(name);
    if (known) inner.set(name, intersect(known, fields));
  }
  return new Fields(inner);
}

/** Returns the fields that are not in the other set: a field that has none of its own there is not, as a whole. */
export function subtract(from: Fields, taken: Fields): Fields {
  if (taken.isEmpty) return from;
  const inner = new Map<string, Fields>();
  for (const [name, fields] of from.inner) {
    const lost = taken.inner.get(name);
    if (!lost) inner.set(name, fields);
    else if (!lost.isEmpty) inner.set(name, subtract(fields, lost));
  }
  return new Fields(inner);
}

/** Part of a value, and the paths of what is not in it. */
export interface Part {
  /** `undefined` if nothing of the value is left. */
  value: unknown;
  leftOut: ReadonlySet<string>;
}

/** Returns the part of plain JSON data that consists of these fields. */
export function only(fields: Fields, value: unknown): Part {
  const leftOut = new Set<string>();
  return { value: onlyIn(fields, value, '', leftOut), leftOut };
}

function onlyIn(fields: Fields, value: unknown, path: string, leftOut: Set<string>): unknown {
  if (Array.isArray(value)) {
    const shown = value.map((one) => onlyIn(fields, one, path, leftOut));
    // Half a list would be wrong.
    return shown.includes(undefined) ? undefined : shown;
  }
  if (!isObject(value)) {
    // What was shown in parts does not appear as a whole.
    if (value === null || fields.isEmpty) return value;
    leftOut.add(path);
    return undefined;
  }
  const names = Object.keys(value);
  const entries = names.flatMap((name) => {
    const inner = fields.inner.get(name);
    const at = path === '' ? name : `${path}.${name}`;
    if (!inner) leftOut.add(at);
    const shown = inner && onlyIn(inner, value[name], at, leftOut);
    return shown === undefined ? [] : [[name, shown] as const];
  });
  return entries.length === 0 && names.length > 0 ? undefined : Object.fromEntries(entries);
}

/** Returns the part of plain JSON data that has none of these fields. */
export function without(fields: Fields, value: unknown): Part {
  const leftOut = new Set<string>();
  return { value: fields.isEmpty ? value : withoutIn(fields, value, '', leftOut), leftOut };
}

function withoutIn(fields: Fields, value: unknown, path: string, leftOut: Set<string>): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutIn(fields, one, path, leftOut));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).flatMap(([name, one]) => {
    const lost = fields.inner.get(name);
    if (!lost) return [[name, one] as const];
    const at = path === '' ? name : `${path}.${name}`;
    if (!lost.isEmpty) return [[name, withoutIn(lost, one, at, leftOut)] as const];
    leftOut.add(at);
    return [];
  });
  return Object.fromEntries(entries);
}
