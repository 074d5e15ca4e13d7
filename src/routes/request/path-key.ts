import type { Resource } from '../../resources/definition/resource.js';

/** A key by which a path, or an option of a decorator, names a record. */
export class PathKey {
  constructor(
    readonly key: string,
    /** Whether it may be an id as well, since nothing says which of them it is. */
    readonly mayBeId: boolean,
  ) {}
}

type Named = Pick<Resource, 'name' | 'idField'> & { keyField: string | undefined };

/** Returns the names that path parameters with ids of a resource have by convention. */
export function idParameterNames({ name, idField }: Pick<Named, 'name' | 'idField'>): string[] {
  return [idField, `${name}Id`, `${name}_id`];
}

/** Returns the names that path parameters with keys of a resource have by convention. */
export function keyParameterNames({ name, keyField: key }: Pick<Named, 'name' | 'keyField'>): string[] {
  return key === undefined ? [] : [key, `${name}${key[0].toUpperCase()}${key.slice(1)}`, `${name}_${key}`];
}

/**
 * Returns the value of a path parameter, or the key that it is. A parameter that is named like a key holds one, even
 * where it looks like an id; and what cannot be an id is a key, whatever its parameter is called.
 *
 * @param value the value, as the handler's pipes left it
 * @param written the text in the URL
 */
export function readPathValue(
  { name, idField, keys, ids }: Resource,
  parameter: string,
  value: unknown,
  written: string,
): unknown {
  const isText = String(value) === written;
  if (isText && keyParameterNames({ name, keyField: keys.field }).includes(parameter))
    return new PathKey(written, false);
  if (typeof value !== 'string') return value;
  const isId = idParameterNames({ name, idField }).includes(parameter) && ids.mayBe(value);
  return isId ? value : new PathKey(value, true);
}
