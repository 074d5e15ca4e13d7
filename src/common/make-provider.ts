import { Scope, type Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';

/** Says what cannot be made, why, and what to do. */
export type NotMade = (reason: string, options?: ErrorOptions) => Error;

/**
 * The instance of a class that an option names: the one that the application has, or one that is made of what this module can inject.
 *
 * @param notMade makes the error
 * @param ofScope what to do about a class that is made for each request
 */
export async function makeProvider<T>(
  type: Type<T>,
  moduleRef: ModuleRef,
  notMade: NotMade,
  ofScope: string,
): Promise<T> {
  const scope = providedScope(type, moduleRef);
  if (scope === Scope.REQUEST) throw notMade(ofScope);
  try {
    if (scope === undefined) return await moduleRef.create(type);
    if (scope === Scope.TRANSIENT) return await moduleRef.resolve(type, undefined, { strict: false });
    return moduleRef.get(type, { strict: false });
  } catch (error) {
    throw notMade(
      `Add it to the providers of a module that has all that it injects, where it will be found; or give an instance of it instead of the class. ` +
        (error instanceof Error ? error.message : ''),
      { cause: error },
    );
  }
}

/** `undefined` if no module of the application provides it. */
function providedScope(type: Type, moduleRef: ModuleRef): Scope | undefined {
  try {
    return moduleRef.introspect(type).scope;
  } catch {
    return undefined;
  }
}
