import { EntityManager } from '@mikro-orm/libsql';
import { Injectable, type NestMiddleware, UnauthorizedException } from '@nestjs/common';
import type { NextFunction, Request } from 'express';
import { Person } from '../profiles/person.entity.js';
import { identityOf } from './token.js';

/** A request, with the person who makes it if there is a token. */
export type ReaderRequest = Request & { user?: Person };

/** Finds out who is asking. Over the socket, the token is that of the connection. */
@Injectable()
export class SignInMiddleware implements NestMiddleware {
  constructor(private readonly em: EntityManager) {}

  async use(request: ReaderRequest, _response: unknown, next: NextFunction): Promise<void> {
    const identity = identityOf(request.headers.authorization?.replace('Bearer ', ''));
    if (identity) {
      const user = await this.em.findOne(Person, identity.id, { populate: ['following'] });
      if (!user) throw new UnauthorizedException('The token belongs to nobody.');
      request.user = user;
    }
    next();
  }
}
