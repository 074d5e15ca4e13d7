import { isObject } from '../../common/type-guards.js';
import type { Resource } from '../definition/resource.js';
import type { RelationGraph } from './relation-graph.js';

/** A record and its resource. */
export interface ResourceRecord {
  resource: Resource;
  record: Record<string, unknown>;
}

/**
 * Returns the records that a record holds in place of their ids, by its relations, and those that they hold in turn.
 */
export function populatedIn(
  { resource, record }: ResourceRecord,
  relations: RelationGraph,
  attributes?: readonly string[],
): ResourceRecord[] {
  return relations
    .associationsOf(resource)
    .filter(({ attribute }) => attributes?.includes(attribute) ?? true)
    .flatMap(({ attribute, other }) =>
      recordsIn(record[attribute]).map((found) => ({ resource: other, record: found })),
    )
    .flatMap((found) => [found, ...populatedIn(found, relations)]);
}

/** Returns the resources whose records may be populated in those of a resource, at any depth. */
export function resourcesWithin(
  resource: Resource,
  relations: RelationGraph,
  attributes?: readonly string[],
  found = new Set<Resource>(),
): Set<Resource> {
  for (const { attribute, other } of relations.associationsOf(resource)) {
    if (!(attributes?.includes(attribute) ?? true) || found.has(other)) continue;
    resourcesWithin(other, relations, undefined, found.add(other));
  }
  return found;
}

function recordsIn(value: unknown): Array<Record<string, unknown>> {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.filter(isObject);
}
