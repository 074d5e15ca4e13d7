import { describe, expect, it } from 'vitest';
import { withCluster } from '../../../support/cluster.js';
import { asRole, read, SALARY, UsersController } from './support/people.js';

describe('Views on another server', () => {
  const startCluster = withCluster();
  const options = {
    controllers: [UsersController],
    sockets: { authenticate: ({ auth }: { auth: Record<string, unknown> }) => auth.user },
  };

  it('are chosen by each server for its own sockets', async (context) => {
    const cluster = await startCluster(context, options);
    const plain = await cluster.connect(cluster.b, asRole());
    const admin = await cluster.connect(cluster.b, asRole('admin', 2));
    const users = cluster.a.channel('user');
    await users.watch([plain.id, admin.id]);
    await users.subscribe([plain.id, admin.id], 5);
    await cluster.settle();
    await cluster.a.request('PATCH', '/users/5', { name: 'after' });
    await cluster.settle();

    const common = { verb: 'updated', id: 5 };
    expect(plain.heard('user')).toEqual([
      { ...common, data: { id: 5, name: 'after' }, previous: { id: 5, name: 'before' } },
    ]);
    expect(admin.heard('user')).toEqual([
      {
        ...common,
        data: { id: 5, name: 'after', salary: SALARY },
        previous: { id: 5, name: 'before', salary: SALARY },
      },
    ]);
  });

  it('are left from another server, too', async (context) => {
    const cluster = await startCluster(context, options);
    const admin = await cluster.connect(cluster.b, asRole('admin', 2));
    await read(admin, '/users/5');
    const users = cluster.a.channel('user');
    expect(await users.subscribers(5)).toEqual([admin.id]);
    await users.publishDestroy(5);
    await cluster.settle();
    expect(await users.subscribers(5)).toEqual([]);
    await users.publishUpdate(5, { name: 'nobody hears it' });
    await cluster.settle();
    expect(admin.heard('user')).toEqual([{ verb: 'destroyed', id: 5 }]);
  });
});
