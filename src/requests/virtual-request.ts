import { IncomingMessage } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import type { Socket } from 'socket.io';
import { setRequestingSocket } from '../sockets/requesting-socket.js';
import { setPurpose } from '../sockets/route-requests.js';
import { rawHeadersOf, type RequestHeaders } from './request-headers.js';
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
