import type { Type } from '@nestjs/common';
import type { DeclaredProperties } from '../../../common/serializers/declared-properties.js';
import type { Resource } from '../../../resources/definition/resource.js';
import { BESIDE, WRAPPERS } from './enveloped-records.js';

/**
 * Finds the property of a class that holds the record, if instances of the class are no records themselves: they have
 * no id, but hold what has one.
 *
 * @param propertiesOf reads those of the class of a property
 */
export function envelopeOfType(
  properties: DeclaredProperties,
  resource: Resource,
  propertiesOf: (type: Type) => DeclaredProperties,
): string | undefined {
  return placeIn(properties, resource, (type) => {
    const held = propertiesOf(type);
    return {
      held,
      inner: () => placeIn(held, resource, (one) => ({ held: propertiesOf(one), inner: () => undefined })),
    };
  });
}

function placeIn(
  properties: DeclaredProperties,
  { answers, idField, keys }: Resource,
  read: (type: Type) => { held: DeclaredProperties; inner: () => string | undefined },
): string | undefined {
  const isRecord = (held: DeclaredProperties): boolean =>
    held.has(idField) || (keys.field !== undefined && held.has(keys.field));
  if (isRecord(properties)) return undefined;
  for (const [field, type] of properties) {
    if (!type) continue;
    const { held, inner } = read(type);
    const isWrapping = WRAPPERS.test(field) && [...properties.keys()].every((one) => one === field || BESIDE.test(one));
    // In a field of that name, it may well show no id.
    if (answers.isPlace(field) || (isWrapping && isRecord(held))) return field;
    const deeper = isWrapping ? inner() : undefined;
    if (deeper !== undefined) return `${field}.${deeper}`;
  }
  return undefined;
}
