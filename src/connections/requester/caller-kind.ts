import { createHash } from 'node:crypto';
import type { HttpRequest } from './requesting-socket.js';

/**
 * Headers of requests that say nothing about what the caller may see. All others may: cookies, tokens, keys, tenants.
 */
const ORDINARY = new RegExp(
  '^(?:accept|accept-.*|access-control-.*|b3|baggage|cache-control|cdn-loop|cf-.*|connection|content-.*|dnt|expect' +
    '|forwarded|host|idempotency-key|if-.*|keep-alive|mutation-id|origin|pragma|priority|range|realtime-.*|referer' +
    '|sec-.*|sentry-trace|te|traceparent|tracestate|transfer-encoding|upgrade|upgrade-.*|user-agent|via|x-amzn-.*' +
    '|x-b3-.*|x-correlation-id|x-datadog-.*|x-forwarded-.*|x-real-ip|x-request-id|x-socket-id|__.*)$',
);

/**
 * Returns a digest that is the same for requests of one caller, as far as headers and the user tell: for requests that
 * are answered alike.
 *
 * @param user the id of the user, if it is known
 */
export function kindOfCaller({ headers }: HttpRequest, user: string | undefined): string {
  const telling = Object.entries(headers)
    .filter(([name, value]) => value !== undefined && !ORDINARY.test(name))
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([user ?? null, telling]))
    .digest('base64url');
}
