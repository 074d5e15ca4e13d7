import type { Type } from '@nestjs/common';
import { createRequire } from 'node:module';

interface ClassTransformer {
  plainToInstance(type: Type, value: unknown, options?: object): object;
  instanceToPlain(value: unknown, options?: object): unknown;
}

/** What a property's `@Expose` or `@Exclude` says. */
interface PropertyMetadata {
  options?: { groups?: readonly string[]; toClassOnly?: boolean };
}

/** What `@Type` says of a property. */
interface TypeMetadata {
  typeFunction?: () => unknown;
}

/** What class-transformer knows of the classes that its decorators stand in. */
interface MetadataStorage {
  getStrategy(target: object): 'excludeAll' | 'exposeAll' | 'none';
  getExcludedMetadatas(target: object): readonly PropertyMetadata[];
  getExposedMetadatas(target: object): readonly PropertyMetadata[];
  /** By class, and then by property. */
  _exposeMetadatas?: ReadonlyMap<object, ReadonlyMap<string, unknown>>;
  _typeMetadatas?: ReadonlyMap<object, ReadonlyMap<string, TypeMetadata>>;
}

/** Returns the application's class-transformer, an optional peer, or `undefined` if it has none. */
export function classTransformer(): ClassTransformer | undefined {
  return requireOptional('class-transformer') as ClassTransformer | undefined;
}

/** Replaces an object by what may be sent of it. */
export type ShowObject = (value: object) => unknown;

/**
 * Shows instances of classes in which class-transformer would hide a field, by `@Exclude()` or by `@Expose()` for a
 * group, as it does: a field that a route's serializer hides must not leave by another way. Any other object is left
 * as it is, so that decimals, documents and the like keep their own form.
 */
class HiddenFields {
  private readonly known = new WeakMap<object, boolean>();

  constructor(
    private readonly transformer: ClassTransformer,
    private readonly storage: MetadataStorage,
  ) {}

  readonly show: ShowObject = (value) => {
    const { constructor } = (Object.getPrototypeOf(value) ?? {}) as { constructor?: unknown };
    if (typeof constructor !== 'function' || constructor === Object || constructor === Array) return value;
    return this.areIn(constructor) ? this.transformer.instanceToPlain(value) : value;
  };

  private areIn(type: object): boolean {
    const known = this.known.get(type) ?? this.findIn(type);
    this.known.set(type, known);
    return known;
  }

  private findIn(type: object): boolean {
    const { storage } = this;
    return (
      storage.getStrategy(type) === 'excludeAll' ||
      storage.getExcludedMetadatas(type).some(({ options }) => options?.toClassOnly !== true) ||
      storage.getExposedMetadatas(type).some(({ options }) => options?.toClassOnly === true || options?.groups?.length)
    );
  }
}

let hiddenFields: { show?: ShowObject } | undefined;

/** Returns what leaves out the fields that class-transformer hides; nothing in an application without it. */
export function withoutHiddenFields(): ShowObject | undefined {
  hiddenFields ??= { show: makeHiddenFields()?.show };
  return hiddenFields.show;
}

function makeHiddenFields(): HiddenFields | undefined {
  const transformer = classTransformer();
  const storage = transformer && metadataStorage();
  return transformer && storage ? new HiddenFields(transformer, storage) : undefined;
}

interface StorageModule {
  defaultMetadataStorage?: MetadataStorage;
}

let metadata: StorageModule | undefined;

function metadataStorage(): MetadataStorage | undefined {
  // It has no public name.
  metadata ??= (requireOptional('class-transformer/cjs/storage') ?? {}) as StorageModule;
  return metadata.defaultMetadataStorage;
}

/** Returns the properties of a class that have `@Expose` or `@Type`, and what that says of their type. */
export function transformedProperties(type: Type): ReadonlyMap<string, unknown> {
  const storage = metadataStorage();
  const found = new Map<string, unknown>();
  for (let one: unknown = type; typeof one === 'function'; one = Object.getPrototypeOf(one)) {
    for (const name of storage?._exposeMetadatas?.get(one)?.keys() ?? [])
      if (!found.has(name)) found.set(name, undefined);
    for (const [name, { typeFunction }] of storage?._typeMetadatas?.get(one) ?? [])
      found.set(name, found.get(name) ?? typeFunction);
  }
  return found;
}

function requireOptional(name: string): unknown {
  try {
    return createRequire(import.meta.url)(name) as unknown;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined;
    throw error;
  }
}
