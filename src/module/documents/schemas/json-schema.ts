/** A JSON Schema, as a plain object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The dialect in which a document has its schemas. */
export type Dialect = 'openapi-3.0' | 'draft-2020-12' | 'draft-07';

/** Where a document keeps its schemas. */
const SCHEMAS = '#/components/schemas/';

export function referTo(name: string): JsonSchema {
  return { $ref: SCHEMAS + name };
}

/** Returns the schema with all of its fields left out where they are not known: that of a change. */
export function partialOf(schema: JsonSchema): JsonSchema {
  return without(schema, 'required');
}

function without(schema: JsonSchema, ...keywords: readonly string[]): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)));
}

/**
 * Moves the definitions of a schema to where a document keeps schemas, and returns all of them by their names there.
 *
 * @param name that of the schema itself, which begins those of its definitions
 */
export function hoisted(name: string, schema: JsonSchema): Map<string, JsonSchema> {
  const { $defs, definitions } = schema;
  const found = new Map<string, JsonSchema>();
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, key === '$ref' ? referenceIn(name, one) : rewrite(one)]),
    );
  };
  found.set(name, rewrite(without(schema, '$schema', '$defs', 'definitions')) as JsonSchema);
  for (const [key, definition] of Object.entries({ ...(definitions as object), ...($defs as object) }))
    found.set(nameOfDefinition(name, key), rewrite(definition) as JsonSchema);
  return found;
}

function referenceIn(name: string, reference: unknown): unknown {
  if (reference === '#') return SCHEMAS + name;
  const key = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(String(reference))?.[1];
  return key === undefined ? reference : SCHEMAS + nameOfDefinition(name, key);
}

/** Documents allow letters, digits and a few marks in the names of schemas. */
function nameOfDefinition(name: string, key: string): string {
  return `${name}.${key.replaceAll(/[^\w.-]/g, '_')}`;
}
