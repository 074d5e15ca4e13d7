import type { PublishContext } from '../publish-context.js';

/** What a route answered, and all that was known when it did. */
export interface RouteResult {
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
export class Skipped extends Error {}

/** What it would do cannot be known this time, since an interceptor answered in place of the handler. That says nothing of rights. */
export class SkippedUnknown extends Skipped {}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function recordOf(value: unknown): Record<string, unknown> | undefined {
  return isRecord(value) ? value : undefined;
}

/**
 * Whether a value was taken out of the response as it is, and not from elsewhere: no serializer saw what comes from elsewhere. The response is one tree of
 * plain JSON data, read for this answer alone, so being in it is being one of its nodes.
 */
export function containsRecord(response: unknown, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value === response) return true;
  const nodes = new Set<unknown>();
  collect(response, nodes);
  const isOne = (part: unknown): boolean => {
    if (typeof part !== 'object' || part === null || nodes.has(part)) return true;
    // A list that was made of parts.
    return Array.isArray(part) && part.every(isOne);
  };
  return isOne(value);
}

function collect(tree: unknown, nodes: Set<unknown>): void {
  if (typeof tree !== 'object' || tree === null) return;
  nodes.add(tree);
  for (const child of Object.values(tree)) collect(child, nodes);
}
