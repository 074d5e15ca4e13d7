import { isObject } from '../../common/type-guards.js';
import { readId } from '../../resources/definition/record-id.js';

/** How many objects of a graph are written down. Whoever holds a connection or a cache would have no end of them. */
const MOST_OBJECTS = 10_000;
/** How deep they may nest. */
const MOST_LEVELS = 32;

/** An object that has been met, and is to be written down. */
interface Met {
  object: object;
  /** The fields, or the elements, that lead to it. */
  path: readonly string[];
  /** Where its fields, or elements, are written to. */
  written: Record<string, unknown> | unknown[];
}

/**
 * Writes down, as JSON would, a record that JSON refuses: entities whose relations are loaded in both directions lead
 * back to where they came from. Each object is written where it is nearest to the record, and elsewhere as its id
 * alone.
 */
export class RecordGraph {
  /** The fields that could not be read, by path. */
  readonly unreadable: string[] = [];
  private readonly met = new Set<object>();
  private readonly waiting: Met[] = [];

  /** @param idField the field that stands for a record that is written elsewhere */
  constructor(private readonly idField: string) {}

  /** Returns a record as plain JSON data. */
  write(record: object): unknown {
    const written = this.meet(record, []);
    for (const { object, path, written: into } of this.waiting) {
      for (const key of Object.keys(object)) {
        const within = [...path, key];
        const value = this.meet(this.read(object, key, within), within);
        if (Array.isArray(into)) into.push(value ?? null);
        else if (value !== undefined) Object.defineProperty(into, key, { value, ...PLAIN });
      }
    }
    return written;
  }

  /** Returns the plain form of a value. Of an object, that is filled later, after all that is nearer to the record. */
  private meet(given: unknown, path: readonly string[]): unknown {
    if (typeof given === 'bigint') return String(given);
    if (typeof given === 'function' || typeof given === 'symbol') return undefined;
    if (typeof given !== 'object' || given === null) return given;
    if (this.met.has(given)) return this.referenceTo(given);
    if (this.met.size >= MOST_OBJECTS || path.length > MOST_LEVELS) return this.leaveOut(path);
    this.met.add(given);
    const object = this.jsonOf(given, path);
    if (object !== given) return this.meet(object, path);
    const written = Array.isArray(object) ? [] : {};
    this.waiting.push({ object: given, path, written });
    return written;
  }

  private referenceTo(object: object): unknown {
    const id = readId(this.read(object, this.idField, []));
    return id === undefined ? undefined : { [this.idField]: id };
  }

  private jsonOf(value: object, path: readonly string[]): unknown {
    try {
      const { toJSON } = value as { toJSON?: unknown };
      return typeof toJSON === 'function' ? (toJSON.call(value, path.at(-1) ?? '') as unknown) : value;
    } catch {
      return this.leaveOut(path);
    }
  }

  private read(object: object, key: string, path: readonly string[]): unknown {
    try {
      return (object as Record<string, unknown>)[key];
    } catch {
      return this.leaveOut(path);
    }
  }

  private leaveOut(path: readonly string[]): undefined {
    // Further down, there may be no end of them.
    const field = path.slice(0, 3).join('.');
    if (field !== '' && !this.unreadable.includes(field)) this.unreadable.push(field);
  }
}

/** A field may be named `__proto__`, to which nothing can be assigned. */
const PLAIN = { enumerable: true, configurable: true, writable: true };

/**
 * Returns the plain form of a record as an instance of the record's class, whose decorators say what a serializer
 * hides.
 */
export function asInstanceOf(record: unknown, plain: unknown): unknown {
  if (!isObject(record) || !isObject(plain)) return plain;
  const fields = Object.getOwnPropertyDescriptors(plain);
  // The class may have accessors in the place of fields, and a `toJSON()` that needs more than these.
  const toJSON: PropertyDescriptor = { value: undefined };
  return Object.create(Object.getPrototypeOf(record) as object | null, { toJSON, ...fields });
}
