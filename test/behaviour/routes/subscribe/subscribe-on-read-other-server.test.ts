import { Controller, Delete, Get, Patch } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { PublishOnUpdate, Resourceful, SubscribeOnRead, SubscribesTo, Unsubscribe } from '../../../../src/index.js';
import { withCluster } from '../../../support/cluster.js';
import { Logs } from '../../../support/logs.js';

const startCluster = withCluster();

@Controller('users')
@Resourceful('user')
class UsersController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find() {
    return [{ id: 1 }];
  }

  @Patch(':id')
  @PublishOnUpdate({ subscribe: true })
  update() {
    return { id: 2 };
  }

  @Delete('watch')
  @Unsubscribe({ watch: true })
  unwatch() {
    return [1];
  }
}

const controllers = [UsersController];

describe('A reader over HTTP whose socket is connected to another server than it asks', () => {
  it('is subscribed by the time that it has the answer, on that server', async (context) => {
    const cluster = await startCluster(context, { controllers });
    const { a, b } = cluster;
    for (let time = 0; time < 10; time++) {
      const client = await cluster.connect(b);
      const named = { 'x-socket-id': client.id };

      expect((await a.request('GET', '/users', undefined, named)).status).toBe(200);
      expect([...b.sockets.get(client.id).rooms].toSorted()).toEqual(
        [client.id, 'resource:user', 'resource:user/1'].toSorted(),
      );

      await a.request('PATCH', '/users/2', undefined, named);
      expect([...b.sockets.get(client.id).rooms]).toContain('resource:user/2');

      await a.request('DELETE', '/users/watch', undefined, named);
      expect([...b.sockets.get(client.id).rooms].toSorted()).toEqual([client.id, 'resource:user/2'].toSorted());
    }
  });

  it('hears what its server and the other one publish', async (context) => {
    const cluster = await startCluster(context, { controllers });
    const client = await cluster.connect(cluster.b);
    await cluster.a.request('GET', '/users', undefined, { 'x-socket-id': client.id });
    await cluster.b.channel('user').publishUpdate(1, {});
    await cluster.settle();
    await cluster.a.channel('user').publishCreate({ id: 5 });
    await client.next<{ verb: string }>('user', ({ verb }) => verb === 'created');
    expect(client.heard('user')).toMatchObject([{ verb: 'updated' }, { verb: 'created' }]);
  });

  it('is not subscribed in a namespace that does not carry the resource, which the log says', async (context) => {
    @WebSocketGateway({ namespace: 'admin' })
    @SubscribesTo('user', { only: true })
    class AdminGateway {}
    const log = new Logs();
    const cluster = await startCluster(context, {
      controllers,
      providers: [AdminGateway],
      main: log.open,
      namespaces: ['/', '/admin'],
    });
    const client = await cluster.connect(cluster.b);
    const answer = await cluster.a.request('GET', '/users', undefined, { 'x-socket-id': client.id });
    expect(answer.status).toBe(200);
    expect([...cluster.b.sockets.get(client.id).rooms]).toEqual([client.id]);
    expect(log.naming('its socket is connected to the namespace "/"').warnings).toHaveLength(1);
  });

  it('is answered all the same when the other server is gone', async (context) => {
    const cluster = await startCluster(context, { controllers });
    const client = await cluster.connect(cluster.b);
    const named = { 'x-socket-id': client.id };
    await cluster.b.nest.close();
    expect((await cluster.a.request('GET', '/users', undefined, named)).status).toBe(200);
  });
});
