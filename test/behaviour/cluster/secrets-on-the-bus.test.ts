import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Publish, Resourceful, SubscribeOnRead, type SocketsModuleOptions } from '../../../src/index.js';
import { CallsController, Deed, withRequest } from '../../support/caller.js';
import { withCluster } from '../../support/cluster.js';
import { eavesdrop } from '../../support/eavesdrop.js';

const startCluster = withCluster();

@Controller('users')
@Resourceful('user')
class UsersController {
  @Get(':id')
  @SubscribeOnRead()
  @Publish('seen')
  findOne(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }
}

const sockets: SocketsModuleOptions = { authenticate: () => ({ id: 1, password: 'canary-identity' }) };
const application = { sockets, controllers: [UsersController, CallsController], providers: [Deed] };

/** Every way in which a client may say who it is, on connecting and by a request over HTTP. */
const callers: Array<
  [what: string, extraHeaders: Record<string, string>, auth: object, headers: Record<string, string>]
> = [
  [
    'cookies',
    { cookie: 'sid=canary-cookie-of-ada; theme=canary' },
    {},
    { cookie: 'theme=canary; sid=canary-cookie-of-ada; n=canary' },
  ],
  ['Authorization', { authorization: 'Bearer canary-token' }, {}, { authorization: 'Bearer canary-token' }],
  ['a token of the handshake', {}, { token: 'canary-token' }, { authorization: 'Bearer canary-token' }],
];

describe('the bus of two servers of a cluster', () => {
  it.for(callers)('carries no secret of who is known by %s', async ([, extraHeaders, auth, headers], context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const everything = await eavesdrop(cluster);
    const there = await cluster.connect(b, {
      extraHeaders: { ...extraHeaders, 'x-secret': 'canary-header' },
      auth: { ...auth, password: 'canary-auth' },
      query: { key: 'canary-query' },
    });
    there.socket.on('ask', (answer: (answer: unknown) => void) => answer('here'));
    const asSelf = { 'x-socket-id': there.id, ...headers };

    await a.sockets.join(there.id, 'room');
    await a.sockets.subscribers('room');
    await a.sockets.rooms();
    await a.sockets.socketRooms([there.id, 'room']);
    expect(await a.sockets.request(there.id, 'ask')).toBe('here');
    expect((await a.request('GET', '/users/1', undefined, asSelf)).status).toBe(200);
    expect(await a.channel('user').subscribers(1)).toEqual([there.id]);
    await a.channel('user').watchers();
    await withRequest(a, asSelf, async (request) => {
      expect(await a.sockets.socketRooms(request)).toContain(there.id);
      await a.sockets.broadcast('room', 'hello', 1, { except: request });
      await a.sockets.leaveAll('room');
      await a.sockets.disconnect(request);
    });

    const said = await everything();
    expect(said).toContain(there.id);
    expect(said).not.toMatch(/canary|set-cookie|user-agent/i);
  });
});
