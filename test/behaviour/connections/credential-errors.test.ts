import { type CanActivate, type ExecutionContext, type INestApplication, UnauthorizedException } from '@nestjs/common';
import { jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type AuthenticateFunction, type SocketsModuleOptions } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { stopClock } from '../../support/clock.js';
import { listenTo, Logs } from '../../support/logs.js';
import { refusal, refusalOf, rejectWith, TRANSPORTS } from './support/refused.js';

const SECRET = 'a secret of thirty-two characters';
const KEY = new TextEncoder().encode(SECRET);
const USER = { id: 7 };
const now = (): number => Math.floor(Date.now() / 1_000);

const token = (claims: object = {}, secret = SECRET): string => jsonwebtoken.sign({ ...USER, ...claims }, secret);
/** A token whose header can be read, and whose content cannot. */
const unreadable = [token().split('.')[0], 'Z2FyYmFnZQ', 'c2lnbmF0dXJl'].join('.');

const byJsonwebtoken: AuthenticateFunction = ({ auth }) => jsonwebtoken.verify(auth.token as string, SECRET);
const byJose: AuthenticateFunction = async ({ auth }) => (await jwtVerify(auth.token as string, KEY)).payload;

/** A guard as applications have it, which lets out what its library throws. */
class CarelessGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string }; user?: unknown }>();
    request.user = jsonwebtoken.verify(String(request.headers.authorization).replace('Bearer ', ''), SECRET);
    return true;
  }
}

