import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { MemberByIdPipe } from './member-by-id.pipe.js';

const SessionMemberId = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<Request>().session.memberId,
);

/** Injects the member who is signed in, whether the request came over HTTP or over a socket. */
export const CurrentMember = (): ParameterDecorator => SessionMemberId(MemberByIdPipe);
