import { ready, runSteps, type Steps } from '../../common/promises.js';
import { isObject } from '../../common/type-guards.js';
import type { Resource } from '../../resources/definition/resource.js';
import { firstPart, type Select, selectedFields } from '../../resources/definition/answers/select.js';
import type { PublishContext } from '../publish-context.js';
import { runOption } from './option-functions.js';

/** The part of a value that a decorator is about. */
export interface Selection {
  readonly value: unknown;
  /** What has said so: the decorator itself, or a resource; `undefined` if nothing has, and the value is all of it. */
  readonly by?: 'decorator' | Resource;
  /** Whether a function has selected it, so that it need not be a part of the value at all. */
  readonly isComputed?: boolean;
  /** The field that holds it. */
  readonly path?: string;
  /** The fields that should have held it, if the value has none of them. */
  readonly missing?: readonly string[];
}

/** The options of a decorator that say what is a record. */
interface SelectingOptions {
  readonly select?: Select<PublishContext>;
  readonly id?: unknown;
}

/**
 * Selects the records in a value: as the decorator says, or else as the first of these resources does whose records the
 * value holds. A resource says it for all of its routes, some of which may answer the record itself.
 *
 * @throws FailedOptionError if a function among the options throws
 */
export function selectIn(
  value: unknown,
  options: SelectingOptions,
  resources: readonly Resource[],
  context: PublishContext,
): Selection | Promise<Selection> {
  return runSteps(selectByAny(value, options, resources, context));
}

function* selectByAny(
  value: unknown,
  options: SelectingOptions,
  resources: readonly Resource[],
  context: PublishContext,
): Steps<Selection> {
  const { select } = options;
  if (typeof select === 'function') {
    const selected: unknown = yield* ready(runOption('select', () => select(value, context)));
    return { value: selected, by: 'decorator', isComputed: true };
  }
  if (select !== undefined) {
    const fields = selectedFields(select) ?? [];
    const part = firstPart(value, fields);
    return part ? { ...part, by: 'decorator' } : { value: undefined, by: 'decorator', missing: fields };
  }
  for (const resource of resources) {
    const found = yield* selectByResource(value, resource, options, context);
    if (found) return found;
  }
  const selecting = resources.filter((one) => one.select !== undefined);
  const isWhole =
    selecting.length === 0 || !isObject(value) || resources.some((one) => isRecordOf(one, value, options));
  // It is something else than a record, such as the result of a write.
  return isWhole
    ? { value }
    : { value: undefined, missing: selecting.flatMap((one) => selectedFields(one.select) ?? []) };
}

function* selectByResource(
  value: unknown,
  resource: Resource,
  options: SelectingOptions,
  context: PublishContext,
): Steps<Selection | undefined> {
  const { select } = resource;
  // An answer without fields, such as none at all, is nothing to select from.
  if (select === undefined || typeof value !== 'object' || value === null) return undefined;
  if (typeof select === 'function') {
    const selected: unknown = yield* ready(runOption('select', () => select(value, context)));
    return selected === undefined ? undefined : { value: selected, by: resource, isComputed: true };
  }
  const part = firstPart(value, selectedFields(select) ?? []);
  if (!part) return undefined;
  // A record may well have a field of that name.
  const isOwnField = isRecordOf(resource, value, options) && isObject(part.value) && !isRecordOf(resource, part.value);
  return isOwnField ? undefined : { ...part, by: resource };
}

/** Tells whether a value is a record: it has an id, or a key, of its own. */
function isRecordOf({ idField, keys }: Resource, value: unknown, { id }: SelectingOptions = {}): boolean {
  if (!isObject(value)) return false;
  const fields = [idField, keys.field, typeof id === 'string' ? id : undefined];
  return fields.some((field) => field !== undefined && isKnown(value[field]));
}

function isKnown(value: unknown): boolean {
  return value !== undefined && value !== null;
}
