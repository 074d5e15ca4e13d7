import { Controller, Get, Injectable, Param, UseGuards, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Resourceful, SubscribeOnRead, userRoom } from '../../../src/index.js';
import type { TestApplication } from '../../support/application.js';
import { withCluster } from '../../support/cluster.js';

const startCluster = withCluster();

/** Reads wait here until the test lets them go on. */
const gate = new EventEmitter();

/** Lets in whom the header names. */
@Injectable()
class UserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string }; user?: unknown }>();
    request.user = { id: request.headers.authorization };
    return true;
  }
}

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get(':id')
  @UseGuards(UserGuard)
  @SubscribeOnRead()
  findOne(@Param('id') id: string): object {
    return { id };
  }

  @Get(':id/slowly')
  @SubscribeOnRead()
  async findSlowly(@Param('id') id: string): Promise<object> {
    const open = once(gate, 'open');
    gate.emit('reached');
    await open;
    return { id };
  }
}

const application = { controllers: [CardsController], providers: [UserGuard], namespaces: ['/', '/admin'] };

/** Whoever says in its handshake who it is. */
function trustHandshakes(...servers: TestApplication[]): void {
  for (const { sockets } of servers) {
    for (const namespace of [sockets.server.of('/'), sockets.server.of('/admin')]) {
      namespace.use((socket, next) => {
        (socket.data as { user?: unknown }).user = { id: socket.handshake.auth.user as unknown };
        next();
      });
    }
  }
}

const as = (user: string, namespace?: string) => ({ namespace, auth: { user } });

describe('users on two servers of a cluster', () => {
  it('a revocation takes out and tells all the user’s sockets, on both servers, in all namespaces', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    trustHandshakes(a, b);
    const [here, there, elsewhere, other] = [
      await cluster.connect(a, as('ada')),
      await cluster.connect(b, as('ada')),
      await cluster.connect(b, as('ada', '/admin')),
      await cluster.connect(b, as('bob')),
    ];
    await a.channel('card').subscribe([here.id, there.id, other.id], 1);
    await b.sockets.of('/admin').join(elsewhere.id, 'resource:card/1', { trusted: true });
    await cluster.settle();

    await a.sockets.revoke({ user: 'ada', resource: 'card', ids: '1' });
    const told = [{ resource: 'card', ids: ['1'] }];
    expect(await there.next('revoked')).toEqual(told);
    expect(await elsewhere.next('revoked')).toEqual(told);
    await b.channel('card').publishUpdate('1', { title: 'secret' });
    await other.next('card');

    await cluster.settle();
    expect([here, there, elsewhere, other].map((client) => client.heard('revoked'))).toEqual([told, told, told, []]);
    expect([here, there, elsewhere, other].map((client) => client.heard('card').length)).toEqual([0, 0, 0, 1]);
  });

  it('what was sent to the user is heard on both servers', async (context) => {
    const cluster = await startCluster(context, application);
    trustHandshakes(cluster.a, cluster.b);
    const clients = [await cluster.connect(cluster.a, as('ada')), await cluster.connect(cluster.b, as('ada'))];
    const other = await cluster.connect(cluster.b, as('bob'));
    await cluster.a.sockets.broadcast(userRoom('ada'), 'inbox', 'hello');
    await cluster.settle();
    expect([...clients, other].map((client) => client.heard('inbox'))).toEqual([['hello'], ['hello'], []]);
  });

  it('a read by way of the other server that was begun before does not bring it back', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    trustHandshakes(a, b);
    const client = await cluster.connect(b, { ...as('ada'), extraHeaders: { authorization: 'ada' } });
    const reached = once(gate, 'reached');
    const answer = a.request('GET', '/cards/1/slowly', undefined, {
      'x-socket-id': client.id,
      authorization: 'ada',
    });
    await reached;
    await b.sockets.revoke({ user: 'ada', resource: 'card' });
    await cluster.settle();
    gate.emit('open');

    expect((await answer).status).toBe(200);
    expect(await client.next('revoked')).toEqual([{ resource: 'card' }]);
    await a.channel('card').publishUpdate('1', { title: 'secret' });
    await cluster.settle();
    expect(client.heard('card')).toEqual([]);
  });

  it('a request may name a socket of its user that is connected to the other server', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    trustHandshakes(a, b);
    // Equal credentials make no other user of it.
    const client = await cluster.connect(b, { ...as('ada'), extraHeaders: { authorization: 'bob' } });
    const read = (user: string) =>
      a.request('GET', '/cards/1', undefined, { 'x-socket-id': client.id, authorization: user });

    await read('bob');
    await a.channel('card').publishUpdate('1', { title: 'first' });
    await read('ada');
    await a.channel('card').publishUpdate('1', { title: 'second' });
    await client.next('card');
    await cluster.settle();
    expect(client.heard('card')).toEqual([{ verb: 'updated', id: '1', data: { title: 'second' } }]);
  });
});
