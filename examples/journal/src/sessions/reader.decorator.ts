import { createParamDecorator, type ExecutionContext, UnauthorizedException } from '@nestjs/common';
import type { Person } from '../profiles/person.entity.js';
import type { ReaderRequest } from './sign-in.middleware.js';

/** Gives a handler the person who is asking, or `undefined`. */
export const Reader = createParamDecorator((_: unknown, context: ExecutionContext) => readerIn(context));

/** Gives a handler the person who is asking, and answers 401 to anybody else. */
export const SignedIn = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const reader = readerIn(context);
  if (!reader) throw new UnauthorizedException('Sign in first.');
  return reader;
});

function readerIn(context: ExecutionContext): Person | undefined {
  return context.switchToHttp().getRequest<ReaderRequest>().user;
}
