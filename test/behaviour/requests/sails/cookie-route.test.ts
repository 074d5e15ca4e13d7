import {
  Controller,
  Get,
  Injectable,
  Module,
  RequestMethod,
  VersioningType,
  type CanActivate,
  type MiddlewareConsumer,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import session from 'express-session';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError, SocketsModule, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { express } from '../../../support/platforms.js';
import { expectRefusal } from '../../../support/refusal.js';
import { ask, connectSails } from './support/sails-client.js';
import { cookieOf, SESSION_COOKIE, startWithSessions } from './support/sails-sessions.js';

const SCRIPT = '_sailsIoJSConnect();';
const PATH = '/__getcookie';

@Injectable()
class RefuseEverybody implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
class CatchAllController {
  @Get('*')
  all(): string {
    return 'the page';
  }
}

const withRequests = (requests: SocketsModuleOptions['requests']) => ({
  imports: [SocketsModule.forRoot({ requests })],
});

async function expectScript(app: TestApplication, path = PATH): Promise<string> {
  const answer = await app.request('GET', path);
  expect(answer).toMatchObject({ status: 200, body: SCRIPT });
  expect(answer.headers.get('content-type')).toMatch(/^application\/javascript\b/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return cookieOf(answer);
}

describe('Sails row 55: /__getcookie', () => {
  it('is the script that sails.io.js waits for, with a cookie of the session that no script can read', async () => {
    const app = await startWithSessions();

    const { status, body, headers } = await app.request('GET', PATH);

    expect({ status, body }).toEqual({ status: 200, body: SCRIPT });
    expect(headers.get('content-type')).toMatch(/^application\/javascript\b/);
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(new RegExp(`^${SESSION_COOKIE}=.+; HttpOnly`))]);
  });

  it('gives a cookie with which HTTP and the socket share a session', async () => {
    const app = await startWithSessions();
    const cookie = await expectScript(app);

    const socket = await connectSails(app.url, { initialConnectionHeaders: { cookie } });
    await ask(socket, { method: 'post', url: '/login', data: { name: 'ada' } });

    expect((await app.request('GET', '/whoami', undefined, { cookie })).body).toMatchObject({ user: 'ada' });
  });

  it('may be loaded by pages of other origins, whatever the application says of its other answers', async () => {
    const app = await startWithSessions({
      main: (nest) =>
        void nest.use((_request: unknown, response: ServerResponse, next: () => void) => {
          response.setHeader('cross-origin-resource-policy', 'same-origin');
          next();
        }),
    });

    const { headers } = await app.request('GET', PATH);

    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    const { headers: ofOthers } = await app.request('GET', '/whoami');
    expect(ofOthers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  it('leaves the session of who has one already as it is', async () => {
    const app = await startWithSessions();
    const cookie = cookieOf(await app.request('POST', '/login', { name: 'ada' }));

    const answer = await app.request('GET', PATH, undefined, { cookie });

    expect(answer).toMatchObject({ status: 200, body: SCRIPT });
    expect(['', cookie]).toContain(cookieOf(answer));
    expect((await app.request('GET', '/whoami', undefined, { cookie })).body).toMatchObject({ user: 'ada' });
  });

  it('is the script alone where there are no sessions', async () => {
    const app = await start();

    expect(await expectScript(app)).toBe('');
  });

  it('stays where it is under a global prefix, with versions, and behind a guard that refuses everybody', async () => {
    const app = await startWithSessions({
      providers: [{ provide: APP_GUARD, useClass: RefuseEverybody }],
      main: (nest) =>
        void nest.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
    });

    expect(await expectScript(app)).toMatch(`${SESSION_COOKIE}=`);
    expect((await app.request('GET', '/api/v1/whoami')).status).toBe(403);
    expect((await app.request('GET', `/api${PATH}`)).status).toBe(404);
  });

  it('comes before a route that takes everything', async () => {
    const app = await startWithSessions({ controllers: [CatchAllController] });

    expect(await expectScript(app)).toMatch(`${SESSION_COOKIE}=`);
    expect((await app.request('GET', '/anything')).body).toBe('the page');
  });

  it('is at another path by the option "cookieRoute"', async () => {
    const app = await startWithSessions(withRequests({ cookieRoute: '/realtime/cookie.js' }));

    expect(await expectScript(app, '/realtime/cookie.js')).toMatch(`${SESSION_COOKIE}=`);
    expect((await app.request('GET', PATH)).status).toBe(404);
  });

  it.each([
    ['cookieRoute: false', { cookieRoute: false } as const],
    ['no requests at all', false as const],
  ])('is not there with %s', async (_how, requests) => {
    const app = await startWithSessions(withRequests(requests));

    expect((await app.request('GET', PATH)).status).toBe(404);
  });

  it.each(['__getcookie', '', '/', 'http://elsewhere.example/', '/a?b', '/:id', true, null])(
    'cannot be at %j, as the application says when it starts',
    async (cookieRoute) => {
      const starting = start(withRequests({ cookieRoute: cookieRoute as string }));

      await expectRefusal(starting, InvalidOptionsError, 'INVALID_OPTIONS', 'requests.cookieRoute', '/__getcookie');
    },
  );
});

describe('/__getcookie on Express', () => {
  it('is the script alone where a module configures the session middleware, which comes after it', async () => {
    @Module({})
    class SessionModule {
      configure(consumer: MiddlewareConsumer): void {
        const middleware = session({
          secret: 'a secret',
          name: SESSION_COOKIE,
          resave: false,
          saveUninitialized: true,
        });
        consumer.apply(middleware).forRoutes({ path: '{*all}', method: RequestMethod.ALL });
      }
    }
    const app = await start({ platform: express, imports: [SessionModule, SocketsModule.forRoot()] });

    expect(await expectScript(app)).toBe('');
    expect(cookieOf(await app.request('GET', '/anything'))).toMatch(`${SESSION_COOKIE}=`);
  });
});

describe('/__getcookie of an application’s own', () => {
  it('stays what it is', async () => {
    const app = await start({
      main: (nest) => {
        const http = nest.getHttpAdapter();
        http.get(PATH, (_request: unknown, response: unknown) => http.reply(response, 'mine', 200));
      },
    });

    expect(await app.request('GET', PATH)).toMatchObject({ status: 200, body: 'mine' });
  });
});
