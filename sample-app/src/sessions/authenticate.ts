import type { Request } from 'express';
import type { AuthenticateFunction } from 'nestjs-sockets';

/** The identity of a connection, as `authenticate` returns it. */
export interface Identity {
  /** The id of the member. */
  id: number;
  isAdmin: boolean;
}

/** Identifies the member by the session cookie of the handshake. Without a session, the connection is refused. */
export const authenticate: AuthenticateFunction = (_, { request }): Identity | undefined => {
  const { memberId: id, isAdmin = false } = (request as Request).session;
  return id === undefined ? undefined : { id, isAdmin };
};
