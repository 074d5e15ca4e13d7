import {
  Controller,
  Get,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { SocketsModule, SocketUser, type SocketsModuleOptions } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { refusal, refusalOf } from './support/refused.js';

interface User {
  name: string;
}

const USERS = new Map<unknown, User>([
  ['a secret', { name: 'ada' }],
  ['another', { name: 'grace' }],
]);

@WebSocketGateway()
class WhoGateway {
  @SubscribeMessage('who')
  who(@SocketUser() user: User | undefined, @MessageBody() body: unknown) {
    return { user: user ?? null, body };
  }
}

@Controller('who')
class WhoController {
  @Get()
  who(@SocketUser() user: User | undefined) {
    return { user: user ?? null };
  }
}

/** Written for routes. */
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string }; user?: User }>();
    request.user = USERS.get(request.headers.authorization?.replace('Bearer ', ''));
    if (!request.user) throw new UnauthorizedException();
    return true;
  }
}

@Controller('guarded')
@UseGuards(TokenGuard)
class GuardedController {
  @Get()
  find() {
    return { secret: 42 };
  }
}

describe('@SocketUser()', () => {
  const startWith = (options: SocketsModuleOptions) =>
    start({
      imports: [SocketsModule.forRoot(options)],
      providers: [WhoGateway],
      controllers: [WhoController, GuardedController],
    });

  /** Identities that nothing in the headers of the handshake shows. */
  const byKey: SocketsModuleOptions = { authenticate: ({ auth }) => USERS.get(auth.key) ?? true };

  it('gives the user of the client to a handler of a gateway', async () => {
    const app = await startWith(byKey);
    const [ada, grace, nobody] = [
      await app.connect({ auth: { key: 'a secret' } }),
      await app.connect({ auth: { key: 'another' } }),
      await app.connect(),
    ];

    expect(await ada.socket.emitWithAck('who', 1)).toEqual({ user: { name: 'ada' }, body: 1 });
    expect(await grace.socket.emitWithAck('who', 2)).toEqual({ user: { name: 'grace' }, body: 2 });
    expect(await nobody.socket.emitWithAck('who', 3)).toEqual({ user: null, body: 3 });
  });

  it('gives the user of the socket to a route that is asked over the socket', async () => {
    const app = await startWith(byKey);
    const ada = await app.connect({ auth: { key: 'a secret' } });
    const nobody = await app.connect();

    expect(await ada.socket.emitWithAck('get', { url: '/who' })).toMatchObject({
      statusCode: 200,
      body: { user: { name: 'ada' } },
    });
    expect(await nobody.socket.emitWithAck('get', { url: '/who' })).toMatchObject({ body: { user: null } });
  });

  it('makes nobody a user who only names a socket', async () => {
    const app = await startWith(byKey);
    const ada = await app.connect({ auth: { key: 'a secret' } });
    const mallory = await app.connect();
    const headers = { 'x-socket-id': ada.id };

    expect((await app.request('GET', '/who', undefined, headers)).body).toEqual({ user: null });
    expect(await mallory.socket.emitWithAck('get', { url: '/who', headers })).toMatchObject({ body: { user: null } });
  });

  it('knows nobody where nobody is asked for', async () => {
    const app = await startWith({});
    const client = await app.connect({ auth: { key: 'a secret' } });

    expect(await client.socket.emitWithAck('who', 1)).toEqual({ user: null, body: 1 });
    expect((await app.request('GET', '/who')).body).toEqual({ user: null });
  });

  it('goes with guards: one guard decides on connections and what is asked over them, by the same token', async () => {
    const app = await startWith({ authenticate: TokenGuard });
    const ada = await app.connect({ auth: { token: 'a secret' } });

    expect(await ada.socket.emitWithAck('who', 1)).toEqual({ user: { name: 'ada' }, body: 1 });
    expect(await ada.socket.emitWithAck('get', { url: '/guarded' })).toMatchObject({
      statusCode: 200,
      body: { secret: 42 },
    });
    expect((await app.request('GET', '/guarded')).status).toBe(401);
    expect(await refusalOf(app.connect())).toEqual(refusal(401, 'UNAUTHORIZED', 'Unauthorized'));
  });
});
