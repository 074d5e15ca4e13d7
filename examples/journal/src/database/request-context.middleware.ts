import { MikroORM, RequestContext } from '@mikro-orm/libsql';
import { Injectable, type NestMiddleware } from '@nestjs/common';

/** Gives each request an identity map of its own, over HTTP and over the socket alike. */
@Injectable()
export class RequestContextMiddleware implements NestMiddleware {
  constructor(private readonly orm: MikroORM) {}

  use(_request: unknown, _response: unknown, next: () => void): void {
    RequestContext.create(this.orm.em, next);
  }
}
