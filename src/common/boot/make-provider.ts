import { Scope, type Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';

/** Makes the error that says which class cannot be created, why, and what to do. */
export type NotCreatedError = (reason: string, options?: ErrorOptions) => Error;

/**
 * Gets the instance of a class that an option names: the one that the application provides, or else a new one, created
 * with what this module can inject.
 *
 * @param notCreated makes the error
 * @param requestScopeAdvice what to do about a class that is made for each request
 */
export async function makeProvider<T>(
  type: Type<T>,
  moduleRef: ModuleRef,
  notCreated: NotCreatedError,
  requestScopeAdvice: string,
): Promise<T> {
  const scope = providedScope(type, moduleRef);
  if (scope === Scope.REQUEST) throw notCreated(requestScopeAdvice);
  try {
    if (scope === undefined) return await moduleRef.create(type);
    if (scope === Scope.TRANSIENT) return await moduleRef.resolve(type, undefined, { strict: false });
    return moduleRef.get(type, { strict: false });
  } catch (error) {
    throw notCreated(
      'Add it to the providers of a module that has everything it injects, where it will be found; ' +
        'or give an instance of it instead of the class. ' +
        (error instanceof Error ? error.message : ''),
      { cause: error },
    );
  }
}

/** Finds the scope of a class; `undefined` if no module of the application provides it. */
function providedScope(type: Type, moduleRef: ModuleRef): Scope | undefined {
  try {
    return moduleRef.introspect(type).scope;
  } catch {
    return undefined;
  }
}
