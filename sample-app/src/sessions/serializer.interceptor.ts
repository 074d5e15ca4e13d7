import { ClassSerializerInterceptor, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';

/** Hides the fields that entities `@Exclude()`, and shows admins those that are exposed to the group `admin`. */
@Injectable()
export class SerializerInterceptor extends ClassSerializerInterceptor {
  protected override getContextOptions(context: ExecutionContext) {
    const { session } = context.switchToHttp().getRequest<Request>();
    return { ...super.getContextOptions(context), groups: session.isAdmin ? ['admin'] : [] };
  }
}
