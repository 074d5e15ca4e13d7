import type { RelationGraph } from '../relations/relation-graph.js';
import type { Resource } from '../resource.js';
import { isRecord } from './answer.js';

/** A record, and the resource that it is one of. */
export interface ResourceRecord {
  resource: Resource;
  record: Record<string, unknown>;
}

/** The records that stand in a record in place of their ids, by its relations, and those that stand in them in turn. */
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

function recordsIn(value: unknown): Array<Record<string, unknown>> {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.filter(isRecord);
}
