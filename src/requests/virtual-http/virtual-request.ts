import type { AbstractHttpAdapter } from '@nestjs/core';
import { IncomingMessage } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import type { Socket } from 'socket.io';
import { setRequestingSocket } from '../../connections/requester/requesting-socket.js';
import { rawHeadersOf, type RequestHeaders } from '../packet/request-headers.js';
import type { ParsedRequest } from '../packet/request-packet.js';
import type { VirtualConnection } from './virtual-connection.js';

/** Makes one of Node's own requests, whose body has arrived already, with the socket that it came over. */
export function virtualRequest(
  { method, url, body }: ParsedRequest,
  headers: RequestHeaders,
  connection: VirtualConnection,
  socket: Socket,
): IncomingMessage {
  const request = new IncomingMessage(connection as unknown as TcpSocket);
  request.httpVersion = '1.1';
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  request.method = method;
  request.url = url;
  request.headers = headers;
  request.rawHeaders = rawHeadersOf(headers);
  request.complete = true;
  setRequestingSocket(request, socket);
  if (body !== undefined) request.push(body);
  request.push(null);
  return request;
}

/** Aborts the request as Node does when a client hangs up. */
export function abortRequest(request: IncomingMessage): void {
  request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
}

/** The part of a Fastify instance that is used. */
interface Fastify {
  decorateRequest?: (
    name: string,
    accessor: { getter(this: { raw: { isSocket?: boolean; isRecheck?: boolean } }): unknown },
  ) => void;
  hasRequestDecorator?: (name: string) => boolean;
}

/** The properties of Node's request that handlers can read. On Express, handlers are given that request itself. */
const PROPERTIES = ['isSocket', 'isRecheck'] as const;

/** Exposes these properties on Fastify's own requests, which handlers are given instead. */
export function exposeRequestProperties(adapter: AbstractHttpAdapter): void {
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
