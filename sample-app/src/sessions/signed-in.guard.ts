import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ForEverybody } from './for-everybody.decorator.js';

/** Every route is for members who are signed in, unless it says otherwise; over HTTP and over the socket alike. */
@Injectable()
export class SignedInGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.get(ForEverybody, context.getHandler())) return true;
    const { session } = context.switchToHttp().getRequest<Request>();
    if (session.memberId === undefined) throw new UnauthorizedException('Sign in first');
    return true;
  }
}
