import { ClassSerializerInterceptor, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';

/** Hides what the entities mark with `@Exclude()`, and shows what they `@Expose()` to the group `admin` to admins only. */
@Injectable()
export class SerializerInterceptor extends ClassSerializerInterceptor {
  protected override getContextOptions(context: ExecutionContext) {
    const { session } = context.switchToHttp().getRequest<Request>();
    return { ...super.getContextOptions(context), groups: session.isAdmin ? ['admin'] : [] };
  }
}
