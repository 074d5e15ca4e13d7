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

/** What class-transformer knows of the classes that its decorators stand in. */
interface MetadataStorage {
  getStrategy(target: object): 'excludeAll' | 'exposeAll' | 'none';
  getExcludedMetadatas(target: object): readonly PropertyMetadata[];
  getExposedMetadatas(target: object): readonly PropertyMetadata[];
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
  // It has no public name.
  const storage = transformer && requireOptional('class-transformer/cjs/storage');
  const { defaultMetadataStorage } = (storage ?? {}) as { defaultMetadataStorage?: MetadataStorage };
  return transformer && defaultMetadataStorage ? new HiddenFields(transformer, defaultMetadataStorage) : undefined;
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
