import { randomBytes } from 'node:crypto';
import session from 'express-session';
import { RedisSessionStore } from './redis-session-store.js';

declare module 'express-session' {
  interface SessionData {
    /** The member who is signed in. */
    memberId: number;
    isAdmin: boolean;
  }
}

const { REDIS_URL, SESSION_SECRET = randomBytes(32).toString('hex') } = process.env;

/**
 * Loads the session, for HTTP requests and for sockets. Sessions are kept in memory, which suits a sample, although a
 * restart signs everyone out; several processes find them in Redis. A real application always sets a `store`, a secret
 * that stays the same, and, behind TLS, `cookie: { secure: true }`.
 */
export const sessions = session({
  store: REDIS_URL ? new RedisSessionStore(REDIS_URL) : undefined,
  secret: SESSION_SECRET,
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: 'lax' },
});
