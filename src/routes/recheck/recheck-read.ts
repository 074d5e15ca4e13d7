import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'socket.io';
import type { HttpRequest } from '../../connections/requester/requesting-socket.js';
import type { SubscriptionTarget } from '../../resources/definition/subscription-policy.js';

/** What a request is made for by which a read is done again. */
export class RecheckPurpose {
  /** What the read would subscribe the socket to now; `undefined` for as long as that is not known. */
  targets: readonly SubscriptionTarget[] | undefined;

  constructor(
    /** The decorator and the route. */
    readonly name: string,
    readonly socket: Socket,
  ) {}
}

/** How often a read is done again: in milliseconds, and whenever its socket has authenticated again; or (`true`) only then. */
export type RecheckInterval = number | true;

/** A read that led to subscriptions, and what has to be known to do it again. */
export interface RecheckedRead {
  /** The decorator and the route. */
  name: string;
  url: string;
  /** What it said beside the handshake of its socket. */
  headers: Record<string, string>;
  every: RecheckInterval;
  targets: SubscriptionTarget[];
}

/** Who asks, and whether the answer is known already: each answer has to be the whole one. */
const NOT_KEPT =
  /^(?:cookie|authorization|proxy-.*|connection|upgrade|host|content-.*|transfer-encoding|if-.*|range|cache-control|pragma|mutation-id|x-socket-id|sec-.*|__.*)$/;

/** @param socket the one that it was done for, if that is here; what other servers are told holds no headers */
export function urlAndHeadersOf(
  request: HttpRequest & { originalUrl?: string; url?: string },
  socket: Socket | undefined,
): Pick<RecheckedRead, 'url' | 'headers'> {
  const url = request.originalUrl ?? request.url ?? '';
  return { url, headers: socket ? ownHeaders(request.headers, socket.handshake.headers) : {} };
}

function ownHeaders(given: IncomingHttpHeaders, ofHandshake: IncomingHttpHeaders): Record<string, string> {
  const own = Object.entries(given).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && !NOT_KEPT.test(entry[0]) && ofHandshake[entry[0]] !== entry[1],
  );
  return Object.fromEntries(own);
}
