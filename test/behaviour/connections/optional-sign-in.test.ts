import { type CanActivate, Controller, type ExecutionContext, Get, Param, Req } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import {
  Resourceful,
  SocketsModule,
  SocketUser,
  SubscribeOnRead,
  userRoom,
  type AuthenticateFunction,
  type SocketsModuleOptions,
} from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { Gate } from '../../support/gate.js';
import { type Logs, listenTo } from '../../support/logs.js';
import { refusal, refusalOf } from './support/refused.js';

const USERS: Record<string, { id: number }> = { 'token of ada': { id: 1 }, 'token of bob': { id: 2 } };

/** As an application with optional sign-in is written: without a token there is no user to look for. */
const optionally: AuthenticateFunction = ({ auth }) => (auth.token ? (USERS[String(auth.token)] ?? undefined) : null);

/** As `AuthGuard('jwt')` is extended for routes that anybody may read. */
class OptionalGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string }; user?: unknown }>();
    request.user = USERS[String(request.headers.authorization).replace('Bearer ', '')] ?? this.nobody;
    return true;
  }
  constructor(private readonly nobody?: null | false) {}
}

let gate: Gate | undefined;

@Controller('articles')
@Resourceful('article', { view: ({ id, title }: { id: number; title: string }) => ({ id, title }) })
class ArticlesController {
  @Get(':id')
  @SubscribeOnRead()
  async findOne(@Param('id') id: string): Promise<object> {
    await gate?.opened;
    return { id: Number(id), title: 'first' };
  }
}

@Controller()
class WhoController {
  @Get('caller')
  caller(@Req() { headers }: { headers: Record<string, string> }, @SocketUser() user: unknown): object {
    return { authorization: headers.authorization ?? null, user: user ?? null };
  }
}

@WebSocketGateway()
class WhoGateway {
  @SubscribeMessage('who')
  who(@SocketUser() user: unknown): object {
    return { user: user ?? null };
  }
}

const NO_CONTENT = { statusCode: 204, headers: {} };
const NOBODY = { user: null };

