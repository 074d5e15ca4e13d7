import { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'socket.io';
import type { AllowedOrigins, SocketsServerOptions } from './sockets-server.options.js';

type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** Decides which pages may connect. */
export class OriginPolicy {
  private readonly logger = new Logger('SocketsModule');
  private readonly allowed: AllowedOrigins | undefined;

  constructor(private readonly options: SocketsServerOptions) {
    this.allowed = options.origins ?? originsOfCors(options.server?.cors);
  }

  /**
   * The CORS headers that go with the rule, for polling across origins: what the application declared, or what follows from `origins`.
   */
  cors(): ServerOptions['cors'] {
    const { origins, server } = this.options;
    if (server?.cors || !origins) return server?.cors;
    return (request, answer) => {
      void this.allows(request as IncomingMessage).then((allowed) =>
        answer(null, { origin: allowed, credentials: origins !== '*' }),
      );
    };
  }

  /** Engine.IO asks this for every handshake, whatever its transport; a browser cannot forge `Origin`. */
  readonly allowRequest: AllowRequest = (request, answer) => {
    void this.allows(request).then((allowed) => {
      const own = this.options.server?.allowRequest;
      if (!allowed) return answer('ORIGIN_NOT_ALLOWED', false);
      return own ? own(request, answer) : answer(null, true);
    });
  };

  private async allows(request: IncomingMessage): Promise<boolean> {
    const { origin, host } = request.headers;
    if (origin === undefined) return true;
    if (this.allowed === undefined) return hostOf(origin) === host?.toLowerCase();
    if (this.allowed === '*') return true;
    if (typeof this.allowed !== 'function') return this.allowed.some((entry) => matches(entry, origin));
    try {
      return (await this.allowed(origin, request)) === true;
    } catch (error) {
      this.logger.error('The option "origins" threw; the connection is refused.', error);
      return false;
    }
  }
}

function matches(entry: string | RegExp, origin: string): boolean {
  return typeof entry === 'string' ? entry === origin : new RegExp(entry).test(origin);
}

/** The scheme is left out: behind a proxy that ends TLS the server cannot know its own. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function originsOfCors(cors: ServerOptions['cors']): AllowedOrigins | undefined {
  if (typeof cors !== 'object') return undefined;
  const { origin } = cors;
  if (origin === undefined || origin === true || origin === '*') return '*';
  if (origin === false) return undefined;
  if (typeof origin !== 'function') return (Array.isArray(origin) ? origin : [origin]) as Array<string | RegExp>;
  return (asked) =>
    new Promise((resolve, reject) =>
      origin(asked, (error, allowed) =>
        error ? reject(error) : resolve(allowed === true || allowed === '*' || allowed === asked),
      ),
    );
}
