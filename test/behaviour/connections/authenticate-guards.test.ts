import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Scope,
  SetMetadata,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type ModuleMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { EMPTY, of, throwError } from 'rxjs';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import {
  GuardNotCreatedError,
  SocketsModule,
  type Authenticate,
  type SocketsModuleOptions,
} from '../../../src/index.js';
import { start } from '../../support/application.js';
import { expectRefusal } from '../../support/refusal.js';
import { refusal, refusalOf, rejectWith, TRANSPORTS } from './support/refused.js';

const ADA = { id: 1, name: 'ada' };

/** What an HTTP guard knows of a request, on Express and Fastify alike. */
interface Request extends IncomingMessage {
  user?: unknown;
  query: Record<string, string>;
  cookies: Record<string, string>;
  ip: string;
  get(name: string): unknown;
}

@Injectable()
class Tokens {
  userOf(authorization: string | undefined): unknown {
    return authorization === 'Bearer a secret' ? ADA : undefined;
  }
}

/** As one would write it for routes, with no thought of sockets. */
@Injectable()
class TokenGuard implements CanActivate {
  constructor(private readonly tokens: Tokens) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    request.user = this.tokens.userOf(request.headers.authorization);
    if (!request.user) throw new UnauthorizedException('Please sign in.');
    return true;
  }
}

@Controller('secrets')
@UseGuards(TokenGuard)
class SecretsController {
  @Get()
  find() {
    return 'secrets';
  }
}

@WebSocketGateway()
class WhoGateway {
  @SubscribeMessage('who')
  who(@ConnectedSocket() socket: Socket): unknown {
    return { user: (socket.data as { user?: unknown }).user ?? null };
  }
}

@WebSocketGateway({ namespace: 'declared' })
class DeclaredGateway extends WhoGateway {}

/** A guard that answers in this way. */
const answering = (answer: () => ReturnType<CanActivate['canActivate']>): CanActivate => ({ canActivate: answer });

/** A guard that says what it was given. */
function listening(look: (context: ExecutionContext) => void): CanActivate {
  return {
    canActivate: (context) => {
      look(context);
      return true;
    },
  };
}

