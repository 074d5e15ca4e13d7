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

/** What is known of names of headers. Clients send few different ones, unless they mean to fill it. */
const known = new Map<string, boolean>();
const MOST_KNOWN = 500;

function isOrdinary(name: string): boolean {
  const answer = known.get(name);
  if (answer !== undefined) return answer;
  const found = ORDINARY.test(name);
  if (known.size < MOST_KNOWN) known.set(name, found);
  return found;
}

/**
 * Returns a text that is the same for requests of one caller, as far as headers and the user tell: for requests that
 * are answered alike. Of headers that tell, it is a digest, so that nobody reads secrets in it.
 *
 * @param user the id of the user, if it is known
 */
export function kindOfCaller({ headers }: HttpRequest, user: string | undefined): string {
  const telling: Array<[string, unknown]> = [];
  for (const name of Object.keys(headers))
    if (headers[name] !== undefined && !isOrdinary(name)) telling.push([name, headers[name]]);
  // No digest has a space in it.
  if (telling.length === 0) return user === undefined ? ' nobody' : ` by ${user}`;
  telling.sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([user ?? null, telling]))
    .digest('base64url');
}
