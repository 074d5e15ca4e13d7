import { ForbiddenException, HttpException, UnauthorizedException, type INestApplication } from '@nestjs/common';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { io } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SocketsModule, type AuthenticateFunction, type SocketsModuleOptions } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { stopClock } from '../../support/clock.js';
import { eventually } from '../../support/eventually.js';
import { request } from '../server/support/http.js';
import { listenTo, type Logs } from '../../support/logs.js';
import { refusal, refusalOf, rejectWith, TRANSPORTS } from './support/refused.js';

const ADA = { id: 1, name: 'ada' };

/** Lets in who has the token. */
const byToken: AuthenticateFunction = ({ auth }) => (auth.token === 'a secret' ? ADA : undefined);

@WebSocketGateway()
class WhoGateway {
  @SubscribeMessage('who')
  who(@ConnectedSocket() socket: Socket): unknown {
    return { user: (socket.data as { user?: unknown }).user ?? null };
  }
}

@WebSocketGateway({ namespace: 'declared' })
class DeclaredGateway extends WhoGateway {}

@WebSocketGateway({ namespace: /^\/boards\/\d+$/ })
class BoardsGateway extends WhoGateway {}

const providers = [WhoGateway, DeclaredGateway, BoardsGateway];

/** A promise that is settled when the test says so. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((onValue, onReason) => ([resolve, reject] = [onValue, onReason]));
  return { promise, resolve, reject };
}

describe('authenticate with a function', () => {
  const startWith = (options: SocketsModuleOptions, main?: (app: INestApplication) => void) =>
    start({ imports: [SocketsModule.forRoot(options)], providers, main });

  it.each(TRANSPORTS)('lets in whom the function knows, and nobody else, by %s', async (transports) => {
    const app = await startWith({ authenticate: byToken });

    const client = await app.connect({ transports, auth: { token: 'a secret' } });
    expect(await client.socket.emitWithAck('who', {})).toEqual({ user: ADA });
    expect(await refusalOf(app.connect({ transports, auth: { token: 'a guess' } }))).toEqual(
      refusal(401, 'UNAUTHORIZED', 'Unauthorized'),
    );
    expect(await refusalOf(app.connect({ transports }))).toEqual(refusal(401, 'UNAUTHORIZED', 'Unauthorized'));
  });

  it('protects every namespace: the default, declared ones, an expression’s, and those that code opens', async () => {
    const app = await startWith({ authenticate: byToken });
    await app.sockets.of('opened').rooms();
    app.sockets.server.of('/by-hand');
    app.sockets.server.of(/^\/child-\d+$/);
    app.sockets.server.of((name, _auth, allow) => allow(null, name === '/by-function'));

    for (const namespace of ['', '/declared', '/boards/7', '/opened', '/by-hand', '/child-1', '/by-function']) {
      expect(await refusalOf(app.connect({ namespace })), namespace).toEqual(
        refusal(401, 'UNAUTHORIZED', 'Unauthorized'),
      );
      const client = await app.connect({ namespace, auth: { token: 'a secret' } });
      const here = app.sockets.server.of(namespace || '/').sockets.get(client.id);
      expect(here?.data, namespace).toEqual({ user: ADA });
    }
  });

  it('comes before every middleware of the application, in whatever namespace', async () => {
    const order: string[] = [];
    const app = await startWith({
      authenticate: ({ auth }) => {
        order.push('authenticate');
        return auth.token as string;
      },
    });
    const { server } = app.sockets;
    const next = (name: string) => (socket: Socket, goOn: () => void) => {
      order.push(`${name} for ${String((socket.data as { user: unknown }).user)}`);
      goOn();
    };
    server.use(next('default'));
    server.of(/^\/child-\d+$/).use(next('child'));

    for (const namespace of ['', '/child-1']) {
      await refusalOf(app.connect({ namespace }));
      await app.connect({ namespace, auth: { token: 'ada' } });
    }
    expect(order).toEqual([
      ...['authenticate', 'authenticate', 'default for ada'],
      ...['authenticate', 'authenticate', 'child for ada'],
    ]);
  });

  it.each(TRANSPORTS)('row 46: handles no message before it has ended, by %s', async (transports) => {
    const verdict = deferred<unknown>();
    const app = await startWith({ authenticate: ({ query }) => (query.late === undefined ? true : verdict.promise) });
    const happened: string[] = [];
    app.sockets.server.on('connection', (socket) => {
      happened.push('connected');
      socket.onAny((event: string) => happened.push(event));
    });

    const socket = io(app.url, { transports, query: { late: true }, forceNew: true, reconnection: false });
    onTestFinished(() => void socket.disconnect());
    const closed = new Promise((resolve) => socket.io.once('close', resolve));
    // The client itself would wait for the connection.
    socket.io.once('open', () => void socket.io.engine.send('2["early"]'));
    await closed;
    verdict.resolve(ADA);

    const punctual = await app.connect();
    await punctual.socket.emitWithAck('who', {});
    expect(happened).toEqual(['connected', 'who']);
  });

  const identities: unknown[] = [ADA, 'ada', 42, [ADA], Promise.resolve(ADA)];

  it.each(identities)('takes what it returns for the identity: %o', async (identity) => {
    const app = await startWith({ authenticate: () => identity });

    const client = await app.connect();
    expect(await client.socket.emitWithAck('who', {})).toEqual({ user: await identity });
  });

  it('lets in without an identity for true, and keeps what the function put into the data of the socket', async () => {
    const anonymous = await startWith({ authenticate: () => true });
    expect(await (await anonymous.connect()).socket.emitWithAck('who', {})).toEqual({ user: null });

    const app = await startWith({
      authenticate: (_handshake, socket) => {
        Object.assign(socket.data as object, { user: ADA, tenant: 7 });
        return Promise.resolve(true);
      },
    });
    const client = await app.connect();
    expect(app.sockets.server.sockets.sockets.get(client.id)?.data).toEqual({ user: ADA, tenant: 7 });
  });

  it.each([undefined, false, 0, ''])('refuses for %o, now or later', async (nothing) => {
    for (const authenticate of [() => nothing, () => Promise.resolve(nothing)]) {
      const app = await startWith({ authenticate });
      expect(await refusalOf(app.connect())).toEqual(refusal(401, 'UNAUTHORIZED', 'Unauthorized'));
    }
  });

  const answers: Array<[exception: Error, statusCode: number, code: string, message: string]> = [
    [new UnauthorizedException('The token has expired.'), 401, 'UNAUTHORIZED', 'The token has expired.'],
    [new ForbiddenException({ message: 'Not for you.', secret: 1 }), 403, 'FORBIDDEN', 'Not for you.'],
    [new HttpException('Come back later.', 429), 429, 'TOO_MANY_REQUESTS', 'Come back later.'],
    [new WsException('Who are you?'), 401, 'UNAUTHORIZED', 'Who are you?'],
  ];

  it.each(answers)('tells the client of an exception of Nest: %s', async (exception, statusCode, code, message) => {
    let logs: Logs | undefined;
    const fail = (): never => {
      throw exception;
    };
    for (const authenticate of [fail, () => Promise.reject(exception)]) {
      const app = await startWith({ authenticate }, (nest) => (logs = listenTo(nest)));
      expect(await refusalOf(app.connect())).toEqual(refusal(statusCode, code, message));
    }
    expect(logs?.naming('"authenticate"').errors).toEqual([]);
  });

  const trap = {
    get message(): string {
      throw new Error('looked at');
    },
    get constructor(): never {
      throw new Error('looked at');
    },
    toString: () => {
      throw new Error('looked at');
    },
  };
  const touchy = new Proxy(
    {},
    {
      get: () => {
        throw new Error('looked at');
      },
      getPrototypeOf: () => {
        throw new Error('looked at');
      },
    },
  );
  const faults: Array<[what: string, fault: unknown]> = [
    ['an error', new Error('connect ECONNREFUSED db:5432')],
    ['a string', 'db:5432'],
    ['null', null],
    ['undefined', undefined],
    ['an object that throws when it is looked at', trap],
    ['an object that throws whatever is done with it', touchy],
  ];

  it.each(faults)(
    'refuses, logs and goes on when it throws %s, and tells the client nothing of it',
    async (_, fault) => {
      for (const authenticate of [
        (): never => {
          throw fault;
        },
        () => rejectWith(fault),
      ]) {
        let logs: Logs | undefined;
        let broken = true;
        const app = await startWith({ authenticate: () => (broken ? authenticate() : true) }, (nest) => {
          logs = listenTo(nest);
        });

        expect(await refusalOf(app.connect())).toEqual(
          refusal(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on the server.'),
        );
        const words = 'The option "authenticate" failed; the connection is refused.';
        expect(logs?.naming(words).errors).toHaveLength(1);
        broken = false;
        await app.connect();
      }
    },
  );

  const tokens: Array<[what: string, token: unknown]> = [
    ['an array', ['a secret']],
    ['an object', { toString: 'a secret' }],
    ['a number', 42],
    ['100 kB', 'x'.repeat(100_000)],
    ['a line break', 'a\r\nb: c'],
  ];

  it.each(tokens)('row 47: outlives a token that is %s', async (_what, token) => {
    const app = await startWith({ authenticate: byToken });

    expect(await refusalOf(app.connect({ auth: { token } }))).toEqual(refusal(401, 'UNAUTHORIZED', 'Unauthorized'));
    await app.connect({ auth: { token: 'a secret' } });
  });

  it('refuses with 504 what takes too long, and forgets what comes of it later', async () => {
    const verdicts = [deferred<unknown>(), deferred<unknown>()];
    let logs: Logs | undefined;
    let asked = 0;
    const sockets: Socket[] = [];
    const app = await startWith(
      {
        authenticate: (_handshake, socket) => {
          sockets.push(socket);
          return verdicts[asked++]?.promise ?? true;
        },
        authenticateTimeout: 50,
      },
      (nest) => (logs = listenTo(nest)),
    );
    const late = refusal(504, 'GATEWAY_TIMEOUT', 'It took too long to find out who is connecting.');

    expect(await refusalOf(app.connect())).toEqual(late);
    expect(await refusalOf(app.connect())).toEqual(late);
    verdicts[0].resolve(ADA);
    verdicts[1].reject(new Error('at last'));

    await app.connect();
    expect(sockets[0].data).toEqual({});
    expect(app.sockets.server.sockets.sockets.size).toBe(1);
    expect(logs?.warnings).toContain('The option "authenticate" took longer than 50 ms; the connection is refused.');
  });

  it.each(TRANSPORTS)('thinks nothing of a client that leaves meanwhile, by %s', async (transports) => {
    let logs: Logs | undefined;
    const asked = [deferred<Socket>(), deferred<Socket>()];
    const verdicts = [deferred<unknown>(), deferred<unknown>()];
    let count = 0;
    const app = await startWith(
      {
        authenticate: (_handshake, socket) => {
          asked[count]?.resolve(socket);
          return verdicts[count++]?.promise ?? true;
        },
      },
      (nest) => (logs = listenTo(nest)),
    );
    for (const { promise } of asked) {
      const socket = io(app.url, { transports, forceNew: true, reconnection: false });
      const { conn } = await promise;
      const left = new Promise((resolve) => conn.once('close', resolve));
      socket.io.engine.close();
      await left;
    }
    verdicts[0].resolve(ADA);
    verdicts[1].reject(new UnauthorizedException());

    await app.connect();
    expect(app.sockets.server.sockets.sockets.size).toBe(1);
    expect(logs?.naming('"authenticate"')).toEqual({ warnings: [], errors: [] });
  });

  it('says nothing of the time that it takes when the client has left', async () => {
    const clock = stopClock();
    let logs: Logs | undefined;
    const asked: Socket[] = [];
    const app = await startWith(
      {
        authenticate: (_handshake, socket) => {
          asked.push(socket);
          return new Promise(() => undefined);
        },
        authenticateTimeout: 50,
      },
      (nest) => (logs = listenTo(nest)),
    );
    const leaver = io(app.url, { transports: ['websocket'], forceNew: true, reconnection: false });
    await eventually(() => expect(asked).toHaveLength(1));
    const left = new Promise((resolve) => asked[0].conn.once('close', resolve));
    leaver.io.engine.close();
    await left;
    const refused = refusalOf(app.connect());
    await eventually(() => expect(asked).toHaveLength(2));
    await clock.pass(50);

    expect((await refused).data).toMatchObject({ statusCode: 504 });
    expect(logs?.naming('"authenticate"').warnings).toHaveLength(1);
  });

  it('lets the application close while it is still deciding', async () => {
    const asked = deferred<Socket>();
    const app = await startWith({
      authenticate: (_handshake, socket) => {
        asked.resolve(socket);
        return new Promise(() => undefined);
      },
    });
    void refusalOf(app.connect());
    const { conn } = await asked.promise;

    await app.nest.close();
    expect(conn.readyState).toBe('closed');
  });

  it('lets clients of an older protocol know by the event "error"', async () => {
    const app = await startWith({ authenticate: () => false, server: { allowEIO3: true } });
    const url = `${app.url}/socket.io/?EIO=3&transport=polling`;

    const { sid } = JSON.parse(/\{.*?\}/.exec((await request(url)).text)?.[0] ?? '') as { sid: string };
    const { text } = await request(`${url}&sid=${sid}`);
    expect(text).toBe('67:44{"statusCode":401,"code":"UNAUTHORIZED","message":"Unauthorized"}');
  });

  it('refuses when a middleware of the application throws, which comes after it', async () => {
    let logs: Logs | undefined;
    const app = await startWith({ authenticate: () => true }, (nest) => (logs = listenTo(nest)));
    app.sockets.server.use(() => {
      throw new Error('out of order');
    });

    expect(await refusalOf(app.connect())).toEqual(
      refusal(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on the server.'),
    );
    expect(logs?.errors.join()).toContain('A middleware of a namespace failed');
  });
});
