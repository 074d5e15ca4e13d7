import {
  Controller,
  Get,
  Injectable,
  Param,
  Patch,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { PublishOnUpdate, Resourceful, SocketsModule, SubscribeOnRead } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import { shared } from '../../support/lifetime.js';
import { Logs } from '../../support/logs.js';

/** Knows users by the cookie of their session, whatever its value begins with. */
@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { cookie?: string }; user?: object }>();
    const id = /(?:^|; )session=\w+-(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    if (id !== undefined) request.user = { id };
    return true;
  }
}

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id') id: string) {
    return { id };
  }

  @Get('known/:id')
  @UseGuards(SessionGuard)
  @SubscribeOnRead()
  findOneAsUser(@Param('id') id: string) {
    return { id };
  }

  @Patch(':id')
  @UseGuards(SessionGuard)
  @PublishOnUpdate()
  update(@Param('id') id: string) {
    return { id };
  }

  @Patch('unguarded/:id')
  @PublishOnUpdate()
  updateUnguarded(@Param('id') id: string) {
    return { id };
  }
}

interface Attempt {
  /** The cookies of the handshake. */
  handshake: string;
  /** The cookies of the request that names the socket. */
  request: string;
  read?: string;
  change?: string;
}

/** Whether a request that names the socket counts as one of its own: then it does not hear of the change. */
async function counts(
  app: TestApplication,
  { handshake, request, read = '/cards/1', change = '/cards/unguarded/1' }: Attempt,
): Promise<boolean> {
  const client = await app.connect({ extraHeaders: { cookie: handshake } });
  await client.socket.emitWithAck('get', { url: read });
  await app.request('PATCH', change, undefined, { cookie: request, 'x-socket-id': client.id });
  await app.settle();
  const isOmitted = client.heard('card').length === 0;
  client.socket.disconnect();
  return isOmitted;
}

const LONG = 'k3J9x0PqLm27Zt5VbN81';

const controllers = [CardsController];

describe('X-Socket-Id, where nobody is known', () => {
  const application = shared(() => start({ controllers }));

  it.each([
    ['the same cookies', 'sid=ada', 'sid=ada'],
    ['further cookies', 'sid=ada', 'sid=ada; later=1'],
    ['another AWSALB', 'sid=ada; AWSALB=aaaaaaaaaaaaaaaaaaaaaaaa', 'sid=ada; AWSALB=bbbbbbbbbbbbbbbbbbbbbbbb'],
    ['another AWSALBCORS', 'sid=ada; AWSALBCORS=aaaaaaaaaaaaaaaaaaaaaaaa', 'sid=ada'],
    ['another _ga', 'sid=ada; _ga_X=GS1.1.1732700000.3.0', 'sid=ada; _ga_X=GS1.1.1732700042.3.1'],
    ['another __cf_bm', `sid=ada; __cf_bm=${LONG}`, 'sid=ada; __cf_bm=other'],
    ['another cf_clearance', `sid=ada; cf_clearance=${LONG}`, 'sid=ada'],
    ['another GCLB', `sid=ada; GCLB="${LONG}"`, 'sid=ada; GCLB="other"'],
    ['another ARRAffinity', `sid=ada; ARRAffinitySameSite=${LONG}`, 'sid=ada'],
    ['another BIGipServer', 'sid=ada; BIGipServerpool=1677787402.36895.0000', 'sid=ada'],
    ['another _hjSession', 'sid=ada; _hjSession_1=eyJpZCI6IjEyMzQ1Njc4In0', 'sid=ada'],
    ['another Datadog cookie', 'sid=ada; _dd_s=rum=2&id=1234567890&created=1', 'sid=ada; _dd_s=rum=3'],
    ['another intercom-session', `sid=ada; intercom-session-x=${LONG}`, 'sid=ada'],
    ['a renewed XSRF-TOKEN', `sid=ada; XSRF-TOKEN=${LONG}`, 'sid=ada; XSRF-TOKEN=two'],
    ['a renewed csrf_token', `sid=ada; csrf_token=${LONG}`, 'sid=ada; csrf_token=two'],
    ['a consent that was given', 'sid=ada; banner=1', 'sid=ada'],
    ['another OptanonConsent', `sid=ada; OptanonConsent=${LONG}`, 'sid=ada; OptanonConsent=x'],
    ['another theme', 'sid=ada; theme=dark', 'sid=ada; theme=light'],
    ['a long secret of any name', `s=${LONG}; lang=de`, `s=${LONG}; lang=en`],
  ])('counts with %s', async (_, handshake, request) => {
    expect(await counts(application(), { handshake, request })).toBe(true);
  });

  it.each([
    ['another session', 'sid=ada', 'sid=bob'],
    ['no session', 'sid=ada; theme=dark', 'theme=dark'],
    ['the session of a balancer only', 'sid=ada; AWSALB=a', 'AWSALB=a'],
    ['another session whose name begins as those of analytics do', 'mp_session=ada; theme=dark', 'theme=dark'],
    ['another secret of any name', `s=${LONG}; theme=dark`, 's=guessed; theme=dark'],
    ['another of the only cookies', 'u=5', 'u=6'],
    ['one of two secrets', `sid=ada; refresh=${LONG}`, 'sid=ada'],
    ['no cookies', 'sid=ada', ''],
  ])('does not count with %s', async (_, handshake, request) => {
    expect(await counts(application(), { handshake, request })).toBe(false);
  });
});