describe('authenticate with guards', () => {
  const startWith = (authenticate: Authenticate, metadata: ModuleMetadata = {}, options: SocketsModuleOptions = {}) =>
    start({
      ...metadata,
      imports: [SocketsModule.forRoot({ authenticate, ...options }), ...(metadata.imports ?? [])],
      providers: [WhoGateway, DeclaredGateway, ...(metadata.providers ?? [])],
    });

  it.each(TRANSPORTS)(
    'asks a guard that was written for routes, with the token of the client, by %s',
    async (transports) => {
      const app = await startWith(TokenGuard, { controllers: [SecretsController], providers: [Tokens] });
      const connect = (namespace: string, token?: string) => app.connect({ namespace, transports, auth: { token } });

      expect((await app.request('GET', '/secrets')).status).toBe(401);
      for (const namespace of ['', '/declared']) {
        const client = await connect(namespace, 'a secret');
        expect(await client.socket.emitWithAck('who', {})).toEqual({ user: ADA });
        expect(await refusalOf(connect(namespace, 'a guess'))).toEqual(refusal(401, 'UNAUTHORIZED', 'Please sign in.'));
        expect(await refusalOf(connect(namespace))).toEqual(refusal(401, 'UNAUTHORIZED', 'Please sign in.'));
      }
    },
  );

  it('takes the header Authorization before the token of the client', async () => {
    const app = await startWith(TokenGuard, { providers: [Tokens, TokenGuard] });
    const extraHeaders = { authorization: 'Bearer a secret' };

    await app.connect({ extraHeaders, auth: { token: 'a guess' } });
    await app.connect({ auth: { token: 'Bearer a secret' } });
    expect(
      await refusalOf(app.connect({ extraHeaders: { authorization: 'Basic x' }, auth: { token: 'a secret' } })),
    ).toEqual(refusal(401, 'UNAUTHORIZED', 'Please sign in.'));
  });

  const badTokens: unknown[] = [['a secret'], { token: 'a secret' }, 42, null, 'x'.repeat(100_000), 'a\r\nb: c'];

  it.each(badTokens)('outlives a token of a bad shape', async (token) => {
    const app = await startWith(TokenGuard, { providers: [Tokens, TokenGuard] });

    expect(await refusalOf(app.connect({ auth: { token } }))).toEqual(refusal(401, 'UNAUTHORIZED', 'Please sign in.'));
    await app.connect({ auth: { token: 'a secret' } });
  });

  it('shows the request by which the connection began', async () => {
    let seen: Record<string, unknown> = {};
    const look = listening((context) => {
      const http = context.switchToHttp();
      const request = http.getRequest<Request>();
      seen = {
        type: context.getType(),
        method: request.method,
        path: request.url?.split('?')[0],
        room: request.query.room,
        cookies: request.cookies,
        header: request.get('X-Custom'),
        rawHeader: request.headers['x-custom'],
        ip: request.ip,
        remotePort: typeof request.socket.remotePort,
        next: typeof http.getNext(),
        response:
          http
            .getResponse<{ header(name: string, value: string): { status(code: number): object } }>()
            .header('Retry-After', '1')
            .status(429) === http.getResponse(),
        args: context.getArgs().length,
        arg: context.getArgByIndex(0) === request,
        client: typeof context.switchToWs().getClient<Socket>().id,
        data: context.switchToWs().getData<unknown>(),
      };
    });
    const app = await startWith(look);

    await app.connect({
      query: { room: 'seven' },
      extraHeaders: { cookie: 'sid="s%3A1"; theme=dark; theme=light; broken=%', 'x-custom': 'yes' },
    });
    expect(seen).toEqual({
      type: 'http',
      method: 'GET',
      path: '/socket.io/',
      room: 'seven',
      cookies: { sid: 's:1', theme: 'dark', broken: '%' },
      header: 'yes',
      rawHeader: 'yes',
      ip: '127.0.0.1',
      remotePort: 'number',
      next: 'function',
      response: true,
      args: 3,
      arg: true,
      client: 'string',
      data: undefined,
    });
  });

  it('lets a guard look for metadata, and find none', async () => {
    let found: unknown = 'not asked';
    @Injectable()
    class RolesGuard implements CanActivate {
      constructor(private readonly reflector: Reflector) {}

      canActivate(context: ExecutionContext): boolean {
        const places = [context.getHandler(), context.getClass()];
        found = [
          this.reflector.getAllAndOverride('roles', places),
          this.reflector.getAllAndMerge('roles', places),
          this.reflector.get('roles', context.getHandler()),
          `${context.getClass().name}.${context.getHandler().name}`,
        ];
        return true;
      }
    }
    @Controller()
    @SetMetadata('roles', ['admin'])
    class AdminController {}
    const app = await startWith(RolesGuard, { controllers: [AdminController] });

    await app.connect();
    expect(found).toEqual([undefined, [], undefined, 'SocketConnection.connect']);
  });

  it('keeps what a guard puts on the request to one connection, though namespaces share the real one', async () => {
    const users: unknown[] = [];
    const app = await startWith({
      canActivate: (context) => {
        const request = context.switchToHttp().getRequest<Request>();
        users.push(request.user);
        request.user = context.switchToWs().getClient<Socket>().nsp.name;
        return true;
      },
    });
    const client = await app.connect();
    const other = client.socket.io.socket('/declared');
    await new Promise<void>((resolve, reject) => void other.once('connect', resolve).once('connect_error', reject));

    expect(await client.socket.emitWithAck('who', {})).toEqual({ user: '/' });
    expect(await other.emitWithAck('who', {})).toEqual({ user: '/declared' });
    expect(users).toEqual([undefined, undefined]);
  });

  it('takes for the identity what a middleware of the handshake put on the request, too', async () => {
    const app = await startWith(
      answering(() => true),
      {},
      {
        handshakeMiddleware: (request, _response, next) => {
          Object.assign(request, { user: ADA });
          next();
        },
      },
    );

    expect(await (await app.connect()).socket.emitWithAck('who', {})).toEqual({ user: ADA });
  });

  const yes: Array<[how: string, answer: () => ReturnType<CanActivate['canActivate']>]> = [
    ['true', () => true],
    ['a promise', () => Promise.resolve(true)],
    ['an Observable', () => of(true)],
    ['the last value of an Observable', () => of(false, true)],
  ];
  const no: typeof yes = [
    ['false', () => false],
    ['a promise', () => Promise.resolve(false)],
    ['an Observable', () => of(false)],
    ['the last value of an Observable', () => of(true, false)],
    ['nothing', () => undefined as unknown as boolean],
  ];

  it.each(yes)('lets in by %s', async (_how, answer) => {
    await (await startWith(answering(answer))).connect();
  });

  it.each(no)('refuses by %s', async (_how, answer) => {
    const app = await startWith(answering(answer));

    expect(await refusalOf(app.connect())).toEqual(refusal(403, 'FORBIDDEN', 'Forbidden resource'));
  });

  const failures: Array<[how: string, answer: () => ReturnType<CanActivate['canActivate']>, status: number]> = [
    ['an exception for websockets', () => Promise.reject(new WsException('Who?')), 401],
    ['an Observable that fails', () => throwError(() => new UnauthorizedException('Who?')), 401],
    ['an Observable without an answer', () => EMPTY, 500],
    ['an error of its own', () => Promise.reject(new Error('db:5432')), 500],
    ['something that is not an error', () => rejectWith(null), 500],
  ];

  it.each(failures)('refuses by %s, and goes on', async (_how, answer, statusCode) => {
    const app = await startWith(answering(answer));

    const { data, message } = await refusalOf(app.connect());
    expect(data).toMatchObject({ statusCode });
    expect(message).toBe(statusCode === 401 ? 'Who?' : 'Something went wrong on the server.');
    expect((await app.request('GET', '/nowhere')).status).toBe(404);
  });

  it('asks several in their order, until one refuses', async () => {
    const asked: string[] = [];
    const guard = (name: string, answer: boolean): CanActivate =>
      answering(() => {
        asked.push(name);
        return Promise.resolve(answer);
      });

    await (await startWith([guard('a', true), guard('b', true)])).connect();
    const app = await startWith([guard('c', true), guard('d', false), guard('e', true)]);
    expect(await refusalOf(app.connect())).toEqual(refusal(403, 'FORBIDDEN', 'Forbidden resource'));
    expect(asked).toEqual(['a', 'b', 'c', 'd']);
  });

  it('takes the instance that a module of the application provides', async () => {
    @Module({ providers: [Tokens, TokenGuard], exports: [TokenGuard] })
    class AuthModule {}
    const app = await startWith([TokenGuard], { imports: [AuthModule] });

    await app.connect({ auth: { token: 'a secret' } });
    await refusalOf(app.connect());
    expect(app.get(TokenGuard)).toBeInstanceOf(TokenGuard);
  });

  it('makes one of what is there for everybody, and takes a transient one', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class TransientGuard implements CanActivate {
      constructor(private readonly tokens: Tokens) {}

      canActivate(): boolean {
        return this.tokens instanceof Tokens;
      }
    }
    @Injectable()
    class ReflectingGuard implements CanActivate {
      constructor(private readonly reflector: Reflector) {}

      canActivate(): boolean {
        return this.reflector instanceof Reflector;
      }
    }
    const app = await startWith([TransientGuard, ReflectingGuard], { providers: [Tokens, TransientGuard] });

    await app.connect();
  });

  it('fails at boot when a guard cannot be made, and says which and what to do', async () => {
    await expectRefusal(
      startWith(TokenGuard),
      GuardNotCreatedError,
      'GUARD_NOT_CREATED',
      /the option "authenticate" names the guard TokenGuard, which cannot be made/,
      /Add it to the providers of a module that has everything it injects/,
      /give an instance of it/,
      /Tokens/,
    );
  });

  it('fails at boot when a guard needs a request, which there is not', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {}
    @Injectable()
    class RequestGuard implements CanActivate {
      constructor(@Inject(PerRequest) readonly perRequest: PerRequest) {}

      canActivate(): boolean {
        return true;
      }
    }
    for (const providers of [[PerRequest, RequestGuard], [PerRequest]]) {
      await expectRefusal(
        startWith(RequestGuard, { providers }),
        GuardNotCreatedError,
        'GUARD_NOT_CREATED',
        /the guard RequestGuard/,
      );
    }
    await expectRefusal(
      startWith(RequestGuard, { providers: [PerRequest, RequestGuard] }),
      GuardNotCreatedError,
      'GUARD_NOT_CREATED',
      /request-scoped.*Give it the default scope/,
    );
  });

  it('works with options from a factory, which may bring instances', async () => {
    const app = await start({
      imports: [
        SocketsModule.forRootAsync({
          imports: [],
          useFactory: () => ({ authenticate: new TokenGuard(new Tokens()) }),
        }),
      ],
    });

    await app.connect({ auth: { token: 'a secret' } });
    expect(await refusalOf(app.connect())).toEqual(refusal(401, 'UNAUTHORIZED', 'Please sign in.'));
  });
});
