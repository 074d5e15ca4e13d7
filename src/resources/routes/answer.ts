import type { PublishContext } from './publish-context.js';

/** What a route answered, and all that was known when it did. */
export interface Answer {
  /** The response as the caller received it. */
  response: unknown;
  context: PublishContext;
  /** The record as it was, if the decorator asked for it; a list of them where there are several. */
  previous: unknown;
  /** In which slices the records of `previous` were when they were read: the handler may have changed the same objects since. */
  slicesBefore?: ReadonlyMap<object, object>;
  /** The rooms of those who are not told, since they asked for it. */
  omitted: readonly string[];
  /** What the caller calls the change that it asked for. */
  mutation: string | undefined;
}

/** Why a decorator does nothing; said once for each route. */
export class NothingToDo extends Error {}

/** What it would do cannot be known this time, since an interceptor answered in place of the handler. That says nothing of rights. */
export class Unknown extends NothingToDo {}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordOf(value: unknown): Record<string, unknown> | undefined {
  return isRecord(value) ? value : undefined;
}
