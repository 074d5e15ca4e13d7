import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { MemberByIdPipe } from './member-by-id.pipe.js';

const memberIdOfSession = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<Request>().session.memberId,
);

/** Who does this: the member whose session it is, whether the request came over HTTP or over a socket. */
export const ActingMember = (): ParameterDecorator => memberIdOfSession(MemberByIdPipe);
