import {
  Controller,
  Get,
  Injectable,
  Param,
  Req,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import {
  RequestingSocket,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  type AuthenticateFunction,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { ClientOptions, TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { ask as askSails, connectSails } from '../sails/support/sails-client.js';
import { ask, type Jwr } from '../support/ask.js';

interface GuardedRequest {
  headers: { authorization?: string; cookie?: string };
  user?: { id: string };
  isRecheck?: boolean;
}

/** Whom the guard has found, in rechecks. */
const rechecked: string[] = [];

/** Finds users by their bearer tokens, and otherwise by a cookie. */
@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const { authorization = '', cookie = '' } = request.headers;
    const id = /^Bearer (\w+)/.exec(authorization)?.[1] ?? /(?:^|; )sid=(\w+)/.exec(cookie)?.[1];
    if (request.isRecheck) rechecked.push(id ?? 'nobody');
    if (id === undefined) return false;
    request.user = { id };
    return true;
  }
}

@Controller('notes')
@UseGuards(TokenGuard)
@Resourceful('note')
class NotesController {
  @Get('me')
  me(@Req() { user }: GuardedRequest) {
    return { id: user?.id };
  }

  @Get('socket')
  socket(@RequestingSocket() socket: Socket | undefined) {
    return { id: socket?.id ?? 'nobody' };
  }

  @Get('headers')
  headers(@Req() { headers }: GuardedRequest) {
    return headers;
  }

  @Get(':id')
  @SubscribeOnRead({ recheck: 50 })
  findOne(@Param('id') id: string) {
    return { id };
  }
}

const bearer = (token: string): { Authorization: string } => ({ Authorization: `Bearer ${token}` });

const me = (client: TestClient, headers?: object): Promise<Jwr> => ask(client, 'get', { url: '/notes/me', headers });

const startWith = (authenticate?: AuthenticateFunction, logs = new Logs()): Promise<TestApplication> =>
  start({ imports: [SocketsModule.forRoot({ authenticate })], controllers: [NotesController], main: logs.open });

describe('A packet’s own Authorization', () => {
  it.each<[string, AuthenticateFunction | undefined]>([
    ['that nothing authenticates', undefined],
    ['that was let in without an identity', () => true],
  ])('counts for that request, on a connection %s', async (_, authenticate) => {
    const app = await startWith(authenticate);
    const client = await app.connect();

    expect(await me(client, bearer('ada'))).toMatchObject({ statusCode: 200, body: { id: 'ada' } });
    expect(await me(client, bearer('bob'))).toMatchObject({ statusCode: 200, body: { id: 'bob' } });
    expect(await me(client)).toMatchObject({ statusCode: 403 });
    for (const none of ['', null]) expect(await me(client, { authorization: none })).toMatchObject({ statusCode: 403 });
  });

  it.each<[string, ClientOptions, AuthenticateFunction]>([
    ['a cookie', { extraHeaders: { cookie: 'sid=ada' } }, () => ({ id: 'ada' })],
    ['something of its own', { auth: { ticket: 'ada' } }, ({ auth }) => ({ id: String(auth.ticket) })],
  ])('is refused on a connection whose user is known by %s, with what to do', async (_, options, authenticate) => {
    const app = await startWith(authenticate);
    const client = await app.connect(options);

    for (const token of ['ada', 'bob']) {
      expect(await me(client, bearer(token))).toMatchObject({
        statusCode: 403,
        body: {
          statusCode: 403,
          code: 'FORBIDDEN',
          message: expect.stringMatching(/Authorization.*"token"/s) as string,
        },
      });
    }
    expect(app.sockets.get(client.id).data).toEqual({ user: { id: 'ada' } });
  });

  it.each<[string, ClientOptions]>([
    ['in the header', { extraHeaders: { authorization: 'Bearer ada' } }],
    ['as the token of auth', { auth: { token: 'ada' } }],
  ])('gives way to that of the handshake, %s, and the log says so once', async (_, options) => {
    const logs = new Logs();
    const app = await startWith(undefined, logs);
    const client = await app.connect(options);

    expect(await me(client, bearer('ada'))).toMatchObject({ body: { id: 'ada' } });
    expect(logs.naming('"authorization"').warnings).toEqual([]);
    for (const token of ['bob', 'eve']) expect(await me(client, bearer(token))).toMatchObject({ body: { id: 'ada' } });

    expect(logs.naming('"authorization"').warnings).toHaveLength(1);
    expect(logs.naming('bob').warnings).toEqual([]);
  });

  it('never counts where it is locked', async () => {
    const requests = { lockedHeaders: ['Authorization'] };
    const app = await start({ imports: [SocketsModule.forRoot({ requests })], controllers: [NotesController] });

    expect(await me(await app.connect(), bearer('ada'))).toMatchObject({ statusCode: 403 });
  });

  it('lets its user name the connection over HTTP from then on, by whatever credentials, and nobody else', async () => {
    const app = await startWith();
    const client = await app.connect();
    await ask(client, 'get', { url: '/notes/7', headers: bearer('ada') });
    const named = async (headers: object): Promise<unknown> =>
      (await app.request('GET', '/notes/socket', undefined, { ...headers, 'x-socket-id': client.id })).body;

    expect(await named({ authorization: 'Bearer ada' })).toEqual({ id: client.id });
    expect(await named({ cookie: 'sid=ada' })).toEqual({ id: client.id });
    expect(await named({ authorization: 'Bearer bob' })).toEqual({ id: 'nobody' });
    expect(await named({ cookie: 'sid=bob' })).toEqual({ id: 'nobody' });
  });

  it('comes with the rechecks of what was read by it', async () => {
    const app = await startWith();
    const client = await app.connect();
    rechecked.length = 0;

    await ask(client, 'get', { url: '/notes/1', headers: bearer('ada') });
    await expect.poll(() => rechecked.length).toBeGreaterThan(1);
    await app.settle();

    expect(new Set(rechecked)).toEqual(new Set(['ada']));
    expect(client.heard('revoked')).toEqual([]);
  });
});

describe('The token of a Sails client', () => {
  it.each(['x-access-token', 'x-auth-token', 'x-api-key', 'X-Token'])(
    'in the header "%s" reaches the route',
    async (name) => {
      const app = await startWith();
      const socket = await connectSails(app.url, { headers: { [name]: 'ada' } });

      const { body } = await askSails(socket, { url: '/notes/headers', headers: bearer('ada') });

      expect(body).toMatchObject({ [name.toLowerCase()]: 'ada' });
    },
  );

  it('in io.sails.headers, or in one request, is found by guards', async () => {
    const app = await startWith();
    const global = await connectSails(app.url, { headers: { Authorization: 'Bearer ada' } });
    const single = await connectSails(app.url);

    expect(await askSails(global, { url: '/notes/me' })).toMatchObject({ statusCode: 200, body: { id: 'ada' } });
    expect(await askSails(single, { url: '/notes/me', headers: bearer('bob') })).toMatchObject({ body: { id: 'bob' } });
    expect(await askSails(single, { url: '/notes/me' })).toMatchObject({ statusCode: 403 });
  });

  it('subscribes it to what its guard lets it read', async () => {
    const app = await startWith();
    const socket = await connectSails(app.url, { headers: { Authorization: 'Bearer ada' } });
    const heard = new Promise((resolve) => socket.on('note', resolve));

    await askSails(socket, { url: '/notes/1' });
    await app.channel('note').publishUpdate('1', { text: 'hello' });

    expect(await heard).toMatchObject({ verb: 'updated', id: '1' });
  });

  it('is refused where the connection has another identity, and the page is told why', async () => {
    const app = await startWith(({ headers }) => ({ id: /sid=(\w+)/.exec(headers.cookie ?? '')?.[1] }));
    const socket = await connectSails(app.url, {
      headers: { Authorization: 'Bearer bob' },
      initialConnectionHeaders: { cookie: 'sid=ada' },
    });

    const { statusCode, body } = await askSails(socket, { url: '/notes/me' });

    expect({ statusCode, body }).toMatchObject({
      statusCode: 403,
      body: { message: expect.stringContaining('Authorization') as string },
    });
  });
});
