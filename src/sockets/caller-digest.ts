import { createHmac, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'socket.io';
import { cookiesOf, credentialsOf } from './handshake-identity.js';

/**
 * By what a caller is known, so that another server can tell whether it opened a socket there, and whoever reads the bus learns neither cookies nor tokens.
 * With a salt of its own, so that two of them tell nothing together.
 */
export interface CallerDigest {
  salt: string;
  /** `null` for a caller without. */
  credentials: string | null;
  /** Of each one. */
  cookies: string[];
  /** The id of the user, which is no secret between servers. */
  user?: string;
}

export function digestOfCaller(headers: IncomingHttpHeaders): CallerDigest {
  const salt = randomUUID();
  const { authorization } = headers;
  return {
    salt,
    credentials: authorization === undefined ? null : digest(salt, authorization),
    cookies: [...cookiesOf(headers)].map((cookie) => digest(salt, cookie)),
  };
}

/** What `isSameIdentity` says where the headers are known. */
export function isSameCaller(handshake: Socket['handshake'], { salt, credentials, cookies }: CallerDigest): boolean {
  const own = credentialsOf(handshake);
  if ((own === undefined ? null : digest(salt, own)) !== credentials) return false;
  const given = new Set(cookies);
  return [...cookiesOf(handshake.headers)].every((cookie) => given.has(digest(salt, cookie)));
}

function digest(salt: string, value: string): string {
  return createHmac('sha256', salt).update(value).digest('base64url');
}
