import { Scope, type CanActivate, type Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { hasCanActivate, type ConnectionGuard } from './connection.options.js';
import { GuardNotCreatedError } from './errors/guard-not-created.error.js';
import type { HandshakeContext } from './handshake-context.js';

/**
 * The instance of a guard: the one that the application has, or one that is made of what this module can inject.
 *
 * @throws GuardNotCreatedError
 */
export async function makeGuard(guard: ConnectionGuard, moduleRef: ModuleRef): Promise<CanActivate> {
  if (hasCanActivate(guard)) return guard;
  const scope = providedScope(guard, moduleRef);
  if (scope === Scope.REQUEST) {
    throw new GuardNotCreatedError(
      guard.name,
      'It, or something that it injects, is request-scoped, and a connection begins without such a request. Give it the default scope; what is known ' +
        'of the connection is in context.switchToHttp().getRequest().',
    );
  }
  try {
    if (scope === undefined) return await moduleRef.create(guard);
    if (scope === Scope.TRANSIENT) return await moduleRef.resolve(guard, undefined, { strict: false });
    return moduleRef.get(guard, { strict: false });
  } catch (error) {
    throw new GuardNotCreatedError(
      guard.name,
      `Add it to the providers of a module that has all that it injects, where it will be found; or give an instance of it instead of the class. ` +
        (error instanceof Error ? error.message : ''),
      { cause: error },
    );
  }
}

/** Whether they let a connection in: each in its turn, until one does not. */
export async function allAgree(guards: readonly CanActivate[], context: HandshakeContext): Promise<boolean> {
  for (const guard of guards) {
    const answer = guard.canActivate(context);
    if (!(await (isObservable(answer) ? lastValueFrom(answer) : answer))) return false;
  }
  return true;
}

/** `undefined` if no module of the application provides it. */
function providedScope(guard: Type<CanActivate>, moduleRef: ModuleRef): Scope | undefined {
  try {
    return moduleRef.introspect(guard).scope;
  } catch {
    return undefined;
  }
}
