import { Body, Controller, Get, HttpException, Param, Post, Put, Req } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  PublishOnCreate,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { ask, connectAs, receivedOf, Roles } from './support/people.js';

const bios = new Map<string, string>();

interface Asked {
  headers: { authorization?: string };
  user?: { id: string };
  /** On Fastify, what middleware has seen. */
  raw?: Asked;
}

/** Knows a caller by a token such as `ada:user`, as middleware does. */
function identify(request: Asked, _: unknown, next: () => void): void {
  const [, id] = /^Bearer (\w+)/.exec(request.headers.authorization ?? '') ?? [];
  if (id !== undefined) request.user = { id };
  next();
}

/** As in the RealWorld specification: the account has a token, and its profile has not. */
@Controller('user')
@Resourceful('profile', { id: 'username', idType: 'string', personal: ['following'] })
class AccountController {
  @Put()
  @PublishOnUpdate({ select: 'user' })
  update(@Req() { user, raw }: Asked, @Body() { bio }: { bio: string }) {
    const username = (user ?? raw?.user)?.id ?? '';
    bios.set(username, bio);
    return { user: { username, bio, email: 'CANARY-email', token: 'CANARY-token', following: false } };
  }
}

@Controller('users')
class RegisterController {
  @Post()
  @PublishOnCreate('profile', { select: 'user', id: 'username' })
  register(@Body() { username }: { username: string }) {
    bios.set(username, '');
    return { user: { username, bio: '', email: 'CANARY-email', token: 'CANARY-token', following: false } };
  }
}

@Controller('profiles')
class ProfilesController {
  @Get()
  @SubscribeOnRead('profile', { watch: true, select: 'profiles', id: 'username' })
  all() {
    return { profiles: [...bios].map(([username, bio]) => ({ username, bio, following: true })) };
  }

  @Get(':username')
  @SubscribeOnRead('profile', { select: 'profile', id: 'username' })
  one(@Param('username') username: string) {
    const bio = bios.get(username);
    if (bio === undefined) throw new HttpException('gone', 404);
    return { profile: { username, bio, following: true } };
  }
}

const application = { controllers: [AccountController, RegisterController, ProfilesController] };

describe('A profile that the route of the account publishes', () => {
  it.each([
    ['with "authenticate"', { imports: [SocketsModule.forRoot({ authenticate: Roles })] }],
    ['with middleware that sets the user', {}],
  ])('is told to readers without the token and the address, %s', async (_how, options) => {
    const { app, reader, watcher, ada } = await assemble(options);

    await ask(ada, 'put', '/user', { bio: 'second' });
    await ask(ada, 'post', '/users', { username: 'dan' });
    await app.settle();

    const updated = { verb: 'updated', id: 'ada', data: { username: 'ada', bio: 'second' }, more: true };
    const created = { verb: 'created', id: 'dan', data: { username: 'dan', bio: '' }, more: true };
    expect(receivedOf(reader, 'profile')).toEqual([updated]);
    expect(receivedOf(watcher, 'profile')).toEqual([updated, created]);
  });

  it('is told to the other tabs of its user as the answer has it', async () => {
    const { app, ada } = await assemble({ imports: [SocketsModule.forRoot({ authenticate: Roles })] });
    const tab = await connectAs(app, 'ada:user');
    await ask(tab, 'get', '/profiles/ada');

    await ask(ada, 'put', '/user', { bio: 'second' });
    await app.settle();

    const mine = { email: 'CANARY-email', token: 'CANARY-token', following: false };
    expect(receivedOf(tab, 'profile')).toEqual([
      { verb: 'updated', id: 'ada', data: { username: 'ada', bio: 'second', ...mine } },
    ]);
  });
});

async function assemble(options: Parameters<typeof start>[0] = {}) {
  bios.clear();
  bios.set('ada', 'first');
  const app = await start({ ...application, ...options, main: (nest) => void nest.use(identify) });
  const [reader, watcher, ada] = [
    await connectAs(app, 'bob:user'),
    await connectAs(app, 'cyd:user'),
    await connectAs(app, 'ada:user'),
  ];
  await ask(reader, 'get', '/profiles/ada');
  await ask(watcher, 'get', '/profiles');
  return { app, reader, watcher, ada };
}
