import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { type IncomingHttpHeaders, type IncomingMessage, ServerResponse } from 'node:http';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Socket } from 'socket.io';
import { makeProvider } from '../../common/boot/make-provider.js';
import { type ConnectionGuard, hasCanActivate } from '../connection.options.js';
import { GuardNotCreatedError } from '../connections.errors.js';
import { credentialsOf } from '../handshake.js';

/** Stands for the controller and the handler that guards may read metadata from: a connection has none. */
class SocketConnection {}
function connect(): void {}

/** The context that guards decide on: the HTTP request that began the connection. */
export class HandshakeContext implements ExecutionContext {
  readonly request: HandshakeRequest;
  private readonly response: HandshakeResponse;

  constructor(private readonly socket: Socket) {
    this.request = handshakeRequest(socket);
    this.response = new HandshakeResponse(this.request);
  }

  /** Says `http`, since many guards let anything else in. */
  getType(): never {
    return 'http' as never;
  }

  getClass<T>(): Type<T> {
    return SocketConnection as Type<T>;
  }

  getHandler(): () => void {
    return connect;
  }

  getArgs(): never {
    return [this.request, this.response, next] as never;
  }

  getArgByIndex(index: number): never {
    return [this.request, this.response, next][index] as never;
  }

  switchToHttp() {
    return {
      getRequest: () => this.request as never,
      getResponse: () => this.response as never,
      getNext: () => next as never,
    };
  }

  switchToWs() {
    return { getClient: () => this.socket as never, getData: () => undefined as never, getPattern: () => '' };
  }

  switchToRpc() {
    return { getContext: () => this.socket as never, getData: () => undefined as never };
  }
}

/** The request that began a connection, with what guards look for on requests of Express and Fastify. */
type HandshakeRequest = IncomingMessage & { user?: unknown };

/**
 * Makes the request that guards see. It inherits from the real one, so that what a middleware put there (a session, a
 * user) is there, too. What a guard puts on it stays with this one socket: several namespaces share the real one.
 */
function handshakeRequest({ handshake, request }: Socket): HandshakeRequest {
  const authorization = credentialsOf(handshake);
  const headers = { ...handshake.headers, ...(authorization === undefined ? {} : { authorization }) };
  const header = (name: string) => (headers as IncomingHttpHeaders)[name.toLowerCase()];
  const { cookies } = (request ?? {}) as { cookies?: unknown };
  const own = {
    method: 'GET',
    url: handshake.url,
    originalUrl: handshake.url,
    path: handshake.url?.split('?', 1)[0],
    headers,
    header,
    get: header,
    query: handshake.query,
    params: {},
    body: {},
    cookies: cookies ?? cookiesIn(headers.cookie),
    ip: handshake.address,
    raw: request,
  };
  return Object.create(request ?? {}, Object.getOwnPropertyDescriptors(own)) as HandshakeRequest;
}

/** A response that goes nowhere, with the methods of Express and Fastify that guards call before they decide. */
class HandshakeResponse extends ServerResponse {
  header(name: string, value: number | string | readonly string[]): this {
    return this.setHeader(name, value);
  }

  set(name: string, value: number | string | readonly string[]): this {
    return this.setHeader(name, value);
  }

  status(code: number): this {
    this.statusCode = code;
    return this;
  }

  code(code: number): this {
    return this.status(code);
  }
}

function next(): void {}

function cookiesIn(header = ''): Record<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(';')) {
    const [name = '', ...value] = pair.split('=');
    // The first cookie of a name counts, as everywhere.
    if (value.length > 0 && !cookies.has(name.trim())) cookies.set(name.trim(), decoded(value.join('=').trim()));
  }
  return Object.fromEntries(cookies);
}

function decoded(value: string): string {
  const bare = value.replace(/^"(.*)"$/, '$1');
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}

/**
 * Returns the instance of a guard: the application's own, or one made from what this module can inject.
 *
 * @throws GuardNotCreatedError
 */
export async function makeGuard(guard: ConnectionGuard, moduleRef: ModuleRef): Promise<CanActivate> {
  if (hasCanActivate(guard)) return guard;
  return makeProvider(
    guard,
    moduleRef,
    (reason, options) => new GuardNotCreatedError(guard.name, reason, options),
    'It, or something that it injects, is request-scoped, and a connection begins without such a request. Give it ' +
      'the default scope; what is known of the connection is in context.switchToHttp().getRequest().',
  );
}

/** Says whether all guards let a connection in. They are asked one by one, until one refuses. */
export async function allAgree(guards: readonly CanActivate[], context: HandshakeContext): Promise<boolean> {
  for (const guard of guards) {
    const answer = guard.canActivate(context);
    if (!(await (isObservable(answer) ? lastValueFrom(answer) : answer))) return false;
  }
  return true;
}
