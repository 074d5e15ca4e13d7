import {
  Controller,
  Get,
  Injectable,
  Logger,
  Param,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { JoinRoom, Resourceful, SocketsModule, SubscribeOnRead } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';

/** Knows users by a key of their own, which sockets are not opened with. */
@Injectable()
class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: unknown }>();
    const { 'x-key': key, 'x-tenant': tenant } = request.headers;
    if (key !== undefined) request.user = { id: key };
    else if (tenant !== undefined) request.user = { tenant };
    return true;
  }
}

@Controller('boards')
@UseGuards(KeyGuard)
@Resourceful('board')
class BoardsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id') id: string): object {
    return { id };
  }

  @Get(':id/visit')
  @JoinRoom('visitors:{id}')
  visit(@Param('id') id: string): object {
    return { id };
  }
}

describe('Two users, one by the socket and one by the request', () => {
  const startApp = (): Promise<TestApplication> =>
    start({
      imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => ({ id: auth.user }) })],
      controllers: [BoardsController],
      providers: [KeyGuard],
    });
  const warnings = (): string[] => {
    const lines: string[] = [];
    const log = vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(String(line)));
    onTestFinished(() => log.mockRestore());
    return lines;
  };
  const roomsOf = async (app: TestApplication, id: string): Promise<string[]> =>
    (await app.sockets.socketRooms(id)).filter((room) => room !== id && !room.startsWith('sockets:user/'));

  it.each([
    ['no credentials', {}],
    ['equal cookies that anybody could guess', { cookie: 'sid=1; theme=the-darkest-of-all-themes' }],
    ['no token', { authorization: 'Bearer ' }],
  ])('X-Socket-Id names no socket of another known user, with %s', async (_, headers: Record<string, string>) => {
    const app = await startApp();
    const ada = await app.connect({ auth: { user: 'ada' }, extraHeaders: headers });
    for (const path of ['/boards/7', '/boards/7/visit']) {
      await app.request('GET', path, undefined, { ...headers, 'x-socket-id': ada.id, 'x-key': 'eve' });
    }
    await app.settle();
    expect(await roomsOf(app, ada.id)).toEqual([]);

    // That neither shows who it is makes nobody the same.
    await app.request('GET', '/boards/7', undefined, { ...headers, 'x-socket-id': ada.id });
    await app.settle();
    expect(await roomsOf(app, ada.id)).toEqual([]);

    for (const path of ['/boards/7', '/boards/7/visit']) {
      await app.request('GET', path, undefined, { ...headers, 'x-socket-id': ada.id, 'x-key': 'ada' });
    }
    expect(await roomsOf(app, ada.id)).toHaveLength(2);
  });

  const secrets: Array<[what: string, headers: Record<string, string>]> = [
    ['the token', { authorization: 'Bearer secret' }],
    ['the session cookie', { cookie: 'sid=s3cr3t-0123456789; theme=dark' }],
  ];

  it.each(secrets)('a request of nobody that has %s of the socket names it', async (_, headers) => {
    const app = await startApp();
    const ada = await app.connect({ auth: { user: 'ada' }, extraHeaders: headers });
    await app.request('GET', '/boards/7', undefined, { ...headers, 'x-socket-id': ada.id });
    await app.request('GET', '/boards/7/visit', undefined, { 'x-socket-id': ada.id });
    expect(await roomsOf(app, ada.id)).toEqual(['resource:board/7']);
  });

  it('a known user names no socket of nobody, and nobody none of his, unless by a secret', async () => {
    const lines = warnings();
    const app = await start({
      imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => (auth.user ? { id: auth.user } : null) })],
      controllers: [BoardsController],
      providers: [KeyGuard],
    });
    const ada = await app.connect({ auth: { user: 'ada' } });
    const nobody = await app.connect();
    const visit = (id: string, headers: Record<string, string> = {}): Promise<unknown> =>
      app.request('GET', '/boards/7/visit', undefined, { 'x-socket-id': id, ...headers });
    await visit(nobody.id, { 'x-key': 'ada' });
    await visit(ada.id);
    await visit(ada.id);
    await app.settle();
    expect([await roomsOf(app, nobody.id), await roomsOf(app, ada.id)]).toEqual([[], []]);
    expect(lines.filter((line) => line.includes('the user of the socket is known, and that of the'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('the user of the request is known, and that of'))).toHaveLength(1);

    // Where nobody is known on either side, anybody who knows the id of a socket may name it.
    await visit(nobody.id);
    expect(await roomsOf(app, nobody.id)).toEqual(['visitors:7']);
  });

  it('an identity without an id is somebody, too: nobody names its socket, nor does it name that of nobody', async () => {
    warnings();
    const authenticate = ({ auth }: { auth: Record<string, unknown> }): object | null =>
      auth.apiKey ? { tenant: 'a' } : null;
    const app = await start({
      imports: [SocketsModule.forRoot({ authenticate })],
      controllers: [BoardsController],
      providers: [KeyGuard],
    });
    const visit = (id: string, headers: Record<string, string> = {}): Promise<unknown> =>
      app.request('GET', '/boards/7/visit', undefined, { 'x-socket-id': id, ...headers });
    const [somebody, nobody] = [await app.connect({ auth: { apiKey: 'secret' } }), await app.connect()];
    await visit(somebody.id);
    await visit(somebody.id, { 'x-tenant': 'b' });
    await visit(nobody.id, { 'x-tenant': 'b' });
    await app.settle();
    expect([await roomsOf(app, somebody.id), await roomsOf(app, nobody.id)]).toEqual([[], []]);

    const headers = { authorization: 'Bearer secret' };
    const known = await app.connect({ auth: { apiKey: 'secret' }, extraHeaders: headers });
    await visit(known.id, { ...headers, 'x-tenant': 'a' });
    expect(await roomsOf(app, known.id)).toEqual(['visitors:7']);
  });

  it('a request over the socket in which guards find another user subscribes nobody, and says so once', async () => {
    const lines = warnings();
    const app = await startApp();
    const joe = await app.connect({ auth: { user: 'joe' } });
    const read = (url: string, key: string): Promise<{ statusCode: number }> =>
      joe.socket.emitWithAck('get', { url, headers: { 'x-key': key } }) as Promise<{ statusCode: number }>;
    for (const url of ['/boards/7', '/boards/8', '/boards/7/visit']) {
      expect(await read(url, 'eve')).toMatchObject({ statusCode: 200 });
    }
    expect(await roomsOf(app, joe.id)).toEqual([]);
    expect(lines.filter((line) => line.includes('another user'))).toHaveLength(2);

    await read('/boards/7', 'joe');
    await read('/boards/7/visit', 'joe');
    expect(await roomsOf(app, joe.id)).toHaveLength(2);
  });

  it('says once that identities have no id, and how to say where it is', async () => {
    const lines = warnings();
    const startWith = (userId?: (user: unknown) => string) =>
      start({
        imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.user ?? true, userId })],
      });
    const about = (): string[] => lines.filter((line) => line.includes('userId'));
    const known = await startWith((user) => (user as { _id: string })._id);
    await known.connect({ auth: { user: { _id: 'ada' } } });
    const app = await startWith();
    await app.connect();
    await app.connect({ auth: { user: { id: 'ada' } } });
    expect(about()).toEqual([]);

    await app.connect({ auth: { user: { _id: 'ada' } } });
    await app.connect({ auth: { user: { _id: 'bob' } } });
    expect(about()).toHaveLength(1);
    expect(about()[0]).not.toContain('ada');
  });
});
