import type { IncomingMessage } from 'node:http';
import type { Socket } from 'socket.io';
import { withTimeout } from '../common/promises.js';

/** The part of an express-session session that is needed here. */
interface Session {
  reload(done: (error?: unknown) => void): unknown;
  save(done: (error?: unknown) => void): unknown;
}

/** How long a session store may take, in milliseconds. */
const STORE_TIMEOUT = 5_000;

/** Returns a request's session; `undefined` if it has none, as when it has ended. */
export function sessionOf(request: IncomingMessage | undefined): Session | undefined {
  const { session } = (request ?? {}) as { session?: Partial<Session> };
  return typeof session?.reload === 'function' && typeof session.save === 'function' ? (session as Session) : undefined;
}

/**
 * Reads the session again, since the handshake may be long ago, does the work, and saves what that has changed. If the
 * session has ended, or cannot be read, the request has none meanwhile. An unchanged one is not saved, since others may
 * be changing it.
 */
export async function withFreshSession(request: IncomingMessage, work: () => Promise<void>): Promise<void> {
  const session = sessionOf(request);
  if (!session) return work();
  try {
    await fromCallback('reading the session', (done) => session.reload(done));
  } catch (error) {
    Object.assign(request, { session: undefined });
    await work();
    if (!isSessionEnded(error)) throw error;
    return;
  }
  const before = JSON.stringify(sessionOf(request));
  try {
    await work();
  } finally {
    const after = sessionOf(request);
    if (after && JSON.stringify(after) !== before) await fromCallback('saving the session', (done) => after.save(done));
  }
}

/** Recognizes the error of express-session by its message, since it has no code. */
function isSessionEnded(error: unknown): boolean {
  return error instanceof Error && error.message === 'failed to load session';
}

/** Turns a callback of the session store into a promise. */
function fromCallback(name: string, work: (done: (error?: unknown) => void) => unknown): Promise<void> {
  const outcome = new Promise<void>((resolve, reject) => {
    work((error) => (error ? reject(error instanceof Error ? error : new Error(`${name} failed`)) : resolve()));
  });
  return withTimeout(STORE_TIMEOUT, name, outcome);
}

type Handshake = Socket['handshake'];

/**
 * Returns the credentials of a handshake. A browser cannot set `Authorization` on a websocket, so a token in `auth`
 * counts as a bearer token.
 */
export function credentialsOf({ headers, auth }: Handshake): string | undefined {
  const token: unknown = auth?.token;
  return headers.authorization ?? (typeof token === 'string' ? `Bearer ${token.replace(/^Bearer /i, '')}` : undefined);
}
