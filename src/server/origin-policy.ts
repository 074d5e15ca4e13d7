import { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'socket.io';
import { FirstTimes, logFailure } from '../common/log.js';
import type { AllowedOrigins, IoServerOptions } from './server.options.js';

type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** Limits how many refused origins the log names, each once: enough to learn from, too few to flood it. */
const MAX_NAMED_REFUSALS = 20;

/** Decides which pages may connect to one server. */
export class OriginPolicy {
  private readonly logger = new Logger('SocketsModule');
  private readonly allowed: AllowedOrigins | undefined;
  private readonly refused = new FirstTimes(MAX_NAMED_REFUSALS);

  constructor(private readonly options: Pick<IoServerOptions, 'origins' | 'server'>) {
    this.allowed = options.origins ?? originsOfCors(options.server?.cors);
  }

  /** Returns the CORS options that match the rule, for polling across origins. The server's own origin needs none. */
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

  /** Decides on every handshake, whatever its transport. A browser cannot forge `Origin`. */
  readonly allowRequest: AllowRequest = (request, answer) => {
    let answered = false;
    const answerOnce: typeof answer = (error, success) => {
      if (answered) return;
      answered = true;
      answer(error, success);
    };
    void this.allows(request).then((allowed) => {
      if (allowed) return this.askApplication(request, answerOnce);
      this.warnOfRefusal(request);
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

  /**
   * Asks the option `server.allowRequest`, which may refuse what the origin allows. An error that it throws would end
   * the process if it left this method.
   */
  private askApplication(request: IncomingMessage, answer: Parameters<AllowRequest>[1]): void {
    const ask: AllowRequest = this.options.server?.allowRequest ?? ((_request, allow) => allow(null, true));
    new Promise((resolve) => resolve(ask(request, answer))).catch((error: unknown) => {
      logFailure(this.logger, 'The option "server.allowRequest" threw; the connection is refused.', error);
      answer('FORBIDDEN', false);
    });
  }

  private warnOfRefusal({ headers: { origin = '', host } }: IncomingMessage): void {
    if (!this.refused.isFirst(origin)) return;
    this.logger.warn(
      `Refused a connection of the origin "${origin}" to "${host}". ` +
        `If it is yours, add it to the option "origins" of SocketsModule.`,
    );
  }
}

/** Reads the origins that an option `cors` allows; `undefined` if it names none. */
export function originsOfCors(cors: ServerOptions['cors'] | boolean): AllowedOrigins | undefined {
  // Gateways may declare `cors: true`.
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

/** Tests with a copy of the expression, since one with the flag `g` remembers where it stopped. */
function matches(entry: string | RegExp, origin: string): boolean {
  return typeof entry === 'string' ? entry === origin : new RegExp(entry).test(origin);
}

/**
 * Tells whether a page comes from the server that it connects to. Schemes are not compared: behind a proxy that ends
 * TLS, the server cannot know its own.
 */
function isOwnOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  const own = `${page.protocol}//${host}`;
  return page.host !== '' && URL.canParse(own) && new URL(own).host === page.host;
}
