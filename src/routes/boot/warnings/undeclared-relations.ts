import type { RelationGraph } from '../../../resources/relations/relation-graph.js';
import type { RoutePublication } from '../../publish/route-publication.js';

/**
 * Warns of routes that publish who joins or leaves a collection that no relation declares. There is one warning for
 * each collection.
 */
export function undeclaredRelationWarnings(
  publications: readonly RoutePublication[],
  relations: RelationGraph,
): string[] {
  const byAdvice = new Map<string, string[]>();
  for (const { resource, metadata, name } of publications) {
    const { attribute, options } = metadata;
    if (attribute === undefined || options.noReverse) continue;
    const advice = relations.adviceFor(resource, attribute);
    if (advice !== undefined) byAdvice.set(advice, [...(byAdvice.get(advice) ?? []), name]);
  }
  return [...byAdvice].map(([advice, names]) => `${names.join(', ')}: ${advice}`);
}
