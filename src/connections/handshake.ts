import { Logger } from '@nestjs/common';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Server, Socket } from 'socket.io';
import { logFailure } from '../common/log.js';
import { withTimeout } from '../common/promises.js';
import type { HandshakeMiddleware } from './connection.options.js';

const logger = new Logger('SocketsModule');

/** Applies the application's middleware to the requests by which connections begin. */
export function useOnHandshakes(
  io: Server,
  middleware: HandshakeMiddleware | readonly HandshakeMiddleware[] = [],
): void {
  for (const one of [middleware].flat()) io.engine.use(onHandshakes(one));
}

function onHandshakes(middleware: HandshakeMiddleware): HandshakeMiddleware {
  return (request, response, next) => {
    if (!isHandshake(request)) return next();
    let answered = false;
    const answer = (error?: unknown): void => {
      if (answered) return;
      answered = true;
      if (error) logFailure(logger, 'The option "handshakeMiddleware" failed; the connection is refused.', error);
      next(error);
    };
    // Thrown into Engine.IO, an error may end the process.
    new Promise((resolve) => resolve(middleware(request, response, answer))).catch((error: unknown) =>
      answer(error || new Error('The middleware threw nothing.')),
    );
  };
}

/** As Engine.IO tells them: whoever names no session begins one. */
function isHandshake(request: IncomingMessage): boolean {
  return !(request as { _query?: { sid?: unknown } })._query?.sid;
}

/** A session of express-session, as far as it is needed here. */
interface Session {
  reload(done: (error?: unknown) => void): unknown;
  save(done: (error?: unknown) => void): unknown;
}

/** How long a session store may take, in milliseconds. */
const STORE_TIMEOUT = 5_000;

/** A request whose session has ended has none. */
export function sessionOf(request: IncomingMessage | undefined): Session | undefined {
  const { session } = (request ?? {}) as { session?: Partial<Session> };
  return typeof session?.reload === 'function' && typeof session.save === 'function' ? (session as Session) : undefined;
}

/**
 * Works with the session as it is now, which may be long after the handshake; what is changed in it is saved. If it has ended, or cannot be read, the
 * request has none meanwhile. Unchanged, it is left alone: others may be at it.
 */
export async function withFreshSession(request: IncomingMessage, work: () => Promise<void>): Promise<void> {
  const session = sessionOf(request);
  if (!session) return work();
  try {
    await told('reading the session', (done) => session.reload(done));
  } catch (error) {
    Object.assign(request, { session: undefined });
    await work();
    if (!isGone(error)) throw error;
    return;
  }
  const before = JSON.stringify(sessionOf(request));
  try {
    await work();
  } finally {
    const after = sessionOf(request);
    if (after && JSON.stringify(after) !== before) await told('saving the session', (done) => after.save(done));
  }
}

/** It has no code of its own. */
function isGone(error: unknown): boolean {
  return error instanceof Error && error.message === 'failed to load session';
}

function told(name: string, work: (done: (error?: unknown) => void) => unknown): Promise<void> {
  const outcome = new Promise<void>((resolve, reject) => {
    work((error) => (error ? reject(error instanceof Error ? error : new Error(`${name} failed`)) : resolve()));
  });
  return withTimeout(STORE_TIMEOUT, name, outcome);
}

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
