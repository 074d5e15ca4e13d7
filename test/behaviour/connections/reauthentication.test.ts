import {
  Controller,
  ForbiddenException,
  Get,
  Headers,
  Injectable,
  UnauthorizedException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import {
  ReservedEventError,
  SocketsModule,
  SocketUser,
  type AuthenticateFunction,
  type SocketResponse,
  type SocketsModuleOptions,
} from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { stopClock } from '../../support/clock.js';
import { eventually } from '../../support/eventually.js';
import { expectRefusal } from '../../support/refusal.js';
import { Gate } from '../../support/gate.js';

interface User {
  id: number;
  version: number;
}

/** A token is the user's id, a version and, if it is to end, how many milliseconds it lives: `5:1`, `5:2:100`. */
const byToken: AuthenticateFunction = ({ auth, headers }) => {
  const token = String(auth.token ?? headers.authorization?.replace('Bearer ', ''));
  const [id, version, life] = token.split(':').map(Number);
  if (!Number.isInteger(id) || !Number.isInteger(version)) throw new UnauthorizedException('This token is not valid.');
  return { id, version, ...(life === undefined ? {} : { exp: (Date.now() + life) / 1_000 }) };
};

@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string }; user?: User }>();
    const [id, version] = (request.headers.authorization ?? '').replace('Bearer ', '').split(':').map(Number);
    if (id === 403) throw new ForbiddenException('Not you.');
    request.user = { id, version };
    return Number.isInteger(id) && Number.isInteger(version);
  }
}

@WebSocketGateway()
class WhoGateway {
  @SubscribeMessage('who')
  who(@SocketUser() user: User | undefined): unknown {
    return { user };
  }
}

@Controller()
class TokensController {
  @Get('token')
  token(@Headers('authorization') authorization?: string): unknown {
    return { authorization: authorization ?? null };
  }
}

@WebSocketGateway()
class OwnReauthenticationGateway {
  @SubscribeMessage('reauthenticate')
  mine(): string {
    return 'mine';
  }
}

const NO_CONTENT = { statusCode: 204, headers: {} };
const refused = (statusCode: number, code: string, message: unknown = expect.any(String)) => ({
  statusCode,
  headers: {},
  body: { statusCode, code, message },
});

const reauthenticate = ({ socket }: TestClient, ...args: unknown[]): Promise<unknown> =>
  socket.emitWithAck('reauthenticate', ...args);
const who = ({ socket }: TestClient): Promise<unknown> =>
  socket.emitWithAck('who', {}).then(({ user }: { user?: User }) => user);
const token = ({ socket }: TestClient): Promise<unknown> =>
  socket
    .emitWithAck('get', { url: '/token' })
    .then(({ body }: { body: { authorization: string } }) => body.authorization);

