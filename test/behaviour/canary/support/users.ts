import { Injectable, UnauthorizedException, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { CANARIES } from './canaries.js';
import { fault } from './faults.js';

export interface User {
  id: string;
  tenant: string;
  name: string;
  password: string;
}

const user = (id: string, tenant: string): User => ({
  id,
  tenant,
  name: id === 'ada' ? CANARIES.nameOfAda : id,
  password: CANARIES.identity,
});

const USERS = new Map<string, User>([
  [CANARIES.adasToken, user('ada', CANARIES.north)],
  [CANARIES.adasNewToken, user('ada', CANARIES.north)],
  [CANARIES.norasToken, user('nora', CANARIES.north)],
  [CANARIES.samsCookie, user('sam', CANARIES.south)],
  [CANARIES.evesToken, user('eve', 'west')],
  [CANARIES.rootsToken, user('root', 'none')],
  ['token-of-rude', user('rude', 'west')],
]);

/** Knows users by their token or by the cookie of their session. */
@Injectable()
export class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: User }>();
    const token = request.headers.authorization?.replace('Bearer ', '');
    const session = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
    if (token === 'faulty') throw fault();
    const known = USERS.get(token ?? session ?? '');
    if (!known) throw new UnauthorizedException('Sign in first.');
    request.user = known;
    return true;
  }
}
