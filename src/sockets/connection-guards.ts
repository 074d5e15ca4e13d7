import type { CanActivate } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { hasCanActivate, type ConnectionGuard } from './connection.options.js';
import { GuardNotCreatedError } from './errors/guard-not-created.error.js';
import type { HandshakeContext } from './handshake-context.js';
import { makeProvider } from '../common/make-provider.js';

/**
 * The instance of a guard: the one that the application has, or one that is made of what this module can inject.
 *
 * @throws GuardNotCreatedError
 */
export async function makeGuard(guard: ConnectionGuard, moduleRef: ModuleRef): Promise<CanActivate> {
  if (hasCanActivate(guard)) return guard;
  return makeProvider(
    guard,
    moduleRef,
    (reason, options) => new GuardNotCreatedError(guard.name, reason, options),
    'It, or something that it injects, is request-scoped, and a connection begins without such a request. Give it the default scope; what is known ' +
      'of the connection is in context.switchToHttp().getRequest().',
  );
}

/** Whether they let a connection in: each in its turn, until one does not. */
export async function allAgree(guards: readonly CanActivate[], context: HandshakeContext): Promise<boolean> {
  for (const guard of guards) {
    const answer = guard.canActivate(context);
    if (!(await (isObservable(answer) ? lastValueFrom(answer) : answer))) return false;
  }
  return true;
}
