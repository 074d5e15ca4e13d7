import { describe, expect, it } from 'vitest';
import { start } from '../../../support/application.js';
import { clusteredModule, withCluster } from '../../../support/cluster.js';

const startCluster = withCluster();

describe('A server that comes later', () => {
  it('hears the others, and is heard by them', async (context) => {
    const cluster = await startCluster(context);
    const { a, b } = cluster;
    const [here, there] = [await cluster.connect(a), await cluster.connect(b)];
    await a.sockets.join([here.id, there.id], 'room');
    await a.sockets.blast('before', {});

    const late = await start({ imports: [clusteredModule(cluster.bus, {})] });
    const { adapter } = late.sockets.server.of('/');
    await expect.poll(() => adapter.serverCount()).toBe(3);
    const newcomer = await cluster.connect(late);
    await late.sockets.join(newcomer.id, 'room');
    await late.channel('card').subscribe([newcomer.id, there.id], 1);
    await expect.poll(() => b.channel('card').subscribers(1)).toHaveLength(2);
    for (const { sockets } of [a, b, late])
      await sockets.broadcast('room', 'hello', sockets === late.sockets ? 'late' : 'early');
    await b.channel('card').publishUpdate(1, { title: 'new' });

    const updated = { verb: 'updated', id: 1, data: { title: 'new' } };
    for (const client of [newcomer, there]) expect((await client.next('card'))[0]).toEqual(updated);
    await cluster.settle();
    for (const client of [here, there, newcomer]) {
      await client.next('hello', (from) => from === 'late');
      expect((client.heard('hello') as string[]).toSorted()).toEqual(['early', 'early', 'late']);
    }
    expect(newcomer.heard('before')).toEqual([]);
    expect((await late.sockets.subscribers('room')).toSorted()).toEqual([here.id, there.id, newcomer.id].toSorted());
  });

  it('knows what the others know as soon as it asks', async (context) => {
    const cluster = await startCluster(context);
    const clients = [await cluster.connect(cluster.a), await cluster.connect(cluster.b)];
    await cluster.a.sockets.join(
      clients.map(({ id }) => id),
      'room',
    );
    await cluster.settle();

    const { sockets } = await start({ imports: [clusteredModule(cluster.bus, {})] });
    const answers = await Promise.all([sockets.subscribers('room'), sockets.socketRooms(clients[1]?.id ?? '')]);

    expect(answers.map((answer) => answer.toSorted())).toEqual([
      clients.map(({ id }) => id).toSorted(),
      [clients[1]?.id, 'room'].toSorted(),
    ]);
  });

  it('takes its sockets with it when it goes', async (context) => {
    const cluster = await startCluster(context);
    const late = await start({ imports: [clusteredModule(cluster.bus, {})] });
    const { adapter } = cluster.a.sockets.server.of('/');
    await expect.poll(() => adapter.serverCount()).toBe(3);
    const newcomer = await late.connect();
    await cluster.a.sockets.join(newcomer.id, 'room');
    await expect.poll(() => cluster.b.sockets.subscribers('room')).toEqual([newcomer.id]);

    await late.nest.close();

    await expect.poll(() => adapter.serverCount()).toBe(2);
    expect(await cluster.b.sockets.subscribers('room')).toEqual([]);
  });
});
