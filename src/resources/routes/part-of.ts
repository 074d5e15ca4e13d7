/**
 * Whether a value was taken out of the response as it is, and not from elsewhere: no serializer saw what comes from elsewhere. The response is one tree of
 * plain JSON data, read for this answer alone, so being in it is being one of its nodes.
 */
export function isPartOf(response: unknown, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value === response) return true;
  if (Array.isArray(value) && !holds(response, value)) return value.every((element) => isPartOf(response, element));
  return holds(response, value);
}

function holds(tree: unknown, node: object): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  return tree === node || Object.values(tree).some((child) => holds(child, node));
}
