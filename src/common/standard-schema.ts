/** A schema of any library that follows Standard Schema (zod, valibot, arktype …); what it outputs is what is sent. */
export interface StandardSchema {
  readonly '~standard': {
    /** Gives the value in its shape, or the issues it has. */
    validate(value: unknown): StandardResult | Promise<StandardResult>;
  };
}

/** What a Standard Schema makes of a value. */
export type StandardResult =
  { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly unknown[] };

/** Some schemas are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { '~standard': standard } = value as { '~standard'?: { validate?: unknown } };
  return typeof standard?.validate === 'function';
}
