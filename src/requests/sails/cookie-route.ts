import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import { SOCKET_REQUESTS_OPTIONS, type ResolvedSocketRequestsOptions } from '../requests.options.js';

/** What `sails.io.js` waits for in the script that it loads from another origin before it connects. */
const SCRIPT = '_sailsIoJSConnect();';

/** As session middleware has it: fields, or a setter. */
type Session = Record<string, unknown> & { set?: (name: string, value: unknown) => void };

/**
 * Gives a browser on a page of another origin the session's cookie, which it then sends along with the handshake. The application's own session middleware
 * sets it, so the route passes through all of that.
 */
@Injectable()
export class CookieRoute {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(SOCKET_REQUESTS_OPTIONS) private readonly options: ResolvedSocketRequestsOptions | false,
  ) {}

  /** Before Nest's own routes, and outside of any global prefix: the client knows the path. */
  register(): void {
    const { options, host } = this;
    if (options === false || options.cookieRoute === false) return;
    const adapter = host.httpAdapter;
    if (isTaken(adapter, options.cookieRoute)) return;
    adapter.get(options.cookieRoute, (request: { session?: Session }, response: unknown) => {
      begin(request.session);
      adapter.setHeader(response, 'content-type', 'application/javascript; charset=utf-8');
      adapter.setHeader(response, 'cache-control', 'no-store');
      // Another origin's page is meant to load it.
      adapter.setHeader(response, 'cross-origin-resource-policy', 'cross-origin');
      adapter.reply(response, SCRIPT, 200);
    });
  }
}

/** The application's own route wins; on Express it does so by itself, and on Fastify there may be one only. */
function isTaken(adapter: AbstractHttpAdapter, url: string): boolean {
  const fastify = adapter.getInstance<{ hasRoute?: (route: { method: string; url: string }) => boolean }>();
  return typeof fastify.hasRoute === 'function' && fastify.hasRoute({ method: 'GET', url });
}

/** Most session middleware sets no cookie for a session that holds nothing. */
function begin(session: Session | undefined): void {
  if (!session) return;
  if (typeof session.set === 'function') session.set('fromSocketsClient', true);
  else session.fromSocketsClient = true;
}
