import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { SocketsService } from 'nestjs-sockets';
import { promisify } from 'node:util';
import type { Member } from '../members/member.entity.js';
import { sessionRoom } from './session-room.js';

@Injectable()
export class SessionsService {
  constructor(private readonly sockets: SocketsService) {}

  /** Signs a member in under a new session id, so that somebody who knew the old one doesn't get in with it. */
  async begin(request: Request, member: Member): Promise<void> {
    const { session, sessionID: former } = request;
    await promisify(session.regenerate.bind(session))();
    request.session.memberId = member.id;
    request.session.isAdmin = member.isAdmin;
    await this.sockets.disconnect(sessionRoom(former));
  }

  /** Signs a member out: first the session ends, then its sockets, so that none of them can reconnect. */
  async end({ session, sessionID }: Request): Promise<void> {
    await promisify(session.destroy.bind(session))();
    await this.sockets.disconnect(sessionRoom(sessionID));
  }
}
