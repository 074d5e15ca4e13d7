import { SOCKET_ID_HEADER } from '../../protocol/request.js';

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
  'x-(?:forwarded|original|rewrite|auth-request)-(?:uri|url|path|query|method|redirect)',
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
const IDENTITY = anyOf(
  'cookie2?|origin|host|forwarded|via|sec-.*|x-forwarded-.*|x-original-.*',
  '(?:(?:x|true|do|incap)-)?(?:real|client|connecting|cluster-client)-ip|(?:x-)?remote-.*|x-real-port|x-scheme',
  'cf-.*|(?:x-)?fastly-.*|fly-.*|x-vercel-.*|x-nf-.*|x-arr-.*|x-appservice-.*|x-sucuri-.*|x-country(?:-code)?',
  'x-auth-(?!token$|key$).*|x-authenticated-.*|x-(?:amzn|amz|goog|ms|envoy|azure)-.*',
  'cloudfront-.*|x-appengine-.*|x-consumer-.*|x-credential-.*|x-anonymous-consumer|x-webauth-.*|x-pomerium-.*',
  'x-(?:(?:endpoint|apigateway)-api-)?userinfo|x-jwt-assertion|(?:x-)?oidc[-_].*',
  'x-authentik-.*|tailscale-.*|(?:x-)?ssl-client-.*|x-client-(?:cert|dn|verify).*',
);

/** Further headers that are about a caller rather than about a request. A packet may give its own. */
const OF_CALLER = anyOf(
  'authorization|user-agent|accept-language|referer|dnt|x-auth-(?:token|key)|(?:x-)?(?:access-token|apikey)',
  'save-data|viewport-width|dpr|downlink|ect|rtt',
  '(?:x-)?(?:api|app|client|device|session|login|user|role|roles)(?:-.*)?',
  '(?:x-)?(?:tenant|customer|account|org|organization|workspace|project)(?:-.*)?',
);

/** Whether this header is an id of a single request. */
export function isIdOfRequest(name: string): boolean {
  return ID_OF_REQUEST.test(name);
}

/** Whether this header is about a single request, so that no other request may have that of the handshake. */
export function isOfOneRequest(name: string): boolean {
  return [HOP_BY_HOP, ID_OF_REQUEST, TARGET_OF_REQUEST, CONTENT_OF_REQUEST].some((kind) => kind.test(name));
}

/** Whether this header says who the caller is, so that the handshake's is that of all requests. */
export function isOfCaller(name: string): boolean {
  return (IDENTITY.test(name) || OF_CALLER.test(name)) && !isOfOneRequest(name);
}

/** Whether no packet may set this header: it is the handshake's, or nobody's. */
export function isReserved(name: string): boolean {
  if (HOP_BY_HOP.test(name) || name === SOCKET_ID_HEADER) return true;
  return IDENTITY.test(name) && !ID_OF_REQUEST.test(name);
}

/** Whether this header says who is asking, to an application that believes its proxy. */
export function isIdentity(name: string): boolean {
  return IDENTITY.test(name);
}

function anyOf(...alternatives: string[]): RegExp {
  return new RegExp(`^(?:${alternatives.join('|')})$`);
}
