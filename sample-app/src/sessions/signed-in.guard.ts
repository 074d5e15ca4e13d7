import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { Public } from './public.decorator.js';

/** Refuses requests without a signed-in member, over HTTP and over the socket, except to routes marked `@Public()`. */
@Injectable()
export class SignedInGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.get(Public, context.getHandler())) return true;
    const { session } = context.switchToHttp().getRequest<Request>();
    if (session.memberId === undefined) throw new UnauthorizedException('Sign in first');
    return true;
  }
}
