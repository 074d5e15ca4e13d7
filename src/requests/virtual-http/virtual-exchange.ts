import { HttpStatus } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { namedMutation } from '../../connections/requester/request-headers.js';
import { runForRequester } from '../../common/requester-context.js';
import type { RequestHeaders } from '../packet/request-headers.js';
import type { ParsedRequest } from '../packet/request-packet.js';
import { RequestRefusal } from '../request-refusal.js';
import type { VirtualConnection, VirtualConnections } from './virtual-connection.js';
import { abortRequest, virtualRequest } from './virtual-request.js';
import { abortResponse, type ResponseListener, virtualResponse, type VirtualResponse } from './virtual-response.js';

/** One request on its way through the application, which it enters where requests over HTTP enter it. */
export class VirtualExchange {
  readonly request: IncomingMessage;
  private readonly connection: VirtualConnection;
  private readonly response: VirtualResponse;

  /** @param headers those that the request has in the application */
  constructor(
    request: ParsedRequest,
    headers: RequestHeaders,
    private readonly connections: VirtualConnections,
    maxResponseSize: number,
    private readonly listener: ResponseListener,
  ) {
    this.connection = connections.take();
    this.connection.exchange = this;
    this.request = virtualRequest(request, headers, this.connection, connections.socket);
    this.response = virtualResponse(this.request, maxResponseSize, listener);
    this.response.on('finish', endRequestOf);
  }

  start(): void {
    const { connection, request, response } = this;
    const enter = (): void => void connection.server.emit('request', request, response);
    runForRequester(this.connections.socket, enter, namedMutation(request.headers));
  }

  /** Closes the connection, as when an HTTP client hangs up: nobody waits for the response any longer. */
  abort(): void {
    this.connection.destroy();
  }

  /**
   * Aborts request and response: the connection was closed, by us or by the application. The client hears of the
   * latter.
   */
  connectionClosed(): void {
    if (!this.response.writableEnded) this.listener.refuse(brokenOff());
    abortResponse(this.response);
    abortRequest(this.request);
  }

  /**
   * Ends the request as Node does when its response is out: a body that nobody has read is skipped, and the request
   * closes by itself. The connection is free only then, since a request that is destroyed before takes it along.
   */
  endRequest(): void {
    const { request } = this;
    if (request.closed) return this.requestClosed();
    request.on('close', closeExchangeOf);
    if (request.listenerCount('data') > 0) request.removeAllListeners('data');
    // All of it has arrived. Reading it takes fewer turns than a flow, but who reads it piece by piece goes on.
    if (request.listenerCount('readable') > 0) request.resume();
    else request.read();
  }

  requestClosed(): void {
    this.connections.giveBack(this.connection);
  }
}

/* Listeners for all exchanges. They are called once each: "once" would cost every request a closure and more. */

function endRequestOf(this: VirtualResponse): void {
  exchangeOf(this.req)?.endRequest();
}

function closeExchangeOf(this: IncomingMessage): void {
  exchangeOf(this)?.requestClosed();
}

/** The connection may have gone to another request. */
function exchangeOf(request: IncomingMessage): VirtualExchange | undefined {
  const exchange = (request.socket as unknown as VirtualConnection).exchange as VirtualExchange | undefined;
  return exchange?.request === request ? exchange : undefined;
}

function brokenOff(): RequestRefusal {
  return new RequestRefusal(HttpStatus.BAD_GATEWAY, 'The application broke off its response.');
}
