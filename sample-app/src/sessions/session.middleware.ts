import { randomBytes } from 'node:crypto';
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    /** The member who is signed in. */
    memberId: number;
    isAdmin: boolean;
  }
}

/**
 * Loads the session, for HTTP requests and for sockets. Sessions are kept in memory, which suits a sample, although a
 * restart signs everyone out. A real application sets a `store`, a secret that stays the same, and, behind TLS,
 * `cookie: { secure: true }`.
 */
export const sessions = session({
  secret: process.env.SESSION_SECRET ?? randomBytes(32).toString('hex'),
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: 'lax' },
});
