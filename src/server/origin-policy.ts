import { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'socket.io';
import { logFailure } from '../common/log.js';
import { type AllowedOrigins, isOwnOrigin, type IoServerOptions } from './server.options.js';

type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** Each of so many refused origins is named in the log, once: enough to learn from, too few to flood it. */
const MOST_NAMED_REFUSALS = 20;

/** Decides which pages may connect to one server. */
export class OriginPolicy {
  private readonly logger = new Logger('SocketsModule');
  private readonly allowed: AllowedOrigins | undefined;
  private readonly refused = new Set<string>();

  constructor(private readonly options: Pick<IoServerOptions, 'origins' | 'server'>) {
    this.allowed = options.origins ?? originsOfCors(options.server?.cors);
  }

  /** The CORS headers that go with the rule, for polling across origins. The server's own origin needs none. */
  cors(): ServerOptions['cors'] {
    const { allowed, options } = this;
    const declared = options.server?.cors;
    const nothingToSay = allowed === undefined && declared === undefined;
    const declaresList = originsOfCors(declared) !== undefined && typeof allowed !== 'function';
    if (nothingToSay || (options.origins === undefined && declaresList)) return declared;
    const credentials = options.origins !== undefined && allowed !== '*';
    const rest = typeof declared === 'object' ? declared : {};
    return (request, answer) => {
      void this.allows(request as IncomingMessage).then((origin) => answer(null, { credentials, ...rest, origin }));
    };
  }

  /** Engine.IO asks this for every handshake, whatever its transport; a browser cannot forge `Origin`. */
  readonly allowRequest: AllowRequest = (request, answer) => {
    let answered = false;
    const answerOnce: typeof answer = (error, success) => {
      if (answered) return;
      answered = true;
      answer(error, success);
    };
    void this.allows(request).then((allowed) => {
      if (allowed) return this.askApplication(request, answerOnce);
      this.nameRefused(request);
      answerOnce('ORIGIN_NOT_ALLOWED', false);
    });
  };

  private async allows(request: IncomingMessage): Promise<boolean> {
    const { origin, host } = request.headers;
    if (origin === undefined || isOwnOrigin(origin, host)) return true;
    if (typeof this.allowed !== 'function') return includes(this.allowed, origin);
    try {
      return (await this.allowed(origin, request)) === true;
    } catch (error) {
      logFailure(this.logger, 'The function that decides on origins threw; the connection is refused.', error);
      return false;
    }
  }

  /** The option `server.allowRequest` may refuse what the origin does not. Thrown out of here, its error would end the process. */
  private askApplication(request: IncomingMessage, answer: Parameters<AllowRequest>[1]): void {
    const ask: AllowRequest = this.options.server?.allowRequest ?? ((_request, allow) => allow(null, true));
    new Promise((resolve) => resolve(ask(request, answer))).catch((error: unknown) => {
      logFailure(this.logger, 'The option "server.allowRequest" threw; the connection is refused.', error);
      answer('FORBIDDEN', false);
    });
  }

  private nameRefused({ headers: { origin = '', host } }: IncomingMessage): void {
    if (this.refused.has(origin) || this.refused.size === MOST_NAMED_REFUSALS) return;
    this.refused.add(origin);
    this.logger.warn(
      `Refused a connection of the origin "${origin}" to "${host}". If it is yours, add it to the option "origins" of SocketsModule.`,
    );
  }
}

/** What an option `cors` says of origins; nothing, if it names none. */
export function originsOfCors(cors: ServerOptions['cors'] | boolean): AllowedOrigins | undefined {
  // As Nest's gateways may have it.
  if (cors === true) return '*';
  const origin = typeof cors === 'object' ? cors.origin : undefined;
  if (origin === true || origin === '*') return '*';
  if (origin === undefined || origin === false) return undefined;
  if (typeof origin !== 'function') return (Array.isArray(origin) ? origin : [origin]) as Array<string | RegExp>;
  return (asked) =>
    new Promise((resolve, reject) =>
      origin(asked, (error, allowed) =>
        error ? reject(error) : resolve(includes(originsOfCors({ origin: allowed }), asked)),
      ),
    );
}

function includes(allowed: AllowedOrigins | undefined, origin: string): boolean {
  if (allowed === undefined || typeof allowed === 'function') return false;
  return allowed === '*' || allowed.some((entry) => matches(entry, origin));
}

/** A copy of the expression, for one with the flag `g` remembers where it stopped. */
function matches(entry: string | RegExp, origin: string): boolean {
  return typeof entry === 'string' ? entry === origin : new RegExp(entry).test(origin);
}
