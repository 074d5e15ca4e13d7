import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { SocketsService } from 'nestjs-sockets';
import { promisify } from 'node:util';
import type { Member } from '../members/member.entity.js';
import { sessionRoom } from './session-room.js';

@Injectable()
export class SessionsService {
  constructor(private readonly sockets: SocketsService) {}

  /** Under a new id: whoever may have known the one before is not signed in by it. */
  async begin(request: Request, member: Member): Promise<void> {
    const { session, sessionID: former } = request;
    await promisify(session.regenerate.bind(session))();
    request.session.memberId = member.id;
    request.session.isAdmin = member.isAdmin;
    await this.sockets.disconnect(sessionRoom(former));
  }

  /** The session first and its sockets then: none of them gets in again. */
  async end({ session, sessionID }: Request): Promise<void> {
    await promisify(session.destroy.bind(session))();
    await this.sockets.disconnect(sessionRoom(sessionID));
  }
}
