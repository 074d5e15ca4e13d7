import { nearestName } from '../../protocol/nearest-name.js';
import type { ResourceRegistry } from '../definition/resource-registry.js';
import type { Resource } from '../definition/resource.js';

/**
 * Returns what to do about a collection that no relation declares, and what is missed without one.
 *
 * @param known the attributes of the resource that have a relation
 */
export function undeclaredRelation(
  { name }: Resource,
  attribute: string,
  known: readonly string[],
  registry: ResourceRegistry,
): string {
  const near = nearestName(attribute, known);
  const meant = near === undefined ? '' : ` Did you mean "${near}"?`;
  const others = registry.all().map((resource) => resource.name);
  const single = singular(attribute);
  const other = others.find((one) => isSame(one, attribute) || isSame(one, single)) ?? single;
  const field = /^[A-Za-z_$][\w$]*$/.test(attribute) ? attribute : JSON.stringify(attribute);
  const line = `@Resourceful('${name}', { relations: { ${field}: hasMany('${other}', '${name}') } })`;
  const declare = others.includes(other)
    ? ''
    : `, and what is in it: @Resourceful('${other}') on its controller, or ` +
      `SocketsModule.forRoot({ resources: { ${JSON.stringify(other)}: {} } })`;
  return (
    `"${name}" declares no relation "${attribute}", so it is not known which resource the records in it are of: ` +
    `their ids are published as they are, without a view of their own, and their subscribers are told ` +
    `nothing.${meant} ` +
    `Declare it: ${line}${declare}. If that is meant: { noReverse: true }.`
  );
}

function singular(attribute: string): string {
  if (attribute.endsWith('ies')) return attribute.replace(/ies$/, 'y');
  if (/(?:ss|sh|ch|x)es$/.test(attribute)) return attribute.replace(/es$/, '');
  return attribute.replace(/([^s])s$/, '$1');
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
