import type { AbstractHttpAdapter } from '@nestjs/core';

/** The call that `sails.io.js` waits for, in the script that it loads from another origin before it connects. */
const SCRIPT = '_sailsIoJSConnect();';

/** A session as middleware keeps it: with fields, or with a setter. */
type Session = Record<string, unknown> & { set?: (name: string, value: unknown) => void };

/**
 * Registers the route that gives a browser on a page of another origin the session's cookie, which the browser then
 * sends with the handshake. The application's own session middleware sets it, so the route runs through that
 * middleware. It comes before Nest's own routes and has no global prefix: the client knows the path.
 */
export function registerCookieRoute(adapter: AbstractHttpAdapter, path: string): void {
  if (isTaken(adapter, path)) return;
  adapter.get(path, (request: { session?: Session }, response: unknown) => {
    startSession(request.session);
    adapter.setHeader(response, 'content-type', 'application/javascript; charset=utf-8');
    adapter.setHeader(response, 'cache-control', 'no-store');
    // A page of another origin is meant to load it.
    adapter.setHeader(response, 'cross-origin-resource-policy', 'cross-origin');
    adapter.reply(response, SCRIPT, 200);
  });
}

/**
 * Whether the application has that route itself, which then wins. On Express it wins anyway; on Fastify there can be
 * only one.
 */
function isTaken(adapter: AbstractHttpAdapter, url: string): boolean {
  const fastify = adapter.getInstance<{ hasRoute?: (route: { method: string; url: string }) => boolean }>();
  return typeof fastify.hasRoute === 'function' && fastify.hasRoute({ method: 'GET', url });
}

/** Puts something into the session, since most middleware sets no cookie for an empty one. */
function startSession(session: Session | undefined): void {
  if (!session) return;
  if (typeof session.set === 'function') session.set('fromSocketsClient', true);
  else session.fromSocketsClient = true;
}