describe('X-Socket-Id, with identityCookies', () => {
  const startWith = (identityCookies: Array<string | RegExp>, logs = new Logs()): Promise<TestApplication> =>
    start({ imports: [SocketsModule.forRoot({ identityCookies })], controllers, main: logs.open });

  it('counts if those cookies are the same, and no others matter', async () => {
    const app = await startWith(['who', /^team-/]);
    const handshake = `who=ada; team-1=x; sid=one; other=${LONG}`;

    expect(await counts(app, { handshake, request: 'who=ada; team-1=x; sid=two' })).toBe(true);
    for (const request of ['who=bob; team-1=x', 'who=ada; team-1=y', `sid=one; other=${LONG}`]) {
      expect(await counts(app, { handshake, request })).toBe(false);
    }
  });

  it.each([['sid'], [[1]], [['']], [{ sid: true }]])('is refused at boot as %j', async (identityCookies) => {
    const module = SocketsModule.forRoot({ identityCookies: identityCookies as never });
    await expect(start({ imports: [module] })).rejects.toThrow(/identityCookies/);
  });
});

describe('X-Socket-Id, with a session cookie that every response renews', () => {
  const renewed = { handshake: 'session=one-ada', request: 'session=two-ada', change: '/cards/1' };

  it('counts if guards have found the same user in a read over the socket', async () => {
    const app = await start({ controllers });

    expect(await counts(app, { ...renewed, read: '/cards/known/1' })).toBe(true);
    expect(await counts(app, { ...renewed, read: '/cards/known/1', request: 'session=two-bob' })).toBe(false);
    expect(await counts(app, renewed)).toBe(false);
  });

  it('counts if the users of sockets are known', async () => {
    const app = await start({ imports: [SocketsModule.forRoot({ authenticate: SessionGuard })], controllers });

    expect(await counts(app, renewed)).toBe(true);
    expect(await counts(app, { ...renewed, request: 'session=two-bob' })).toBe(false);
  });
});

describe('The log', () => {
  it('says once for each reason why X-Socket-Id did not count, and what to do, without values', async () => {
    const logs = new Logs();
    const app = await start({ controllers, main: logs.open });
    for (let count = 0; count < 2; count++) {
      await counts(app, { handshake: 'sid=canary-one', request: 'sid=canary-two' });
      const token = await app.connect({ auth: { token: 'canary-three' } });
      for (const id of [token.id, 'AAAAAAAAAAAAAAAAAAAA']) {
        const headers = { authorization: 'Bearer canary-four', 'x-socket-id': id };
        await app.request('PATCH', '/cards/1', undefined, headers);
      }
    }
    await app.settle();

    const { warnings } = logs.naming('X-Socket-Id');
    expect(warnings).toHaveLength(3);
    expect(warnings).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/the cookie "sid".*identityCookies/s),
        expect.stringMatching(/Authorization.*authenticate/s),
        expect.stringMatching(/no such socket/),
      ]),
    );
    expect(logs.naming('canary').warnings).toEqual([]);
  });
});
