import { Body, Controller, Get, Headers, Post, Query, Req, Res } from '@nestjs/common';
import { differencesOf } from '../../../../support/platform-differences.js';
import { start, type Answer, type ApplicationOptions, type TestApplication } from '../../../../support/application.js';

/** The name of the session's cookie on both platforms. */
export const SESSION_COOKIE = 'sid';

const secret = 'a secret of at least thirty-two characters';

interface Session {
  user?: string;
  count?: number;
  destroy(done: (error?: unknown) => void): void;
  regenerate(done: (error?: unknown) => void): void;
}

interface Reply {
  header(name: string, value: string | string[]): unknown;
}

interface Person {
  name: string;
}

@Controller()
class SessionsController {
  @Post('login')
  login(@Req() request: { session: Session }, @Body() { name }: Person): object {
    request.session.user = name;
    return { user: name };
  }

  /** Renews the session at the login, as one should: whoever knew it before does not know it afterwards. */
  @Post('login/anew')
  async loginAnew(@Req() request: { session: Session }, @Body() { name }: Person): Promise<object> {
    await new Promise<void>((resolve) => request.session.regenerate(() => resolve()));
    request.session.user = name;
    return { user: name };
  }

  @Get('whoami')
  whoami(@Req() { session: { user, count = 0 } }: { session: Session }): object {
    return { user: user ?? null, count };
  }

  @Post('count')
  count(@Req() request: { session: Session }): object {
    request.session.count = (request.session.count ?? 0) + 1;
    return { count: request.session.count };
  }

  @Post('logout')
  async logout(
    @Req() request: { session: Session },
    @Res({ passthrough: true }) reply: Reply,
    @Query('by') by = 'Max-Age=0',
  ): Promise<void> {
    await new Promise<void>((resolve) => request.session.destroy(() => resolve()));
    reply.header('set-cookie', `${SESSION_COOKIE}=; Path=/; HttpOnly; ${by}`);
  }
}

/** Routes that set cookies, and tell which ones arrive. */
@Controller()
class CookiesController {
  @Get(['cookies', 'area/cookies', 'area/inner/cookies', 'areas/cookies'])
  cookies(@Headers('cookie') header?: string): object {
    return { cookies: header === undefined ? [] : header.split('; ') };
  }

  @Post(['cookies', 'area/cookies', 'area/inner/cookies'])
  set(@Body() { lines }: { lines: string[] }, @Res({ passthrough: true }) reply: Reply): void {
    reply.header('set-cookie', lines);
  }
}

const controllers = [SessionsController, CookiesController];

interface SessionApplicationOptions extends ApplicationOptions {
  /** Whether the session's cookie travels by TLS only. */
  secure?: boolean;
}

/** An application with sessions. */
export function startWithSessions({
  main,
  secure = false,
  ...options
}: SessionApplicationOptions = {}): Promise<TestApplication> {
  return start({
    ...options,
    controllers: [...controllers, ...(options.controllers ?? [])],
    main: (app) => {
      differencesOf(app).useSessions(app, { secret, name: SESSION_COOKIE, secure });
      main?.(app);
    },
  });
}

/** Picks the cookies of an answer that a browser would send back. */
export function cookieOf({ headers }: Answer): string {
  return headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
}
