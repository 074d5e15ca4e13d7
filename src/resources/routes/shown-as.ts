/**
 * Of a record, only what the shape shows too, at every level: a record as it was must not tell more than the response does. Both are plain JSON data. A
 * list is held against all elements of the shape's list together, and left out if any part of it may not be told: half of it would be wrong.
 */
export function shownAs(shape: unknown, record: unknown): unknown {
  return shownByAny([shape], record);
}

function shownByAny(shapes: readonly unknown[], value: unknown): unknown {
  if (Array.isArray(value)) return listShownBy(shapes, value);
  if (isObject(value)) return objectShownBy(shapes, value);
  // What is shown in parts must not come as a whole.
  return value === null || !shapes.some(isObject) ? value : undefined;
}

function listShownBy(shapes: readonly unknown[], list: readonly unknown[]): unknown {
  const lists = shapes.filter((shape) => Array.isArray(shape));
  if (lists.length === 0) return undefined;
  const elements: unknown[] = lists.flat(1);
  const shown = list.map((one) => (elements.length > 0 ? shownByAny(elements, one) : undefined));
  return shown.includes(undefined) ? undefined : shown;
}

function objectShownBy(shapes: readonly unknown[], value: Record<string, unknown>): unknown {
  const objects = shapes.filter((shape) => isObject(shape) && !Array.isArray(shape)) as Array<Record<string, unknown>>;
  if (objects.length === 0) return undefined;
  const shown = Object.entries(value).flatMap(([key, field]) => {
    const fields = objects.filter((shape) => Object.hasOwn(shape, key)).map((shape) => shape[key]);
    const told = fields.length > 0 ? shownByAny(fields, field) : undefined;
    return told === undefined ? [] : [[key, told] as const];
  });
  return Object.fromEntries(shown);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
