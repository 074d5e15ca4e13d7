/**
 * Whether a value was taken out of the response as it is, and not from elsewhere: no serializer saw what comes from elsewhere. The response is one tree of
 * plain JSON data, read for this answer alone, so being in it is being one of its nodes.
 */
export function isPartOf(response: unknown, value: unknown): boolean {
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
