import {
  Controller,
  ForbiddenException,
  Get,
  HttpCode,
  Injectable,
  Param,
  ParseIntPipe,
  Res,
  StreamableFile,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type NestInterceptor,
} from '@nestjs/common';
import { mergeMap, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import type { ClientOptions } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { manners } from '../support/manners.js';
import { subscriptions } from '../support/subscriptions.js';

const watched = { watch: true } as const;

@Injectable()
class Nobody implements CanActivate {
  canActivate() {
    return false;
  }
}

@Injectable()
class Failing implements NestInterceptor {
  intercept(...[, next]: Parameters<NestInterceptor['intercept']>) {
    return next.handle().pipe(mergeMap(() => throwError(() => new Error('too late'))));
  }
}

interface PassedThrough {
  status?: (code: number) => unknown;
}

@Controller('users')
@Resourceful('user')
class UsersController {
  @Get('guarded')
  @UseGuards(Nobody)
  @SubscribeOnRead({ watch: 'all' })
  guarded() {
    return { id: 1 };
  }

  @Get('piped/:id')
  @SubscribeOnRead(watched)
  piped(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Get('thrown')
  @SubscribeOnRead(watched)
  thrown() {
    throw new ForbiddenException();
  }

  @Get('intercepted')
  @UseInterceptors(Failing)
  @SubscribeOnRead(watched)
  intercepted() {
    return { id: 1 };
  }

  @Get('status')
  @SubscribeOnRead(watched)
  status(@Res({ passthrough: true }) response: PassedThrough) {
    response.status?.(409);
    return { id: 1 };
  }

  @Get('circular')
  @SubscribeOnRead(watched)
  circular() {
    const record: Record<string, unknown> = { id: 1 };
    return Object.assign(record, { itself: record });
  }

  @Get('null')
  @SubscribeOnRead(watched)
  nothing() {
    return null;
  }

  @Get('undefined')
  @SubscribeOnRead(watched)
  undefined() {}

  @Get('empty')
  @HttpCode(204)
  @SubscribeOnRead(watched)
  empty() {
    return { id: 1 };
  }

  @Get('text')
  @SubscribeOnRead(watched)
  async text() {
    return 'user 1';
  }

  @Get('number')
  @SubscribeOnRead(watched)
  async number() {
    return 1;
  }

  @Get('ids')
  @SubscribeOnRead()
  ids() {
    return [1, '2', null, [{ id: 3 }]];
  }

  @Get('file')
  @SubscribeOnRead(watched)
  async file() {
    return new StreamableFile(Buffer.from('{"id":1}'));
  }

  @Get('bytes')
  @SubscribeOnRead(watched)
  async bytes() {
    return Buffer.from('{"id":1}');
  }

  @Get('one-by-one')
  @SubscribeOnRead(watched)
  async oneByOne() {
    return of({ id: 1 }, null);
  }

  @Get('envelope')
  @SubscribeOnRead({ select: 'items', ...watched })
  envelope() {
    return { rows: [{ id: 1 }] };
  }

  @Get()
  @SubscribeOnRead(watched)
  find() {
    return [{ id: 1 }];
  }
}

const unread: Array<[path: string, status: number, what: string]> = [
  ['/users/guarded', 403, 'a guard refuses'],
  ['/users/piped/x', 400, 'a pipe refuses'],
  ['/users/thrown', 403, 'the handler throws'],
  ['/users/intercepted', 500, 'an interceptor fails afterwards'],
  ['/users/status', 409, 'the handler sets the status of an error'],
  ['/users/circular', 500, 'the answer cannot be written down'],
  ['/users/null', 200, 'null'],
  ['/users/undefined', 200, 'nothing'],
  ['/users/empty', 204, 'a status that has no content'],
  ['/users/text', 200, 'a text'],
  ['/users/number', 200, 'a number'],
  ['/users/ids', 200, 'ids, and lists of lists'],
  ['/users/one-by-one', 200, 'null in the end, whatever came before'],
  ['/users/envelope', 200, 'an envelope without the part that is selected'],
  ['/users/nowhere', 404, 'no route'],
];

describe.each(manners)('Whoever reads $manner', ({ send }) => {
  it.each(unread)('%s (%i) is subscribed to nothing: %s', async (path, status) => {
    const app = await start({ controllers: [UsersController] });
    const client = await app.connect();
    expect((await send(app, client, 'GET', path)).status).toBe(status);
    expect(await subscriptions(app, client)).toEqual([]);
  });

  it('asks with HEAD, is given nothing, and subscribed to nothing', async () => {
    const app = await start({ controllers: [UsersController] });
    const client = await app.connect();
    expect((await send(app, client, 'HEAD', '/users')).status).toBe(200);
    expect(await subscriptions(app, client)).toEqual([]);
  });
});

describe('A reader over HTTP', () => {
  it('that names no socket is answered, and subscribes nobody', async () => {
    const app = await start({ controllers: [UsersController] });
    const client = await app.connect();
    for (const headers of [{}, { 'x-socket-id': 'nobody' }, { 'x-socket-id': '' }]) {
      expect(await app.request('GET', '/users', undefined, headers as Record<string, string>)).toMatchObject({
        status: 200,
        body: [{ id: 1 }],
      });
    }
    expect(await app.sockets.rooms()).toEqual([client.id]);
  });

  const others: Array<[string, ClientOptions, Record<string, string>]> = [
    ['a socket with another cookie', { extraHeaders: { cookie: 'sid=1' } }, { cookie: 'sid=2' }],
    ['a socket with another token', { auth: { token: 'ada' } }, { authorization: 'Bearer eve' }],
    ['a socket with a token, having none', { auth: { token: 'ada' } }, {}],
  ];
  it.each(others)('cannot subscribe %s', async (_, connected, headers) => {
    const app = await start({ controllers: [UsersController] });
    const client = await app.connect(connected);
    const named = { ...headers, 'x-socket-id': client.id };
    expect((await app.request('GET', '/users', undefined, named)).status).toBe(200);
    expect(await subscriptions(app, client)).toEqual([]);
  });

  it.each(['file', 'bytes'])('of a stream (%s) is subscribed to nothing, which is said once', async (path) => {
    const log = new Logs();
    const app = await start({ controllers: [UsersController], main: log.open });
    const client = await app.connect();
    for (let time = 0; time < 2; time++) {
      const answer = await app.request('GET', `/users/${path}`, undefined, { 'x-socket-id': client.id });
      expect(answer.status).toBe(200);
    }
    expect(await subscriptions(app, client)).toEqual([]);
    expect(log.naming('SubscribeOnRead').warnings).toEqual([
      expect.stringMatching(
        new RegExp(
          String.raw`@SubscribeOnRead\(\) on UsersController\.(file|bytes)\(\): ` +
            'the requester was not subscribed, since the response is a stream',
        ),
      ),
    ]);
  });
});
