import { Controller, Get, Injectable, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { RequestingSocket, SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';

/** Lets in whom the token names. */
@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string }; user?: unknown }>();
    const [id] = (request.headers.authorization ?? '').replace('Bearer ', '').split(':');
    request.user = { id };
    return id !== '';
  }
}

@Controller('whoami')
class WhoAmIController {
  @Get()
  @UseGuards(TokenGuard)
  whoAmI(@RequestingSocket() socket: Socket | undefined): object {
    return { id: socket?.id ?? 'nobody' };
  }

  @Get('unguarded')
  unguarded(@RequestingSocket() socket: Socket | undefined): object {
    return { id: socket?.id ?? 'nobody' };
  }
}

describe('X-Socket-Id of the same user', () => {
  const startApp = () =>
    start({
      imports: [SocketsModule.forRoot({ authenticate: TokenGuard })],
      controllers: [WhoAmIController],
      providers: [TokenGuard],
    });

  it('names a socket that the user opened with another token, and no socket of anybody else', async () => {
    const app = await startApp();
    const client = await app.connect({ auth: { token: '5:old' } });
    const headers = (token: string) => ({ authorization: `Bearer ${token}`, 'x-socket-id': client.id });
    const ask = async (path: string, token: string): Promise<unknown> =>
      (await app.request('GET', path, undefined, headers(token))).body;

    expect(await ask('/whoami', '5:new')).toEqual({ id: client.id });
    expect(await ask('/whoami', '6:new')).toEqual({ id: 'nobody' });
    // Where no guard has found out who it is, the credentials tell.
    expect(await ask('/whoami/unguarded', '5:new')).toEqual({ id: 'nobody' });
    expect(await ask('/whoami/unguarded', '5:old')).toEqual({ id: client.id });
  });

  it('after a reauthentication the new credentials tell', async () => {
    const app = await startApp();
    const client = await app.connect({ auth: { token: '5:old' } });
    await client.socket.emitWithAck('reauthenticate', { token: '5:new' });
    const ask = async (token: string): Promise<unknown> => {
      const headers = { authorization: `Bearer ${token}`, 'x-socket-id': client.id };
      return (await app.request('GET', '/whoami/unguarded', undefined, headers)).body;
    };
    expect(await ask('5:new')).toEqual({ id: client.id });
    expect(await ask('5:old')).toEqual({ id: 'nobody' });
  });
});
