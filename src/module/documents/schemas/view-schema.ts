import type { Type } from '@nestjs/common';
import { transformedProperties } from '../../../common/serializers/class-transformer.js';
import { isStandardSchema, type StandardSchema } from '../../../common/serializers/standard-schema.js';
import { isClass } from '../../../common/type-guards.js';
import type { View } from '../../../resources/views/view.js';
import type { Dialect, JsonSchema } from './json-schema.js';

/** What a Standard Schema has that can say itself as JSON Schema (Standard JSON Schema). */
interface Describing {
  readonly jsonSchema?: { output?(options: { target: Dialect }): JsonSchema };
}

const OF_PRIMITIVES = new Map<unknown, JsonSchema>([
  [String, { type: 'string' }],
  [Number, { type: 'number' }],
  [Boolean, { type: 'boolean' }],
  [Date, { type: 'string', format: 'date-time' }],
]);

/** A class that contains itself would not end. */
const DEEPEST = 5;

/** Returns the schema of what a view shows; `undefined` for one that does not say it, such as a function. */
export function schemaOfView(view: View | undefined, dialect: Dialect): JsonSchema | undefined {
  if (isStandardSchema(view)) return schemaOfStandard(view, dialect);
  return view !== undefined && isClass(view) ? schemaOfClass(view, 0) : undefined;
}

function schemaOfStandard(schema: StandardSchema, target: Dialect): JsonSchema | undefined {
  try {
    return (schema['~standard'] as Describing).jsonSchema?.output?.({ target });
  } catch {
    // It has something that JSON Schema has no word for, such as a transformation.
    return undefined;
  }
}

/** Returns the exposed properties of a class, with their types as far as decorators have kept them. */
function schemaOfClass(type: Type, depth: number): JsonSchema {
  const properties = [...transformedProperties(type)].map(([name, typeFunction]) => {
    const declared: unknown = Reflect.getMetadata('design:type', type.prototype as object, name);
    const said = typeof typeFunction === 'function' ? (typeFunction as () => unknown)() : undefined;
    const one = schemaOfType(said ?? declared, depth + 1);
    return [name, declared === Array ? { type: 'array', items: said === undefined ? {} : one } : one];
  });
  return { type: 'object', properties: Object.fromEntries(properties) as JsonSchema };
}

function schemaOfType(type: unknown, depth: number): JsonSchema {
  const primitive = OF_PRIMITIVES.get(type);
  if (primitive) return primitive;
  const isOwn = typeof type === 'function' && isClass(type) && depth < DEEPEST;
  return isOwn && transformedProperties(type).size > 0 ? schemaOfClass(type, depth) : {};
}
