/** A schema of any library that follows Standard Schema (zod, valibot, arktype …). Its output is what is sent. */
export interface StandardSchema {
  readonly '~standard': {
    /** Returns the value in the schema's shape, or its issues. */
    validate(value: unknown): StandardResult | Promise<StandardResult>;
  };
}

/** The result of validating a value with a Standard Schema. */
export type StandardResult =
  { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly unknown[] };

/** Whether this is a schema. Some of them are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { '~standard': standard } = value as { '~standard'?: { validate?: unknown } };
  return typeof standard?.validate === 'function';
}
