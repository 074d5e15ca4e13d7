import type { AbstractHttpAdapter } from '@nestjs/core';
import { IncomingMessage } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import type { Socket } from 'socket.io';
import { setRequestingSocket } from '../../connections/requester/requesting-socket.js';
import { rawHeadersOf, type RequestHeaders } from '../packet/request-headers.js';
import { setPurpose } from '../route-requests.js';
import type { VirtualConnection } from './virtual-connection.js';

/** A request as it reaches the application. */
export interface RequestLine {
  /** In upper case. */
  method: string;
  url: string;
  headers: RequestHeaders;
  body: string | Buffer | undefined;
  /** Of one that no client sent. */
  purpose?: object;
}

/** Node's own request, read to its end already, with the socket that it came over. */
export function virtualRequest(line: RequestLine, connection: VirtualConnection, socket: Socket): IncomingMessage {
  const request = new IncomingMessage(connection as unknown as TcpSocket);
  request.httpVersion = '1.1';
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  request.method = line.method;
  request.url = line.url;
  request.headers = line.headers;
  request.rawHeaders = rawHeadersOf(line.headers);
  request.complete = true;
  setRequestingSocket(request, socket);
  if (line.purpose) setPurpose(request, line.purpose);
  if (line.body !== undefined) request.push(line.body);
  request.push(null);
  return request;
}

/** As Node does when a client hangs up. */
export function abortRequest(request: IncomingMessage): void {
  request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
}

/** As much of a Fastify instance as is used. */
interface Fastify {
  decorateRequest?: (
    name: string,
    accessor: { getter(this: { raw: { isSocket?: boolean; isRecheck?: boolean } }): unknown },
  ) => void;
  hasRequestDecorator?: (name: string) => boolean;
}

/** What Node's request says by itself, as it is given to handlers on Express. */
const PROPERTIES = ['isSocket', 'isRecheck'] as const;

/** On Fastify a handler is given a request of Fastify's own. */
export function showIsSocket(adapter: AbstractHttpAdapter): void {
  const fastify = adapter.getInstance<Fastify>();
  if (typeof fastify.decorateRequest !== 'function') return;
  for (const property of PROPERTIES) {
    if (fastify.hasRequestDecorator?.(property)) continue;
    fastify.decorateRequest(property, {
      getter() {
        return this.raw[property];
      },
    });
  }
}
