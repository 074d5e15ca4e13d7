import { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'socket.io';
import { FirstTimes, logFailure } from '../../common/log.js';
import type { ErrorBody } from '../../protocol/request.js';
import type { AllowedOrigins, IoServerOptions } from '../options/server.options.js';
import { includes, originsOfCors } from './allowed-origins.js';
import type { GatewayOrigins } from './gateway-origins.js';
import { refuseInNamespaces } from './refused-handshakes.js';

type AllowRequest = NonNullable<ServerOptions['allowRequest']>;

/** Limits how many refused origins the log names, each once: enough to learn from, too few to flood it. */
const MAX_NAMED_REFUSALS = 20;

/** What a page is told that may not connect, though a gateway says that it may. */
const NOT_ALLOWED: ErrorBody = {
  statusCode: 403,
  code: 'ORIGIN_NOT_ALLOWED',
  message:
    'Pages of this origin may not connect. The option "origins" of SocketsModule says which may; "cors" of a gateway ' +
    'has no effect on the server that all gateways share.',
};

const NO_JSONP = 'JSONP is not supported, since pages of any origin can read it';

/** Decides which pages may connect to one server. */
export class OriginPolicy {
  private readonly logger = new Logger('SocketsModule');
  private readonly allowed: AllowedOrigins | undefined;
  private readonly refused = new FirstTimes(MAX_NAMED_REFUSALS);

  /**
   * @param gateways what the gateways of the server allow, to no effect: pages of these origins are told why they are
   *   refused
   */
  constructor(
    private readonly options: Pick<IoServerOptions, 'origins' | 'server'>,
    private readonly gateways: readonly GatewayOrigins[] = [],
  ) {
    this.allowed = options.origins ?? originsOfCors(options.server?.cors);
  }

  /** Returns the CORS options that match the rule, for polling across origins. The server's own origin needs none. */
  cors(): ServerOptions['cors'] {
    const ofRule = this.corsOfRule();
    if (this.gateways.length === 0) return ofRule;
    return (request, answer) => {
      const asked = request as IncomingMessage;
      void this.refusedGateway(asked).then((gateway) => {
        // What is refused is only told why.
        if (gateway) answer(null, { origin: true, credentials: gateway.credentials });
        else if (typeof ofRule === 'function') ofRule(request, answer);
        else answer(null, ofRule ?? { origin: false });
      });
    };
  }

  private corsOfRule(): ServerOptions['cors'] {
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
    void this.decide(request, answerOnce);
  };

  private async decide(request: IncomingMessage, answer: Parameters<AllowRequest>[1]): Promise<void> {
    if (isJsonp(request)) return answer(NO_JSONP, false);
    if (await this.allows(request)) return this.askApplication(request, answer);
    this.warnOfRefusal(request);
    if (!(await this.refusedGateway(request))) return answer('ORIGIN_NOT_ALLOWED', false);
    refuseInNamespaces(request, NOT_ALLOWED);
    this.askApplication(request, answer);
  }

  private async allows(request: IncomingMessage): Promise<boolean> {
    const { origin, host } = request.headers;
    return origin === undefined || isOwnOrigin(origin, host) || this.isAllowedBy(this.allowed, origin, request);
  }

  /** Finds a gateway that would let in what the rule refuses. */
  private async refusedGateway(request: IncomingMessage): Promise<GatewayOrigins | undefined> {
    const { origin } = request.headers;
    if (this.gateways.length === 0 || origin === undefined || (await this.allows(request))) return undefined;
    for (const gateway of this.gateways) {
      if (await this.isAllowedBy(gateway.allowed, origin, request)) return gateway;
    }
    return undefined;
  }

  private async isAllowedBy(
    allowed: AllowedOrigins | undefined,
    origin: string,
    request: IncomingMessage,
  ): Promise<boolean> {
    if (typeof allowed !== 'function') return includes(allowed, origin);
    try {
      return (await allowed(origin, request)) === true;
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

/**
 * Recognizes polling by scripts as Engine.IO does. Browsers send no origin with those, but cookies, and any page can
 * read the answers.
 */
function isJsonp(request: IncomingMessage): boolean {
  return (request as { _query?: { j?: unknown } })._query?.j !== undefined;
}
