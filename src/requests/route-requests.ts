import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'socket.io';
import type { HttpRequest } from '../connections/requester/requesting-socket.js';

/** A GET request that is made for a socket, of which its client hears nothing. */
export interface RouteRequest {
  socket: Socket;
  /** With the query. */
  url: string;
  /** Beside those of the socket's handshake. */
  headers: Readonly<Record<string, string>>;
  /** What it is made for; it goes with the request through the application. */
  purpose: object;
}

/** Gives the status of the answer. Rejects if there is none. */
export type RouteServer = (request: RouteRequest) => Promise<number>;

/** Who wants to ask the application's own routes on behalf of a socket meets here who can. */
@Injectable()
export class RouteRequests {
  private server: RouteServer | undefined;

  serveBy(server: RouteServer): void {
    this.server = server;
  }

  get areServed(): boolean {
    return this.server !== undefined;
  }

  async get(request: RouteRequest): Promise<number> {
    if (!this.server) throw new Error('Nobody serves requests that are made for sockets.');
    return this.server(request);
  }
}

/** Where such a request keeps what it is made for. By a symbol, which no client can name. */
const PURPOSE = Symbol('nestjs-sockets:purpose');

/** `isRecheck` says so to the application. */
export function setPurpose(request: IncomingMessage, purpose: object): void {
  Object.assign(request, { isRecheck: true, [PURPOSE]: purpose });
}

export function purposeOf(request: HttpRequest): object | undefined {
  return ((request.raw ?? request) as { [PURPOSE]?: object })[PURPOSE];
}
