import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ServerOptions } from 'socket.io';
import { FailureLog, FirstTimes, LineLogger, printable } from '../../common/log.js';
import type { ErrorBody } from '../../protocol/request.js';
import type { AllowedOrigins, IoServerOptions } from '../options/server.options.js';
import { includes, originsOfCors } from './allowed-origins.js';
import type { GatewayOrigins } from './gateway-origins.js';
import { isRefusedInNamespaces, refuseInNamespaces } from './refused-handshakes.js';

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

/** Why a request is refused; nothing if it is not. */
export type Verdict = string | undefined;

const NO_JSONP = 'JSONP is not supported, since pages of any origin can read it';

/** Stands for the origin of a page of which is known only that it is another one. */
const ELSEWHERE = 'another origin';

/** Decides which pages may connect to one server, and send requests over its connections. */
export class OriginPolicy {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly failures = new FailureLog(this.logger);
  private readonly allowed: AllowedOrigins | undefined;
  private readonly refused = new FirstTimes(MAX_NAMED_REFUSALS);
  private readonly verdicts = new WeakMap<IncomingMessage, Promise<boolean>>();
  /** Called for each request that is refused. */
  onRefusal: (() => void) | undefined;

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
      void Promise.resolve(this.allows(request as IncomingMessage)).then((origin) =>
        answer(null, { credentials, ...rest, origin }),
      );
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
    const refusal = await this.refusalOf(request);
    if (refusal === undefined) return this.askApplication(request, answer);
    if (refusal === NO_JSONP || !(await this.refusedGateway(request))) return answer(refusal, false);
    refuseInNamespaces(request, NOT_ALLOWED);
    this.askApplication(request, answer);
  }

  /**
   * Says why a request that continues a connection is refused; nothing if it is not. A page may learn the name of a
   * session, or guess at it, so it is asked again who asks. A page that is only told why it may not connect goes on
   * being told.
   *
   * @param handshake the request that began the connection
   */
  refusalOfLater(request: IncomingMessage, handshake: IncomingMessage | undefined): Verdict | Promise<Verdict> {
    const refusal = this.refusalOf(request);
    if (refusal === undefined || !handshake || !isRefusedInNamespaces(handshake)) return refusal;
    return Promise.resolve(refusal).then(async (why) =>
      why !== NO_JSONP && (await this.refusedGateway(request)) ? undefined : why,
    );
  }

  /** Says why the rule refuses a request, which is counted; nothing if it does not. */
  private refusalOf(request: IncomingMessage): Verdict | Promise<Verdict> {
    if (isJsonp(request)) return this.refuse(NO_JSONP);
    const allowed = this.allows(request);
    const refusalIf = (isAllowed: boolean): Verdict => {
      if (isAllowed) return undefined;
      this.warnOfRefusal(request);
      return this.refuse('ORIGIN_NOT_ALLOWED');
    };
    return typeof allowed === 'boolean' ? refusalIf(allowed) : allowed.then(refusalIf);
  }

  private refuse(why: string): string {
    this.onRefusal?.();
    return why;
  }

  /** Whether the rule lets a request pass. A function of the application is asked once for each request. */
  allows(request: IncomingMessage): boolean | Promise<boolean> {
    if (isJsonp(request)) return false;
    const { host } = request.headers;
    const page = originOfPage(request.headers);
    if (page === undefined || (page !== ELSEWHERE && isOwnOrigin(page, host)) || this.allowed === '*') return true;
    if (page === ELSEWHERE) return false;
    if (typeof this.allowed !== 'function') return includes(this.allowed, page);
    const known = this.verdicts.get(request);
    if (known) return known;
    const verdict = this.isAllowedBy(this.allowed, page, request);
    this.verdicts.set(request, verdict);
    return verdict;
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
      this.failures.report('The function that decides on origins threw; the connection is refused.', error);
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
      this.failures.report('The option "server.allowRequest" threw; the connection is refused.', error);
      answer('FORBIDDEN', false);
    });
  }

  private warnOfRefusal({ headers }: IncomingMessage): void {
    const page = originOfPage(headers) ?? '';
    const host = printable(headers.host ?? '');
    if (!this.refused.isFirst(page)) return;
    this.logger.warn(
      page === ELSEWHERE
        ? `Refused a request of a page of another origin to "${host}", which does not say which: a script, an image ` +
            'or a link. Pages connect by the client, which says it.'
        : `Refused a connection of the origin "${printable(page)}" to "${host}". ` +
            `If it is yours, add it to the option "origins" of SocketsModule.`,
    );
  }
}

/**
 * Returns the origin of the page that sends a request, as far as the browser says; `undefined` where none does, as
 * clients that are not browsers, and pages that read from their own server.
 *
 * Browsers leave `Origin` out where a page merely includes something: a script, an image, a frame. Then
 * `Sec-Fetch-Site`, which no page can set, says whether it is a page of this server. Browsers send it over TLS and to
 * the own machine only; elsewhere `Referer` names the page, unless the page keeps it back.
 */
function originOfPage({ origin, referer, 'sec-fetch-site': site }: IncomingHttpHeaders): string | undefined {
  if (origin !== undefined) return origin;
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? undefined : ELSEWHERE;
  if (referer === undefined || !/^https?:/i.test(referer) || !URL.canParse(referer)) return undefined;
  return new URL(referer).origin;
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
