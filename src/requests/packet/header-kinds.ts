import { SOCKET_ID_HEADER } from '../../protocol/request.js';
import { IDENTITY_HEADERS, NOT_IDENTITY } from './identity-headers.js';

/** Ids by which requests are traced, told apart, and not handled twice. */
const ID_OF_REQUEST = anyOf(
  'traceparent|tracestate|traceresponse|baggage|b3|x-b3-.*|uber-trace-id|uberctx-.*|jaeger-.*|ot-tracer-.*',
  'x-ot-span-context|x-cloud-trace-context|sentry-trace|x-datadog-.*|newrelic|x-newrelic-.*|elastic-apm-.*',
  'x-instana-.*|x-dynatrace.*|x-honeycomb-trace|sw8(?:-.*)?|pinpoint-.*|(?:request|correlation)-context',
  '(?:.*-)?(?:request|req|log|correlation|trace|span|parent|transaction|operation|invocation|mutation|event)-?id',
  '(?:.*-)?idempotency(?:-?(?:id|key))?|x-(?:request|queue)-start|x-b3',
  'x-amz-cf-id|cf-ray|x-azure-ref|x-vercel-id',
);

/** Headers in which proxies and browsers describe one request: where it went, and how it was made. */
const TARGET_OF_REQUEST = anyOf(
  'x-(?:forwarded|original|rewrite|rewritten|auth-request)-(?:uri|url|path|query|method|redirect)',
  'x-replaced-path|(?:x-)?(?:request-uri|script-name)|path-info|x-http-host-override|x-accel-.*',
  'sec-(?!ch-|gpc$|fetch-site$).*|x-envoy-(?!external-address$|internal$).*|x-amz-.*|x-amzn-(?!oidc-|mtls-|tls-).*',
  'x-goog-(?!authenticated-|iap-).*|x-ms-(?!client-principal|token-).*|x-azure-(?!clientip$|socketip$|fdid$).*',
  'connect-time|total-route-time|was-default-hostname|disguised-host|x-site-deployment-id|x-waws-.*|x-nginx-proxy',
  'render-proxy-ttl|rndr-id|x-varnish|x-timer',
);

/** Headers about the content that one request has, or wants. */
const CONTENT_OF_REQUEST = anyOf(
  'accept|accept-(?!language$).*|content-.*|range|if-.*|cache-control|pragma|prefer|priority|date|age|digest|purpose',
  'want-digest|max-forwards|cdn-loop|x-http-method(?:-override)?|x-requested-with|x-socket-id|nosession|__sails_io_.*',
);

/** Headers about a connection or the bytes on it, neither of which exists here. */
const HOP_BY_HOP = anyOf(
  'connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|upgrade-insecure-requests|expect',
  'http2-settings|content-length|content-encoding|accept-encoding',
);

/** Headers in which browsers and proxies say who is asking, from where and through what. */
const IDENTITY = anyOf(...Object.values(IDENTITY_HEADERS).flat().map(literal));

const OWN: ReadonlySet<string> = new Set(NOT_IDENTITY);

/** Further headers that are about a caller rather than about a request. A packet may give its own. */
const OF_CALLER = anyOf(
  'authorization|user-agent|accept-language|referer|dnt|x-auth-(?:token|key)|(?:x-)?(?:access-token|apikey)',
  'save-data|viewport-width|dpr|downlink|ect|rtt',
  '(?:x-)?(?:api|app|client|device|session|login|user|role|roles)(?:-.*)?',
  '(?:x-)?(?:tenant|customer|account|org|organization|workspace|project)(?:-.*)?',
);

/**
 * Returns the name of a header as headers are told apart here. Servers behind CGI, and some frameworks, read
 * `x_forwarded_for` as `x-forwarded-for`.
 */
export function headerNamed(name: string): string {
  return name.trim().toLowerCase().replaceAll('_', '-');
}

/** Whether this header is an id of a single request. */
export function isIdOfRequest(name: string): boolean {
  return ID_OF_REQUEST.test(headerNamed(name));
}

/** Whether this header is about a single request, so that no other request may have that of the handshake. */
export function isOfOneRequest(name: string): boolean {
  const named = headerNamed(name);
  return [HOP_BY_HOP, ID_OF_REQUEST, TARGET_OF_REQUEST, CONTENT_OF_REQUEST].some((kind) => kind.test(named));
}

/** Whether this header says who the caller is, so that the handshake's is that of all requests. */
export function isOfCaller(name: string): boolean {
  return (isIdentity(name) || OF_CALLER.test(headerNamed(name))) && !isOfOneRequest(name);
}

/** Whether no packet may set this header: it is the handshake's, or nobody's. */
export function isReserved(name: string): boolean {
  const named = headerNamed(name);
  if (HOP_BY_HOP.test(named) || named === SOCKET_ID_HEADER) return true;
  return isIdentity(named) && !ID_OF_REQUEST.test(named);
}

/** Whether this header says who is asking, to an application that believes its proxy. */
export function isIdentity(name: string): boolean {
  const named = headerNamed(name);
  return IDENTITY.test(named) && !OWN.has(named);
}

/** Makes an expression of a name in which a star stands for any text. */
function literal(name: string): string {
  return name.replaceAll('*', '.*');
}

function anyOf(...alternatives: string[]): RegExp {
  return new RegExp(`^(?:${alternatives.join('|')})$`);
}
