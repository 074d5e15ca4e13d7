import { describe, expect, it } from 'vitest';
import { withCluster } from '../../../support/cluster.js';
import { BoardGuard, boards, Desk } from './support/boards.js';

const startCluster = withCluster();

describe('two servers of a cluster', () => {
  it('the server that has the socket does a read again that the other one answered', async (context) => {
    const cluster = await startCluster(context, boards);
    const client = await cluster.connect(cluster.a);
    await cluster.b.request('GET', '/boards/7/cards', undefined, {
      'x-socket-id': client.id,
      'x-secret': 'for this server only',
    });
    await cluster.a.get(Desk).rechecked(1);
    expect(cluster.b.get(Desk).rechecks).toEqual([]);
    expect(cluster.a.get(Desk).rechecks[0].headers).not.toHaveProperty('x-secret');

    cluster.a.get(BoardGuard).lost.add(7);
    await client.next('revoked');
    await cluster.b.channel('card').publishUpdate(1, { boardId: 7, title: 'secret' });
    await cluster.settle();

    expect(client.heard('revoked')).toEqual([{ resource: 'card', slice: { boardId: 7 } }]);
    expect(client.heard('card')).toEqual([]);
  });
});
