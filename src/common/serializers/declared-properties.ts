import type { Type } from '@nestjs/common';
import { isConstructor } from '../type-guards.js';
import { transformedProperties } from './class-transformer.js';

/* Metadata of @nestjs/swagger and of its compiler plugin, which are read without importing it. */
const DOCUMENTED = 'swagger/apiModelPropertiesArray';
const DOCUMENTATION = 'swagger/apiModelProperties';
const PLUGIN = '_OPENAPI_METADATA_FACTORY';

/** The properties of a class, by name, and the classes of those that hold instances, or lists of them. */
export type DeclaredProperties = ReadonlyMap<string, Type | undefined>;

/**
 * Reads the properties of a class as far as decorators tell of them: those of class-transformer and of swagger. Of a
 * class without any, nothing is known.
 */
export function declaredProperties(type: Type): DeclaredProperties {
  const prototype = type.prototype as object;
  const found = new Map<string, Type | undefined>();
  const add = (name: string, said: unknown): void => {
    const declared = [said, Reflect.getMetadata('design:type', prototype, name)].map(classIn);
    found.set(name, declared.find((one) => one !== undefined) ?? found.get(name));
  };
  for (const [name, said] of transformedProperties(type)) add(name, said);
  const documented = (Reflect.getMetadata(DOCUMENTED, prototype) ?? []) as string[];
  for (const name of documented.map((one) => one.replace(/^:/, ''))) {
    add(name, (Reflect.getMetadata(DOCUMENTATION, prototype, name) as { type?: unknown } | undefined)?.type);
  }
  for (const [name, { type: said }] of pluginProperties(type)) add(name, said);
  return found;
}

/** Reads what the plugin of swagger has written into the class. */
function pluginProperties(type: Type): Array<[string, { type?: unknown }]> {
  const { [PLUGIN]: read } = type as unknown as { [PLUGIN]?: () => Record<string, { type?: unknown }> };
  try {
    return typeof read === 'function' ? Object.entries(read()) : [];
  } catch {
    // A class in a circle of files may not be there yet.
    return [];
  }
}

/** Returns the class that metadata names: itself, by a function that returns it, or in a list. */
function classIn(said: unknown): Type | undefined {
  const one: unknown = Array.isArray(said) ? said[0] : said;
  if (typeof one !== 'function') return undefined;
  if (isConstructor(one)) return isOfApplication(one) ? one : undefined;
  try {
    return classIn((one as () => unknown)());
  } catch {
    return undefined;
  }
}

function isOfApplication(type: Type): boolean {
  return ![Object, Array, String, Number, Boolean, Date, Map, Set, Promise].includes(type as never);
}