describe('Authenticating again', () => {
  const startWith = (options: SocketsModuleOptions = {}): Promise<TestApplication> =>
    start({
      imports: [SocketsModule.forRoot({ authenticate: byToken, expiryGrace: 100, ...options })],
      providers: [WhoGateway],
      controllers: [TokensController],
    });

  it.each([
    ['a function', byToken],
    ['a guard', TokenGuard],
  ])('renews who a socket is, by %s, and what its requests carry', async (_, authenticate) => {
    const app = await startWith({ authenticate });
    const client = await app.connect({ auth: { token: '5:1' } });
    expect(await token(client)).toBe('Bearer 5:1');

    expect(await reauthenticate(client, { token: '5:2' })).toEqual(NO_CONTENT);
    expect(await who(client)).toEqual({ id: 5, version: 2 });
    expect(await token(client)).toBe('Bearer 5:2');
  });

  it('takes the place of credentials that the handshake had in its headers', async () => {
    const app = await startWith({ authenticate: TokenGuard });
    const client = await app.connect({ extraHeaders: { authorization: 'Bearer 5:1' } });
    expect(await reauthenticate(client, { token: '5:2' })).toEqual(NO_CONTENT);
    expect(await who(client)).toEqual({ id: 5, version: 2 });
    expect(await token(client)).toBe('Bearer 5:2');
  });

  it('row 48: a client that does so within the grace stays connected, for as long as its new token lives', async () => {
    const clock = stopClock();
    const app = await startWith();
    const client = await app.connect({ auth: { token: '5:1:50' } });
    await clock.pass(50);
    await client.next('reauthenticate');
    expect(await reauthenticate(client, { token: '5:2:150' })).toEqual(NO_CONTENT);
    client.forget();

    // The end of the first grace passes.
    await clock.pass(149);
    await app.settle();
    expect(client.heard('reauthenticate')).toEqual([]);
    await clock.pass(1);
    await client.next<{ grace: number }>('reauthenticate', ({ grace }) => grace === 100);
    expect(await reauthenticate(client, { token: '5:3' })).toEqual(NO_CONTENT);
    await clock.pass(1_000);
    expect(await who(client)).toEqual({ id: 5, version: 3 });
  });

  it('row 48: one that is refused stays connected until its own end', async () => {
    const clock = stopClock();
    const app = await startWith();
    const client = await app.connect({ auth: { token: '5:1:100' } });
    const gone = new Promise((resolve) => client.socket.once('disconnect', resolve));
    expect(await reauthenticate(client, { token: 'x' })).toEqual(
      refused(401, 'UNAUTHORIZED', 'This token is not valid.'),
    );
    expect(await reauthenticate(client, { token: '5:1:-1' })).toEqual(refused(401, 'UNAUTHORIZED', 'Unauthorized'));
    expect(await who(client)).toMatchObject({ id: 5, version: 1 });
    expect(await token(client)).toBe('Bearer 5:1:100');
    await clock.pass(200);
    expect(await gone).toBe('io server disconnect');
  });

  it.each([
    ['another user', '6:1'],
    ['somebody whose id is not known', 'NaN:1'],
  ])('row 44: refuses to become %s', async (_, other) => {
    const app = await startWith({ authenticate: ({ auth }) => ({ id: Number(String(auth.token).split(':')[0]) }) });
    const client = await app.connect({ auth: { token: '5:1' } });
    expect(await reauthenticate(client, { token: other })).toEqual(refused(403, 'FORBIDDEN'));
    expect(await who(client)).toEqual({ id: 5 });
    expect(await app.sockets.socketRooms(client.id)).toEqual([client.id, 'sockets:user/5']);
  });

  it('row 44: without ids only the same identity is the same user, for however long', async () => {
    const app = await startWith({ authenticate: ({ auth }) => auth.user });
    const client = await app.connect({ auth: { user: { _id: 'ada', rights: ['read'] } } });
    for (const user of [{ _id: 'bob', rights: ['read'] }, { _id: 'ada', rights: [] }, {}]) {
      expect(await reauthenticate(client, { user })).toEqual(refused(403, 'FORBIDDEN'));
    }
    const renewed = { _id: 'ada', rights: ['read'], iat: 1, exp: Date.now() / 1_000 + 60 };
    expect(await reauthenticate(client, { user: renewed })).toEqual(NO_CONTENT);
    expect(await who(client)).toEqual(renewed);
  });

  it('a guard that says by itself who it is cannot make somebody else of a socket either', async () => {
    const guard: CanActivate = {
      canActivate(context) {
        const socket = context.switchToWs().getClient<{ data: { user?: unknown }; handshake: { auth: User } }>();
        socket.data.user = { id: socket.handshake.auth.id };
        return true;
      },
    };
    const app = await startWith({ authenticate: guard });
    const client = await app.connect({ auth: { id: 5 } });
    expect(await reauthenticate(client, { id: 6 })).toEqual(refused(403, 'FORBIDDEN'));
    expect(await who(client)).toEqual({ id: 5 });
    expect(await reauthenticate(client, { id: 5 })).toEqual(NO_CONTENT);
  });

  it.each<[how: string, state: (data: { user?: unknown }, socket: { data: unknown }) => void]>([
    ['the field', (data) => Object.assign(data, { user: { id: 6 } })],
    ['all of the data', (_data, socket) => Object.assign(socket, { data: { user: { id: 6 } } })],
  ])('row 44: a guard that names somebody else by %s is heard, and changes nobody', async (_, state) => {
    const heard: unknown[] = [];
    const guard: CanActivate = {
      canActivate(context) {
        const socket = context
          .switchToWs()
          .getClient<{ data: { user?: unknown }; handshake: { auth: { other?: boolean; refuse?: boolean } } }>();
        const { other, refuse } = socket.handshake.auth;
        if (other) state(socket.data, socket);
        else socket.data.user = { id: 5 };
        heard.push(socket.data.user);
        return !refuse;
      },
    };
    const app = await startWith({ authenticate: guard });
    const client = await app.connect();
    expect(await reauthenticate(client, { other: true })).toEqual(
      refused(403, 'FORBIDDEN', expect.stringContaining('A connection stays with its user.')),
    );
    expect(await reauthenticate(client, { other: true, refuse: true })).toEqual(refused(403, 'FORBIDDEN'));
    expect(heard).toEqual([{ id: 5 }, { id: 6 }, { id: 6 }]);
    expect(await who(client)).toEqual({ id: 5 });
    expect(await reauthenticate(client, {})).toEqual(NO_CONTENT);
  });

  it.each<[how: string, change: (data: object) => void]>([
    ['deletes', (data) => Reflect.deleteProperty(data, 'user')],
    ['redefines', (data) => Object.defineProperty(data, 'user', { value: { id: 6 }, configurable: true })],
  ])('row 44: a guard that %s who a socket was, and refuses, changes nobody', async (_, change) => {
    const guard: CanActivate = {
      canActivate(context) {
        const socket = context.switchToWs().getClient<{ data: object; handshake: { auth: { again?: boolean } } }>();
        const { again } = socket.handshake.auth;
        if (again) change(socket.data);
        else Object.assign(socket.data, { user: { id: 5 } });
        return !again;
      },
    };
    const app = await startWith({ authenticate: guard });
    const client = await app.connect();
    expect(await reauthenticate(client, { again: true })).toEqual(refused(403, 'FORBIDDEN'));
    expect(await who(client)).toEqual({ id: 5 });
  });

  it('a guard may put data of its own in place of the data, which the socket has once it is admitted', async () => {
    class Visit {
      user?: { id: number };
      constructor(readonly count: number) {}
      get isReturn(): boolean {
        return this.count > 1;
      }
    }
    const guard: CanActivate = {
      canActivate(context) {
        const socket = context
          .switchToWs()
          .getClient<{ data: Visit; handshake: { auth: { count: number; refuse?: boolean } } }>();
        const { count, refuse } = socket.handshake.auth;
        const visit = new Visit(count);
        socket.data = visit;
        visit.user = { id: 5 };
        return !refuse;
      },
    };
    const app = await startWith({ authenticate: guard });
    const client = await app.connect({ auth: { count: 1 } });
    const visit = (): Visit => app.sockets.get(client.id).data as Visit;

    expect(await reauthenticate(client, { count: 2, refuse: true })).toEqual(refused(403, 'FORBIDDEN'));
    expect(visit()).toMatchObject({ count: 1, isReturn: false, user: { id: 5 } });
    expect(await reauthenticate(client, { count: 2 })).toEqual(NO_CONTENT);
    expect(visit()).toMatchObject({ count: 2, isReturn: true, user: { id: 5 } });
  });

  it('row 44: a guard that names somebody else when its time is up changes nobody', async () => {
    const gate = new Gate();
    let named: (() => void) | undefined;
    const done = new Promise<void>((resolve) => (named = resolve));
    const guard: CanActivate = {
      async canActivate(context) {
        const socket = context
          .switchToWs()
          .getClient<{ data: { user?: unknown }; handshake: { auth: { slow?: boolean } } }>();
        const { slow } = socket.handshake.auth;
        if (slow) await gate.opened;
        socket.data.user = { id: slow ? 6 : 5 };
        if (slow) named?.();
        return true;
      },
    };
    const app = await startWith({ authenticate: guard, authenticateTimeout: 30 });
    const client = await app.connect();
    expect(await reauthenticate(client, { slow: true })).toEqual(refused(504, 'GATEWAY_TIMEOUT'));
    gate.open();
    await done;
    expect(await who(client)).toEqual({ id: 5 });
  });

  it('tells an exception of a guard, and nothing of any other failure', async () => {
    const app = await startWith({ authenticate: TokenGuard });
    const client = await app.connect({ auth: { token: '5:1' } });
    expect(await reauthenticate(client, { token: '403:1' })).toEqual(refused(403, 'FORBIDDEN', 'Not you.'));

    const failing = await startWith({
      authenticate: ({ auth }) => {
        if (auth.secret) throw new Error('The database is on fire.');
        return { id: 5 };
      },
    });
    const other = await failing.connect();
    expect(await reauthenticate(other, { secret: 'hunter2' })).toEqual(
      refused(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on the server.'),
    );
    expect(await reauthenticate(other, {})).toEqual(NO_CONTENT);
  });

  it.each([[undefined], [null], ['5:2'], [7], [['5:2']], [true]])(
    'answers what is malformed with 400: %j',
    async (said) => {
      const app = await startWith();
      const client = await app.connect({ auth: { token: '5:1' } });
      expect(await reauthenticate(client, said)).toEqual(refused(400, 'BAD_REQUEST'));
      expect(await reauthenticate(client)).toEqual(refused(400, 'BAD_REQUEST'));
      // Without an acknowledgement nobody hears of it.
      client.socket.emit('reauthenticate', said);
      client.socket.emit('reauthenticate');
      expect(await who(client)).toEqual({ id: 5, version: 1 });
    },
  );

  it('handles one at a time, ten in a minute', async () => {
    let release: (() => void) | undefined;
    const app = await startWith({
      authenticate: ({ auth }) =>
        auth.slow ? new Promise((resolve) => (release = () => resolve({ id: 5 }))) : { id: 5 },
    });
    const client = await app.connect();
    const slow = reauthenticate(client, { slow: true });
    expect(await reauthenticate(client, {})).toEqual(refused(429, 'TOO_MANY_REQUESTS'));
    release?.();
    expect(await slow).toEqual(NO_CONTENT);
    for (let attempt = 2; attempt <= 10; attempt++) expect(await reauthenticate(client, {})).toEqual(NO_CONTENT);
    expect(await reauthenticate(client, {})).toEqual({
      ...refused(429, 'TOO_MANY_REQUESTS'),
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) as string },
    });
    expect(await who(client)).toEqual({ id: 5 });
    expect(app.sockets.metrics().refused.reauthenticationRate).toBe(2);
  });

  it('counts the attempts of a connection, which cannot begin again by entering its namespace again', async () => {
    const clock = stopClock();
    const app = await startWith({ authenticate: () => ({ id: 5 }), server: { pingInterval: 1_000_000 } });
    app.sockets.server.of('/other');
    const client = await app.connect();
    const connected = (socket: Socket): Promise<void> => new Promise((resolve) => void socket.once('connect', resolve));
    const other = client.socket.io.socket('/other');
    await connected(other);
    const statusesOf = async (count: number): Promise<number[]> => {
      const statuses: number[] = [];
      while (statuses.length < count) statuses.push(((await reauthenticate(client, {})) as SocketResponse).statusCode);
      return statuses;
    };
    // Each of its two sockets may try ten times.
    expect(await statusesOf(20)).toEqual(Array.from({ length: 20 }, () => 204));
    client.socket.disconnect();
    // Socket.IO ends a connection that asks for a namespace before it has left it.
    await other.emitWithAck('get', { url: '/token' });
    await connected(client.socket.connect());
    expect(await statusesOf(2)).toEqual([429, 429]);
    await clock.pass(60_000);
    expect(await statusesOf(1)).toEqual([204]);
  });

  it('waits no longer for the application than on connecting', async () => {
    const app = await startWith({
      authenticateTimeout: 30,
      authenticate: ({ auth }) => (auth.slow ? new Promise(() => undefined) : { id: 5 }),
    });
    const client = await app.connect();
    expect(await reauthenticate(client, { slow: true })).toEqual(refused(504, 'GATEWAY_TIMEOUT'));
    expect(await reauthenticate(client, {})).toEqual(NO_CONTENT);
  });

  it('a client that leaves meanwhile, or whose grace ends, is not brought back', async () => {
    const clock = stopClock();
    let release: (() => void) | undefined;
    const seen: unknown[] = [];
    const app = await startWith({
      expiryGrace: 20,
      expiresAt: () => (Date.now() + 20) / 1_000,
      authenticate: ({ auth }, socket) => {
        if (!auth.slow) return { id: 5 };
        seen.push(socket.id);
        return new Promise((resolve) => (release = () => resolve({ id: 5 })));
      },
    });
    const client = await app.connect();
    const gone = new Promise((resolve) => client.socket.once('disconnect', resolve));
    client.socket.emit('reauthenticate', { slow: true });
    await eventually(() => expect(seen).toHaveLength(1));
    await clock.pass(40);
    await gone;
    release?.();
    await app.settle();
    expect(await app.sockets.rooms()).toEqual([]);
  });

  it('each namespace of a client does it for itself', async () => {
    const app = await startWith();
    app.sockets.server.of('/admin');
    const shared = { forceNew: false, multiplex: true, auth: { token: '5:1' } };
    const one = await app.connect(shared);
    const other = await app.connect({ ...shared, namespace: '/admin' });
    expect(one.socket.io).toBe(other.socket.io);
    expect(await reauthenticate(other, { token: '5:2' })).toEqual(NO_CONTENT);
    expect(await token(other)).toBe('Bearer 5:2');
    expect(await token(one)).toBe('Bearer 5:1');
  });

  it('is not there where nobody has to authenticate', async () => {
    const app = await startWith({ authenticate: undefined });
    const client = await app.connect();
    expect(await reauthenticate(client, { token: '5:1' })).toEqual(refused(404, 'NOT_FOUND'));
    expect(await who(client)).toBeUndefined();
  });

  it('leaves the event to a gateway where nobody must authenticate; refuses it at boot where they must', async () => {
    const app = await start({ providers: [OwnReauthenticationGateway] });
    const client = await app.connect();
    expect(await reauthenticate(client, {})).toBe('mine');

    await expectRefusal(
      () =>
        start({
          imports: [SocketsModule.forRoot({ authenticate: byToken })],
          providers: [OwnReauthenticationGateway],
        }),
      ReservedEventError,
      'RESERVED_EVENT',
      'OwnReauthenticationGateway.mine()',
      /Rename it/,
    );
  });
});