describe('Optional sign-in', () => {
  let logs: Logs | undefined;
  const startWith = (authenticate: SocketsModuleOptions['authenticate']): Promise<TestApplication> =>
    start({
      imports: [SocketsModule.forRoot({ authenticate })],
      controllers: [ArticlesController, WhoController],
      providers: [WhoGateway],
      main: (nest) => (logs = listenTo(nest)),
    });
  const who = ({ socket }: TestClient): Promise<unknown> => socket.emitWithAck('who', {});
  const caller = async ({ socket }: TestClient): Promise<unknown> =>
    ((await socket.emitWithAck('get', { url: '/caller' })) as { body: unknown }).body;
  const read = ({ socket }: TestClient, id: number): Promise<unknown> =>
    socket.emitWithAck('get', { url: `/articles/${id}` });
  const signIn = ({ socket }: TestClient, auth: object): Promise<unknown> => socket.emitWithAck('reauthenticate', auth);
  const update = (app: TestApplication, id: number): Promise<void> =>
    app.channel('article').publishUpdate(id, { title: 'second' });

  const kinds: Array<[how: string, authenticate: SocketsModuleOptions['authenticate']]> = [
    ['a function that returns null', optionally],
    ['a function that returns a promise of null', async (...given) => Promise.resolve(optionally(...given))],
    ['a function that returns true', ({ auth }) => USERS[String(auth.token)] ?? true],
    ['a guard that leaves no user', new OptionalGuard()],
    ['a guard that leaves null', new OptionalGuard(null)],
    ['a guard that leaves false, as those of passport', new OptionalGuard(false)],
  ];

  describe.each(kinds)('by %s', (_how, authenticate) => {
    it('connects a client without a user: no identity, no room, and requests of nobody', async () => {
      const app = await startWith(authenticate);
      const client = await app.connect();

      expect(app.sockets.get(client.id).data).not.toHaveProperty('user');
      expect(await app.sockets.socketRooms(client.id)).toEqual([client.id]);
      expect(await who(client)).toEqual(NOBODY);
      expect(await caller(client)).toEqual({ authorization: null, ...NOBODY });
    });

    it('lets it sign in later, out, and in again as another user', async () => {
      const app = await startWith(authenticate);
      const client = await app.connect();
      await read(client, 7);

      expect(await signIn(client, { token: 'token of ada' })).toEqual(NO_CONTENT);
      expect(await who(client)).toEqual({ user: { id: 1 } });
      expect(await caller(client)).toEqual({ authorization: 'Bearer token of ada', user: { id: 1 } });
      expect(await app.sockets.subscribers(userRoom(1))).toEqual([client.id]);
      await update(app, 7);
      await client.next('article');

      expect(await signIn(client, { token: 'token of bob' })).toMatchObject({ statusCode: 403 });
      expect(await signIn(client, {})).toEqual(NO_CONTENT);
      expect(await who(client)).toEqual(NOBODY);
      expect(await caller(client)).toEqual({ authorization: null, ...NOBODY });
      expect(await app.sockets.socketRooms(client.id)).toEqual([client.id]);

      expect(await signIn(client, { token: 'token of bob' })).toEqual(NO_CONTENT);
      expect(await app.sockets.socketRooms(client.id)).toEqual([client.id, userRoom(2)]);
    });

    it('loses what its user was subscribed to when it signs out, and is told so', async () => {
      const app = await startWith(authenticate);
      const client = await app.connect({ auth: { token: 'token of ada' } });
      await read(client, 7);
      await app.sockets.join(client.id, 'of the application');

      await signIn(client, {});
      await update(app, 7);
      await app.settle();
      expect(client.heard('revoked')).toEqual([{ everything: true }]);
      expect(client.heard('article')).toEqual([]);
      expect(await app.sockets.socketRooms(client.id)).toEqual([client.id]);

      await read(client, 7);
      await update(app, 7);
      await client.next('article');
    });

    it('subscribes it to nothing by a read that its user began', async () => {
      const app = await startWith(authenticate);
      const client = await app.connect({ auth: { token: 'token of ada' } });
      gate = new Gate();
      const answer = read(client, 7);
      // The request has arrived when one that was sent after it is answered.
      await caller(client);
      await signIn(client, {});
      gate.open();
      gate = undefined;
      await answer;
      expect(await app.sockets.socketRooms(client.id)).toEqual([client.id]);
    });

    it('finds it by revocations only while it has a user', async () => {
      const app = await startWith(authenticate);
      const client = await app.connect();
      await signIn(client, { token: 'token of ada' });
      await read(client, 7);
      await app.sockets.revoke({ user: 1 });
      await client.next('revoked');
      client.forget();

      await signIn(client, {});
      await read(client, 7);
      await app.sockets.revoke({ user: 1 });
      await update(app, 7);
      await client.next('article');
      expect(client.heard('revoked')).toEqual([]);
    });
  });

  it('by null refuses a token that belongs to nobody, and says what to return instead', async () => {
    const app = await startWith(({ auth, headers }) => USERS[String(auth.token ?? headers.authorization)] ?? null);

    for (const options of [
      { auth: { token: 'token of nobody' } },
      { extraHeaders: { authorization: 'Bearer token of nobody' } },
    ]) {
      expect(await refusalOf(app.connect(options))).toEqual(refusal(401, 'UNAUTHORIZED', 'Unauthorized'));
    }
    expect(logs?.naming('stands for nobody in particular').warnings).toEqual([
      expect.stringContaining('Return undefined if no user has that token, or true'),
    ]);
    for (const auth of [{}, { token: '' }, { token: null }, { theme: 'dark' }]) {
      expect(await who(await app.connect({ auth }))).toEqual(NOBODY);
    }
    const client = await app.connect({ auth: { token: 'token of ada' } });
    expect(await signIn(client, { token: 'token of nobody' })).toMatchObject({ statusCode: 401 });
    expect(await who(client)).toEqual({ user: { id: 1 } });
  });

  it('by null is said in the log once, with what refuses, since look-ups of sessions return null, too', async () => {
    const said = (): string[] => (logs?.lines ?? []).filter((line) => line.includes('"authenticate" returned null'));
    const sessions: Record<string, object> = { 'sid=ada': { id: 1 } };
    const app = await startWith(({ headers }) => sessions[headers.cookie ?? ''] ?? null);

    await app.connect({ extraHeaders: { cookie: 'sid=ada' } });
    expect(said()).toEqual([]);
    await app.connect();
    await app.connect({ extraHeaders: { cookie: 'sid=unknown' } });
    expect(said()).toEqual([expect.stringMatching(/let in without a user.*To refuse such clients, return false\./)]);
  });

  const others: Array<[what: string, authenticate: SocketsModuleOptions['authenticate']]> = [
    ['true', () => true],
    ['false', () => false],
    ['undefined', () => undefined],
    ['null for a token that nobody has', ({ auth }) => (auth.token ? null : true)],
    ['a guard that leaves no user', new OptionalGuard(null)],
  ];

  it.each(others)('is not said in the log where it is not by null: %s', async (_what, authenticate) => {
    const app = await startWith(authenticate);
    await app.connect({ auth: { token: 'token of nobody' } }).catch(() => undefined);
    await app.connect().catch(() => undefined);
    expect((logs?.lines ?? []).filter((line) => line.includes('returned null'))).toEqual([]);
  });

  it('signs out by a token of null, whose handshake had its credentials in the headers', async () => {
    const app = await startWith(new OptionalGuard());
    const client = await app.connect({ extraHeaders: { authorization: 'Bearer token of ada' } });
    expect(await who(client)).toEqual({ user: { id: 1 } });
    expect(await signIn(client, { token: null })).toEqual(NO_CONTENT);
    expect(await caller(client)).toEqual({ authorization: null, ...NOBODY });
  });

  it('leaves subscriptions alone when nobody stays nobody', async () => {
    const app = await startWith(optionally);
    const client = await app.connect();
    await read(client, 7);
    expect(await signIn(client, {})).toEqual(NO_CONTENT);
    await update(app, 7);
    await client.next('article');
    expect(client.heard('revoked')).toEqual([]);
  });
});
