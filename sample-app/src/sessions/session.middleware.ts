import { randomBytes } from 'node:crypto';
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    /** Who is signed in. */
    memberId: number;
    isAdmin: boolean;
  }
}

/**
 * The sessions, of requests and of sockets alike. They are kept in memory, which suits a sample: whoever restarts it signs everybody out. A real application
 * gives a `store`, a secret that stays, and, behind TLS, `cookie: { secure: true }`.
 */
export const sessions = session({
  secret: process.env.SESSION_SECRET ?? randomBytes(32).toString('hex'),
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: 'lax' },
});
