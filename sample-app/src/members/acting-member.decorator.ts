import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { MemberByIdPipe } from './member-by-id.pipe.js';

const memberHeader = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<IncomingMessage>().headers['x-member'],
);

/**
 * Who does this: the member whose id is in the header `X-Member`.
 *
 * This is no authentication. Anybody can be anybody here; a real application asks its guard.
 */
export const ActingMember = (): ParameterDecorator => memberHeader(MemberByIdPipe);
