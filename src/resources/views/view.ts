import type { Type } from '@nestjs/common';
import { isClass } from '../../common/type-guards.js';
import { classTransformer } from '../../common/serializers/class-transformer.js';
import { isStandardSchema, type StandardSchema } from '../../common/serializers/standard-schema.js';
import { UnfitRecordError } from '../resources.errors.js';

/* The application's records are of any type. */
/* oxlint-disable typescript/no-explicit-any */

/**
 * The shape in which an audience sees a record: a class of class-transformer, of which only the `@Expose()`d properties
 * are sent; a Standard Schema; or a function.
 */
export type View = Type | StandardSchema | ((record: any) => unknown);

/** Returns a record in its view. */
export type ApplyView = (record: unknown) => unknown;

/** A view that can be applied. */
export interface ReadyView {
  apply: ApplyView;
  /** Whether the view itself names the fields that may be sent, as a class or a schema does. */
  namesFields: boolean;
}

/**
 * Reads a view.
 *
 * @throws Error that says what is wrong with it
 */
export function readView(view: View): ReadyView {
  if (isStandardSchema(view)) return { apply: (record) => applySchema(view, record), namesFields: true };
  return isClass(view) ? { apply: readClass(view), namesFields: true } : { apply: view, namesFields: false };
}

export function isView(value: unknown): value is View {
  return typeof value === 'function' || isStandardSchema(value);
}

/** @throws UnfitRecordError when the record does not fit */
function applySchema(schema: StandardSchema, record: unknown): unknown {
  const result = schema['~standard'].validate(record);
  return 'then' in result ? Promise.resolve(result).then(valueOf) : valueOf(result);
}

function valueOf(result: Awaited<ReturnType<StandardSchema['~standard']['validate']>>): unknown {
  if (result.issues) throw new UnfitRecordError(result.issues.length);
  return result.value;
}

function readClass(view: Type): ApplyView {
  const transformer = classTransformer();
  if (!transformer)
    throw new Error(`the view ${view.name} is a class, which needs class-transformer: npm install class-transformer.`);
  const exposed = { excludeExtraneousValues: true };
  const apply: ApplyView = (record) => transformer.instanceToPlain(transformer.plainToInstance(view, record, exposed));
  if (showsNothing(apply)) {
    throw new Error(`the view ${view.name} shows nothing. Put @Expose() on the properties that may be sent.`);
  }
  return apply;
}

function showsNothing(apply: ApplyView): boolean {
  try {
    return Object.keys(apply({}) as object).length === 0;
  } catch {
    // A `@Transform()` that reads what every record has fails on a record that has nothing.
    return false;
  }
}