const EXPIRED = refusal(401, 'UNAUTHORIZED', 'The token has expired.');
const NOT_YET = refusal(401, 'UNAUTHORIZED', 'The token is not valid yet.');
const INVALID = refusal(401, 'UNAUTHORIZED', 'The token is not valid.');
const FAULT = refusal(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong on the server.');

/** Writes down the stacks of errors, too. */
class LogsWithStacks extends Logs {
  override error(message: unknown, stack?: unknown): void {
    super.error(`${String(message)}\n${String(stack)}`);
  }
}

const errorWith = (fields: object, message = 'no'): Error => Object.assign(new Error(message), fields);

describe('Errors of credentials', () => {
  let logs = new LogsWithStacks();
  const startWith = (options: SocketsModuleOptions) =>
    start({
      imports: [SocketsModule.forRoot(options)],
      main: (nest: INestApplication) => {
        logs = new LogsWithStacks();
        logs.open(nest);
      },
    });
  const lines = (): string[] => [...logs.warnings, ...logs.errors].filter((line) => line.includes('refused'));

  describe.each([
    ['jsonwebtoken', byJsonwebtoken],
    ['jose', byJose],
    ['jsonwebtoken in a guard', CarelessGuard],
  ])('of %s', (_library, authenticate) => {
    const tokens: Array<[what: string, token: () => unknown, refused: object]> = [
      ['has expired', () => token({ exp: now() - 60 }), EXPIRED],
      ['is not valid yet', () => token({ nbf: now() + 600 }), undefined as never],
      ['is signed by somebody else', () => token({}, 'another secret of thirty-two chars'), INVALID],
      ['is signed by nobody', () => jsonwebtoken.sign(USER, '', { algorithm: 'none' }), INVALID],
      ['is malformed', () => 'not a token', INVALID],
      ['has a content that cannot be read', () => unreadable, INVALID],
      ['is missing', () => undefined, INVALID],
      ['is empty', () => '', INVALID],
    ];

    it.each(tokens)('refuse a token that %s with 401, and one line without a stack', async (_what, make, refused) => {
      const app = await startWith({ authenticate });
      const given = make();

      for (const [transports] of TRANSPORTS) {
        const { message, data } = await refusalOf(app.connect({ transports, auth: { token: given } }));
        // jose has the same class for all claims.
        const expected = refused ?? (authenticate === byJose ? INVALID : NOT_YET);
        expect({ message, data }).toEqual(expected);
      }
      expect(lines()).toEqual([expect.stringMatching(/^A connection was refused: \w+: [^\n]{2,100}$/)]);
      if (given) expect(lines().join()).not.toContain(String(given).slice(0, 20));
      await app.connect({ auth: { token: token() } });
    });
  });

  class TenantTokenError extends jsonwebtoken.TokenExpiredError {
    override name = 'TenantTokenError';
  }
  class AuthenticationError extends Error {
    readonly status = 401;
  }

  const others: Array<[what: string, error: unknown, refused: object]> = [
    ['one that extends that of a library', new TenantTokenError('late', new Date()), EXPIRED],
    ['that of a second copy of jsonwebtoken', errorWith({ name: 'TokenExpiredError' }), EXPIRED],
    ['NotBeforeError', new jsonwebtoken.NotBeforeError('early', new Date()), NOT_YET],
    ['that of passport', new AuthenticationError('Unauthorized'), refusal(401, 'UNAUTHORIZED', 'Unauthorized')],
    ['that of express-jwt', errorWith({ name: 'UnauthorizedError', status: 401 }), undefined as never],
    ['that of http-errors', errorWith({ statusCode: 403, status: 403 }), refusal(403, 'FORBIDDEN', 'Forbidden')],
    ['that of boom', errorWith({ isBoom: true, output: { statusCode: 401 } }), undefined as never],
    ['that of firebase', errorWith({ code: 'auth/id-token-expired' }), EXPIRED],
    ['that of firebase for a user who is gone', errorWith({ code: 'auth/user-disabled' }), INVALID],
    ['that of aws-jwt-verify', errorWith({ name: 'JwtExpiredError' }), EXPIRED],
    ['that of fast-jwt', errorWith({ code: 'FAST_JWT_INVALID_SIGNATURE' }), INVALID],
    ['an object with a status', { status: 401, message: 'no' }, undefined as never],
  ];

  it.each(others)('are known by name, code or status: %s', async (_what, error, refused) => {
    const app = await startWith({ authenticate: () => rejectWith(error) });

    expect(await refusalOf(app.connect())).toEqual(refused ?? refusal(401, 'UNAUTHORIZED', 'Unauthorized'));
    expect(logs.naming('refused').errors).toEqual([]);
    expect(lines()).toHaveLength(1);
  });

  const faults: Array<[what: string, error: unknown]> = [
    ['a TypeError', new TypeError("Cannot read properties of undefined (reading 'id')")],
    ['a SyntaxError of one’s own', new SyntaxError('Unexpected token')],
    ['a database that is gone', errorWith({ code: 'ECONNREFUSED' })],
    ['another service that failed', errorWith({ status: 502 })],
    ['keys that jose could not fetch', errorWith({ code: 'ERR_JWKS_TIMEOUT' })],
    ['keys that jose was not given', errorWith({ code: 'ERR_JOSE_GENERIC' })],
    ['a secret that is missing', new jsonwebtoken.JsonWebTokenError('secret or public key must be provided')],
  ];

  it.each(faults)('are no faults of the server, which stay 500 with a stack: %s', async (_what, error) => {
    const app = await startWith({ authenticate: () => rejectWith(error) });

    expect(await refusalOf(app.connect())).toEqual(FAULT);
    expect(logs.naming('The option "authenticate" failed').errors).toEqual([expect.stringMatching(/\n\s+at /)]);
  });

  it('refuse a connection by handshakeMiddleware, too, of which the client learns', async () => {
    const calls: string[] = [];
    const app = await startWith({
      handshakeMiddleware: [
        (request, _response, next) => {
          Object.assign(request, { user: jsonwebtoken.verify(String(request.headers.authorization), SECRET) });
          next();
        },
        (_request, _response, next) => {
          calls.push('next');
          next();
        },
      ],
      authenticate: (_handshake, { request }) => {
        calls.push('authenticate');
        return (request as { user?: unknown }).user;
      },
    });

    for (const [transports] of TRANSPORTS) {
      const extraHeaders = { authorization: token({ exp: now() - 60 }) };
      expect(await refusalOf(app.connect({ transports, extraHeaders }))).toEqual(EXPIRED);
    }
    expect(calls).toEqual([]);
    expect(lines()).toEqual(['A connection was refused: TokenExpiredError: jwt expired']);
    await app.connect({ extraHeaders: { authorization: token() } });
    expect(calls).toEqual(['next', 'authenticate']);

    const nest = await startWith({
      handshakeMiddleware: (_request, _response, next) => next(new UnauthorizedException('Sign in first.')),
    });
    expect(await refusalOf(nest.connect())).toEqual(refusal(401, 'UNAUTHORIZED', 'Sign in first.'));
  });

  it('refuse a reauthentication, and leave the socket as it was', async () => {
    const app = await startWith({ authenticate: byJsonwebtoken });
    const client = await app.connect({ auth: { token: token() } });

    for (const bad of [token({ exp: now() - 60 }), 'not a token', unreadable]) {
      expect(await client.socket.emitWithAck('reauthenticate', { token: bad })).toMatchObject({ statusCode: 401 });
    }
    expect(logs.errors).toEqual([]);
    expect(app.sockets.get(client.id).data).toMatchObject({ user: USER });
  });
});

describe('The log of refusals', () => {
  const refuse = (authenticate: AuthenticateFunction) => {
    let logs: Logs | undefined;
    const started = start({
      imports: [SocketsModule.forRoot({ authenticate })],
      main: (nest) => (logs = listenTo(nest)),
    });
    const lines = (): string[] => [...(logs?.warnings ?? []), ...(logs?.errors ?? [])].filter((l) => !/quiet/.test(l));
    return started.then((app) => ({ app, lines }));
  };

  it('counts repetitions of a reason, and tells them once a minute', async () => {
    const clock = stopClock();
    const { app, lines } = await refuse(byJsonwebtoken);
    const attempt = (auth: object) => refusalOf(app.connect({ auth }));

    for (let times = 0; times < 5; times++) await attempt({ token: 'not a token' });
    await attempt({ token: token({}, 'another secret of thirty-two chars') });
    const [malformed, signature] = [
      'A connection was refused: JsonWebTokenError: jwt malformed',
      'A connection was refused: JsonWebTokenError: invalid signature',
    ];
    expect(lines()).toEqual([malformed, signature]);
    await clock.pass(60_000);
    expect(lines()).toEqual([malformed, signature, `4 more within a minute: ${malformed}`]);
    await attempt({ token: 'not a token' });
    await clock.pass(60_000);
    await clock.pass(60_000);
    expect(lines().slice(3)).toEqual([`1 more within a minute: ${malformed}`]);
    await attempt({ token: 'not a token' });
    expect(lines().slice(4)).toEqual([malformed]);
  });

  it('counts faults just so, each with its stack once', async () => {
    const clock = stopClock();
    const { app, lines } = await refuse(({ auth }) => (auth.user as { id: number }).id);
    for (let times = 0; times < 3; times++) await refusalOf(app.connect());
    const fault = 'The option "authenticate" failed; the connection is refused.';
    expect(lines()).toEqual([expect.stringContaining(fault)]);
    await clock.pass(60_000);
    // Warnings come first in the list.
    expect(lines()).toEqual([
      expect.stringContaining(`2 more within a minute: ${fault}`),
      expect.stringContaining(fault),
    ]);
  });

  it('has few lines, whatever clients think up', async () => {
    let count = 0;
    const { app, lines } = await refuse(() => {
      throw Object.assign(new Error(`reason ${count++}`), { status: 401 });
    });
    for (let times = 0; times < 60; times++) await refusalOf(app.connect());
    expect(lines().length).toBeLessThanOrEqual(21);
    await app.nest.close();
    expect(lines().at(-1)).toBe('39 more within a minute: further reasons');
  });

  const leaks: Array<[what: string, authenticate: AuthenticateFunction]> = [
    [
      'an error with a status',
      ({ auth }) => {
        throw Object.assign(new Error(`bad: ${String(auth.token)}`), { status: 401 });
      },
    ],
    [
      'a fault',
      ({ auth }) => {
        throw new Error(`bad: ${String(auth.token)}`);
      },
    ],
    ['JSON.parse', ({ auth }) => JSON.parse(String(auth.token)) as object],
    [
      'a credential of the headers',
      ({ headers }) => {
        throw new Error(`bad: ${headers.authorization} and ${headers.cookie}`);
      },
    ],
  ];

  it.each(leaks)('contains no token, though %s does', async (_what, authenticate) => {
    const { app, lines } = await refuse(authenticate);
    for (const secret of ['hunter2hunter', 'abcdefghijkl.mnopqrstuvwxyz.0123456789', 'x'.repeat(40)]) {
      const extraHeaders = { authorization: `Bearer ${secret}`, cookie: `sid=${secret}` };
      await refusalOf(app.connect({ auth: { token: secret }, extraHeaders }));
      expect(lines().join('\n')).not.toContain(secret.slice(0, 8));
    }
    expect(lines().length).toBeGreaterThan(0);
  });
});
