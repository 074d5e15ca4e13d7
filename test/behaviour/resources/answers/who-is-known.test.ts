import { Controller, Get, Param, ParseIntPipe, Patch, Req } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  PublishOnUpdate,
  RequestingSocket,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { ask, connectAs, receivedOf, Roles } from './support/people.js';

interface Asked {
  headers: { authorization?: string };
}

@Controller('users')
@Resourceful('user')
class UsersController {
  @Get(':id')
  @SubscribeOnRead()
  one(@Param('id', ParseIntPipe) id: number, @RequestingSocket() _socket: unknown) {
    return { id };
  }

  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number) {
    return { id, email: 'CANARY-email' };
  }
}

const whole = { verb: 'updated', id: 1, data: { id: 1, email: 'CANARY-email' } };
const filtered = { verb: 'updated', id: 1, data: { id: 1 }, more: true };

describe('An application that knows no users', () => {
  it('sends everybody what a route answers', async () => {
    const app = await start({ controllers: [UsersController] });
    const [reader, writer] = [await app.connect(), await app.connect()];
    await ask(reader, 'get', '/users/1');

    await ask(writer, 'patch', '/users/1');
    await app.settle();

    expect(receivedOf(reader, 'user')).toEqual([whole]);
  });

  it('knows them from the first request that says who has sent it, and forgets what readers were shown before', async () => {
    const app = await start({ controllers: [UsersController] });
    const [before, after, writer] = [await app.connect(), await app.connect(), await app.connect()];
    await ask(before, 'get', '/users/1');

    const authorization = 'Bearer root';
    await app.request('PATCH', '/users/1', {}, { authorization });
    await ask(after, 'get', '/users/1');
    await ask(writer, 'patch', '/users/1');
    await app.settle();

    expect(receivedOf(before, 'user')).toEqual([filtered, filtered]);
    expect(receivedOf(after, 'user')).toEqual([filtered]);
  });
});

@Controller('users')
@Resourceful('user')
class AskingController extends UsersController {
  @Patch(':id')
  @PublishOnUpdate()
  override update(@Param('id', ParseIntPipe) id: number, @Req() _request?: Asked) {
    return { id, email: 'CANARY-email' };
  }
}

describe('An application that knows users by', () => {
  it.each<[string, Parameters<typeof start>[0]]>([
    ['the option "authenticate"', { imports: [SocketsModule.forRoot({ authenticate: Roles })], providers: [Roles] }],
    ['a global guard', { main: (nest) => void nest.useGlobalGuards({ canActivate: () => true }) }],
    ['a handler that is given the request', { controllers: [AskingController] }],
  ])('%s sends what reads have shown', async (_what, options) => {
    const app: TestApplication = await start({ controllers: [UsersController], ...options });
    const [reader, writer] = [await connectAs(app, 'ada:user'), await connectAs(app, 'root:admin')];
    await ask(reader, 'get', '/users/1');

    await ask(writer, 'patch', '/users/1');
    await app.settle();

    expect(receivedOf(reader, 'user')).toEqual([filtered]);
  });
});
