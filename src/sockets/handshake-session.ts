import type { IncomingMessage } from 'node:http';
import { within } from '../common/promises.js';

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
  return within(STORE_TIMEOUT, name, outcome);
}
