import type { Request } from 'express';
import type { AuthenticateFunction } from 'nestjs-sockets';

/** Who connects: the member whose session the cookie of the handshake names. Without one there is no connection. */
export const authenticate: AuthenticateFunction = (_, { request }) => (request as Request).session.memberId;
