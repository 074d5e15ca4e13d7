import type { Request } from 'express';
import type { AuthenticateFunction } from 'nestjs-sockets';

/** Who is connected: what `authenticate` finds out. */
export interface Identity {
  /** The member's. */
  id: number;
  isAdmin: boolean;
}

/** Who connects: the member whose session the cookie of the handshake names. Without one there is no connection. */
export const authenticate: AuthenticateFunction = (_, { request }): Identity | undefined => {
  const { memberId: id, isAdmin = false } = (request as Request).session;
  return id === undefined ? undefined : { id, isAdmin };
};
