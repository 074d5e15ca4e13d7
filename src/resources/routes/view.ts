import type { Type } from '@nestjs/common';
import { createRequire } from 'node:module';
import { isStandardSchema, type StandardSchema } from '../../sockets/standard-schema.js';

/* The application's records are of any type. */
/* oxlint-disable typescript/no-explicit-any */

/**
 * The shape in which an audience sees a record: a class of class-transformer, of which the `@Expose()`d properties are sent and no others; a
 * Standard Schema; or a function.
 */
export type View = Type | StandardSchema | ((record: any) => unknown);

/** Gives a record in its view. */
export type ApplyView = (record: unknown) => unknown;

interface ClassTransformer {
  plainToInstance(type: Type, value: unknown, options?: object): object;
  instanceToPlain(value: unknown, options?: object): unknown;
}

/**
 * Makes a view ready.
 *
 * @throws Error that says what is wrong with it
 */
export function readView(view: View): ApplyView {
  if (isStandardSchema(view)) return (record) => applySchema(view, record);
  return isClass(view) ? readClass(view) : view;
}

/** The class-transformer of the application, or `undefined` if it has none: an optional peer. */
export function classTransformer(): ClassTransformer | undefined {
  try {
    return createRequire(import.meta.url)('class-transformer') as ClassTransformer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** @throws Error when the record does not fit */
export async function applySchema(schema: StandardSchema, record: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(record);
  if (result.issues) throw new Error(`the record does not fit the view: ${result.issues.length} issue(s)`);
  return result.value;
}

function readClass(view: Type): ApplyView {
  const transformer = classTransformer();
  if (!transformer)
    throw new Error(`the view ${view.name} is a class, which needs class-transformer: npm install class-transformer.`);
  const exposed = { excludeExtraneousValues: true };
  const apply: ApplyView = (record) => transformer.instanceToPlain(transformer.plainToInstance(view, record, exposed));
  if (Object.keys(apply({}) as object).length === 0) {
    throw new Error(`the view ${view.name} shows nothing. Put @Expose() on the properties that may be sent.`);
  }
  return apply;
}

function isClass(view: View): view is Type {
  return /^class\b/.test(Function.prototype.toString.call(view));
}
