import { HttpStatus } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { namedMutation } from '../../connections/requester/request-headers.js';
import { runForRequester } from '../../connections/requester/requester-context.js';
import { RequestRefusal } from '../request-refusal.js';
import type { SocketCaller } from '../socket-caller.js';
import type { VirtualConnection } from './virtual-connection.js';
import { abortRequest, virtualRequest, type RequestLine } from './virtual-request.js';
import { abortResponse, virtualResponse, type ResponseListener, type VirtualResponse } from './virtual-response.js';

/** One request on its way through the application: the real one, entered where requests over HTTP enter it. */
export class VirtualExchange {
  private readonly connection: VirtualConnection;
  private readonly request: IncomingMessage;
  private readonly response: VirtualResponse;

  constructor(
    line: RequestLine,
    private readonly caller: SocketCaller,
    maxResponseSize: number,
    private readonly listener: ResponseListener,
  ) {
    this.connection = caller.connections.take();
    this.connection.exchange = this;
    this.request = virtualRequest(line, this.connection, caller.socket);
    this.response = virtualResponse(this.request, maxResponseSize, listener);
    this.response.once('finish', () => this.endRequest());
  }

  start(): void {
    const { connection, request, response } = this;
    const enter = (): void => void connection.server.emit('request', request, response);
    runForRequester(this.caller.socket, enter, namedMutation(request.headers));
  }

  /** Nobody waits any more: the application sees the connection close, as it does when an HTTP client hangs up. */
  abort(): void {
    this.connection.destroy();
  }

  /** The connection has closed: by us, or by the application; of that, the client hears. */
  cutOff(): void {
    if (!this.response.writableEnded) this.listener.refused(brokenOff());
    abortResponse(this.response);
    abortRequest(this.request);
  }

  /** As Node does once a response is out; it costs something, and mostly nobody listens. */
  private endRequest(): void {
    const { caller, connection, request } = this;
    caller.connections.giveBack(connection);
    if (request.listenerCount('close') === 0) {
      // What is done to it from now on must not reach the connection, which may be another request's.
      request.destroyed = true;
      return;
    }
    if (request.readableEnded) {
      request.destroy();
      return;
    }
    request.once('end', () => request.destroy());
    request.resume();
  }
}

function brokenOff(): RequestRefusal {
  return new RequestRefusal(HttpStatus.BAD_GATEWAY, 'The application broke off its answer.');
}
