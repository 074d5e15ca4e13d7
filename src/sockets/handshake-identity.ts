import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'socket.io';

type Handshake = Socket['handshake'];

/**
 * Was this connection opened by whoever sends these headers? The credentials must be equal, and every cookie of the handshake must be among the
 * request's (which may have gained others since). Without this, a caller could silence somebody else's socket by naming it.
 */
export function isSameIdentity(handshake: Handshake, headers: IncomingHttpHeaders): boolean {
  if (credentialsOf(handshake) !== headers.authorization) return false;
  const cookies = cookiesOf(headers);
  return [...cookiesOf(handshake.headers)].every((cookie) => cookies.has(cookie));
}

/** A browser cannot set `Authorization` on a websocket, so a token in the handshake's `auth` stands for the bearer token. */
export function credentialsOf({ headers, auth }: Handshake): string | undefined {
  const token: unknown = auth?.token;
  return headers.authorization ?? (typeof token === 'string' ? `Bearer ${token.replace(/^Bearer /i, '')}` : undefined);
}

export function cookiesOf(headers: IncomingHttpHeaders): Set<string> {
  return new Set((headers.cookie ?? '').split(/;\s*/).filter((cookie) => cookie !== ''));
}
