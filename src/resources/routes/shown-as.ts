/**
 * Of a record, only what the shape shows too, at every level: a record as it was must not tell more than the response does. Both are plain JSON data. Lists
 * are held against all elements of the shape's list together; where the shape has a plain value, so must the record.
 */
export function shownAs(shape: unknown, record: unknown): unknown {
  if (!isObject(record)) return record;
  if (Array.isArray(record)) {
    if (!Array.isArray(shape)) return undefined;
    const element = shape.every(isObject) ? Object.assign({}, ...shape) : undefined;
    return record.map((one) => shownAs(element, one)).filter((one) => one !== undefined);
  }
  if (!isObject(shape) || Array.isArray(shape)) return undefined;
  return Object.fromEntries(
    Object.entries(record)
      .filter(([key]) => Object.hasOwn(shape, key))
      .map(([key, value]) => [key, shownAs(shape[key], value)])
      .filter(([, value]) => value !== undefined),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
