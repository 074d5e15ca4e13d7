import { HttpStatus } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { HttpRequest } from '../../connections/requester/requesting-socket.js';
import type { SocketCaller } from '../caller/socket-caller.js';
import type { ParsedRequest } from '../packet/request-packet.js';
import { RequestRefusal } from '../request-refusal.js';
import { VirtualExchange } from '../virtual-http/virtual-exchange.js';
import type { ResponseListener, WrittenResponse } from '../virtual-http/virtual-response.js';
import { traceRequest } from './request-trace.js';

/**
 * A request that the server makes on behalf of a socket, until it is over. Its client hears nothing of it, and it takes
 * none of the client's slots.
 */
export class ServerRequest implements ResponseListener {
  readonly isQueued = false;
  /** The status of the response. Rejects if there is none. */
  readonly status: Promise<number>;
  private resolve!: (status: number) => void;
  private reject!: (error: unknown) => void;
  private exchange?: VirtualExchange;
  private timer?: NodeJS.Timeout;
  private isOver = false;

  constructor(
    private readonly request: ParsedRequest,
    private readonly purpose: object,
    private readonly caller: SocketCaller,
  ) {
    this.status = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** @param timeout in milliseconds */
  start(timeout: number): void {
    const { caller, request } = this;
    traceRequest?.(caller.socket, request, 'running, for the server itself');
    caller.pending.add(this);
    this.timer = setTimeout(() => this.refuse(timedOut(timeout)), timeout).unref();
    try {
      const headers = caller.headersFor(request);
      // A response over HTTP may have any size, so this one may, too.
      this.exchange = new VirtualExchange(request, headers, caller.connections, Infinity, this);
      setPurpose(this.exchange.request, this.purpose);
      this.exchange.start();
    } catch (error) {
      this.refuse(error);
    }
  }

  answer(response: WrittenResponse): void {
    if (!this.end()) return;
    this.caller.storeCookies(this.request, response);
    traceRequest?.(this.caller.socket, this.request, `answered with ${response.statusCode}`);
    this.resolve(response.statusCode);
  }

  refuse(error: unknown): void {
    if (!this.end()) return;
    traceRequest?.(this.caller.socket, this.request, 'failed');
    this.exchange?.abort();
    this.reject(error);
  }

  /** Ends the request: the client is gone. */
  abandon(): void {
    this.refuse(new Error('The socket is no longer connected.'));
  }

  /** @returns false if it was over already */
  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    clearTimeout(this.timer);
    this.caller.pending.remove(this);
    return true;
  }
}

/** Where such a request keeps its purpose. A symbol, since no client can name one. */
const PURPOSE = Symbol('nestjs-sockets:purpose');

/** Marks a request as one that the server makes, which `isRecheck` tells the application. */
function setPurpose(request: IncomingMessage, purpose: object): void {
  Object.assign(request, { isRecheck: true, [PURPOSE]: purpose });
}

/** Returns what the server makes this request for; `undefined` if a client sent it. */
export function purposeOf(request: HttpRequest): object | undefined {
  return ((request.raw ?? request) as { [PURPOSE]?: object })[PURPOSE];
}

function timedOut(timeout: number): RequestRefusal {
  return new RequestRefusal(HttpStatus.GATEWAY_TIMEOUT, `There was no answer within ${timeout} ms.`);
}
