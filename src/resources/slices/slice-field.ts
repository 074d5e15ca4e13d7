import { MAX_SLICES, plain, writtenForm } from './slice.js';

/** Stands for what a record holds where a slice has its value, and what cannot be one: an object, or `NaN`. */
export const UNFIT = Symbol('unfit');

/** The names of fields that hold ids: of a record that is populated, or else the id stands in its place. */
export const ID_FIELDS: readonly string[] = ['id', '_id'];

/** A field of a slice, or the path to one: it finds the value, or the values, in records. */
export class SliceField {
  private readonly path: readonly string[];
  private hasBeenList = false;

  /** @param refersToRecord whether a relation says that it holds another record, or its id */
  constructor(
    readonly name: string,
    private readonly refersToRecord: () => boolean,
  ) {
    this.path = name.split('.');
  }

  /** Whether records hold a list there, as far as they have been seen. */
  get isList(): boolean {
    return this.hasBeenList;
  }

  /**
   * Returns the value that a record holds, `null` for none, or the list of the values of its members; `undefined` if it
   * does not say, and `UNFIT` if what it says is not a value.
   */
  read(record: object): unknown {
    const { name, path } = this;
    const fields = record as Readonly<Record<string, unknown>>;
    try {
      // Inherited fields, too: some ORMs give an entity's fields by getters of its class.
      const found = this.find(fields[path[0]], 1);
      // A path may be given as the name of a field, as by the option `slice`. That comes last, since a client may have
      // put a field of that name into a body which the record repeats.
      const isFound = found !== undefined && found !== UNFIT;
      return isFound || !Object.hasOwn(record, name) ? found : this.find(fields[name], path.length);
    } catch {
      // Such as a collection that is not loaded.
      return undefined;
    }
  }

  /** @param depth how much of the path leads to the value */
  private find(value: unknown, depth: number): unknown {
    if (value === undefined || value === null) return value;
    if (typeof value !== 'object') return depth === this.path.length ? fitting(value) : this.idIn(value, depth);
    const members = membersOf(value);
    if (members) return this.findInMembers(members, depth);
    return depth === this.path.length ? this.valueOf(value) : this.findWithin(value, depth);
  }

  private findWithin(value: object, depth: number): unknown {
    const asJson = (): unknown => plain(value);
    // An `ObjectId` has a field of that name itself, which is not what clients see.
    const id = this.isId(depth) ? asJson() : undefined;
    if (id !== undefined && typeof id !== 'object') return fitting(id);
    const held = fieldIn(value, this.path[depth]);
    if (held !== undefined) return this.find(held, depth + 1);
    const shown = asJson();
    if (shown === value) return undefined;
    const isRecord = typeof shown === 'object' && shown !== null && !Array.isArray(shown);
    return isRecord ? this.find(fieldIn(shown, this.path[depth]), depth + 1) : this.find(shown, depth);
  }

  private findInMembers(members: readonly unknown[], depth: number): unknown {
    const values = new Map<string, unknown>();
    for (const member of members) {
      const found = this.find(member, depth);
      // Where one is not known, it is not known in which slices the record is.
      if (found === undefined || found === UNFIT) return found;
      for (const value of Array.isArray(found) ? (found as unknown[]) : [found]) {
        const written = writtenForm(value);
        // One more than count shows that there are too many.
        if (written !== undefined && values.size <= MAX_SLICES) values.set(written, value);
      }
    }
    this.hasBeenList = true;
    return [...values.values()];
  }

  private valueOf(value: object): unknown {
    const shown = plain(value);
    if (typeof shown !== 'object' || shown === null) return fitting(shown);
    if (Array.isArray(shown)) return this.findInMembers(shown, this.path.length);
    if (!this.refersToRecord()) return UNFIT;
    const id = ID_FIELDS.map((name) => plain(fieldIn(value, name))).find((one) => one !== undefined);
    return typeof id === 'object' ? UNFIT : id;
  }

  /** The id of a record stands where the record itself would. */
  private idIn(value: unknown, depth: number): unknown {
    return this.isId(depth) ? fitting(value) : UNFIT;
  }

  private isId(depth: number): boolean {
    return depth === this.path.length - 1 && ID_FIELDS.includes(this.path[depth]);
  }
}

/** Tells whether a value that a record holds is this one, or a list that this one is a member of. */
export function holdsValue(held: unknown, value: unknown): boolean {
  const written = writtenForm(value);
  return Array.isArray(held) ? held.some((one) => writtenForm(one) === written) : writtenForm(held) === written;
}

function fieldIn(value: object, name: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[name];
}

function fitting(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : UNFIT;
  return typeof value === 'function' || typeof value === 'symbol' ? UNFIT : value;
}

/** Returns the members of an array, a set, or a collection of an ORM. */
function membersOf(value: object): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[];
  if (!(Symbol.iterator in value) || ArrayBuffer.isView(value) || value instanceof Map) return undefined;
  return [...(value as Iterable<unknown>)];
}
