import { type ExecutionContext, HttpException } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'socket.io';
import { credentialsOf } from '../../connections/handshake.js';
import { type HttpRequest, ownSocket } from '../../connections/requester/requesting-socket.js';
import { isIdOfRequest, isOfCaller } from '../../requests/packet/header-kinds.js';
import type { SubscriptionTarget } from '../../resources/definition/subscription-policy.js';
import { purposeOf } from '../../requests/pending/server-request.js';
import type { RouteActions } from '../boot/route-explorer.js';
import { HandlerCall } from '../handler-call.js';
import { PublishContext } from '../publish-context.js';
import { holdUntilSettled, type HttpResponse, SerializedResponse } from '../request/response.js';
import { RouteResult } from '../request/route-result.js';
import type { RequesterRooms } from '../subscribe/requester-rooms.js';
import type { RecheckInterval, RoomChange } from '../subscribe/room-change.js';

/** The purpose of a request that repeats a read. The interceptor leaves its finding in it. */
export class RecheckPurpose {
  /** The targets that the read would subscribe the socket to now; `undefined` as long as that is not known. */
  targets: readonly SubscriptionTarget[] | undefined;

  constructor(
    /** The decorator and the route. */
    readonly name: string,
    readonly socket: Socket,
  ) {}
}

/** A read that led to subscriptions, with everything that is needed to repeat it. */
export interface RecheckedRead {
  /** The decorator and the route. */
  name: string;
  url: string;
  /** Headers of the request that the handshake of its socket did not have. */
  headers: Record<string, string>;
  every: RecheckInterval;
  targets: SubscriptionTarget[];
}

/**
 * Headers that are not repeated, besides the ids of the request: they say who asks, or that a part of the response is
 * known already, and each response has to be complete.
 */
const NOT_REPEATED = new RegExp(
  '^(?:cookie|authorization|proxy-.*|connection|upgrade|host|content-.*|transfer-encoding|if-.*|range|cache-control' +
    '|pragma|mutation-id|x-socket-id|sec-.*|__.*)$',
);

/**
 * Returns what is needed to repeat a request.
 *
 * @param socket the one that it was made for, if it is connected to this server; other servers are told no headers
 */
export function urlAndHeadersOf(
  request: HttpRequest & { originalUrl?: string; url?: string },
  socket: Socket | undefined,
): Pick<RecheckedRead, 'url' | 'headers'> {
  const url = request.originalUrl ?? request.url ?? '';
  if (!socket) return { url, headers: {} };
  const headers = ownHeaders(request.headers, socket.handshake.headers);
  // Where the handshake has no credentials, the request may have brought its own.
  const { authorization } = request.headers;
  const isOwn = ownSocket(request) !== undefined && credentialsOf(socket.handshake) === undefined;
  return { url, headers: isOwn && authorization !== undefined ? { ...headers, authorization } : headers };
}

function ownHeaders(given: IncomingHttpHeaders, ofHandshake: IncomingHttpHeaders): Record<string, string> {
  const own = Object.entries(given).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && isRepeated(entry[0], entry[1], ofHandshake),
  );
  return Object.fromEntries(own);
}

function isRepeated(name: string, value: string, ofHandshake: IncomingHttpHeaders): boolean {
  if (NOT_REPEATED.test(name) || isIdOfRequest(name)) return false;
  return !isOfCaller(name) || ofHandshake[name] !== value;
}

/** Statuses with which the route refuses the reader, or finds nothing. Any other failure says nothing about rights. */
export const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404, 410]);

function isRefusal(error: unknown): boolean {
  return error instanceof HttpException && REFUSALS.has(error.getStatus());
}

/** Returns the purpose of a request that is a recheck, and nothing for any other request. */
export function recheckPurposeOf(request: HttpRequest): RecheckPurpose | undefined {
  const purpose = purposeOf(request);
  return purpose instanceof RecheckPurpose ? purpose : undefined;
}

/**
 * Handles a repeated read, as the second path through the interceptor: it publishes nothing and subscribes nobody, but
 * finds out what the read would subscribe its socket to now.
 */
export class RecheckReads {
  constructor(
    private readonly requesterRooms: RequesterRooms,
    private readonly moduleRef: ModuleRef,
  ) {}

  preview(
    purpose: RecheckPurpose,
    { roomChanges, handler }: RouteActions,
    execution: ExecutionContext,
    next: () => Promise<unknown>,
  ): Promise<unknown> {
    const call = new HandlerCall(handler);
    const context = new PublishContext(execution, this.moduleRef, call);
    const change = roomChanges.find(({ name, recheck }) => name === purpose.name && recheck !== undefined);
    const settle = (value: unknown): Promise<void> | undefined => {
      const serialized = new SerializedResponse(value, execution.getArgByIndex<HttpResponse>(1));
      if (!change || serialized.hasFailed || serialized.isReplaced || call.outcome === 'running') return undefined;
      if (call.outcome === 'failed') {
        // An interceptor made a value of the error, so that the status no longer says what became of the read.
        if (isRefusal(call.failure)) purpose.targets = [];
        return undefined;
      }
      return this.note(purpose, change, new RouteResult(serialized, context));
    };
    return holdUntilSettled(call.handle(next), settle, (answer, observer) => call.subscribe(answer, observer));
  }

  private async note(purpose: RecheckPurpose, change: RoomChange, result: RouteResult): Promise<void> {
    purpose.targets = await this.requesterRooms.preview(change, purpose.socket, result);
  }
}
