import { describe, expect, it } from 'vitest';
import type { TestApplication } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { withCluster, type Cluster } from '../../support/cluster.js';
import { ask, authenticate, controllers, mutationsHeard } from '../routes/publish/support/cards.js';

const startCluster = withCluster();
const application = { controllers, sockets: { authenticate } };

async function watching(cluster: Cluster, server: TestApplication, user: string): Promise<TestClient> {
  const client = await cluster.connect(server, { auth: { user } });
  await server.channel('card').watch(client.id);
  return client;
}

describe('A change on one of two servers of a cluster', () => {
  it('is heard by everybody else, but by none of its user’s sockets on either, over a socket', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const [tab, otherTab] = [await watching(cluster, a, 'ada'), await watching(cluster, b, 'ada')];
    const bob = await watching(cluster, b, 'bob');

    await ask(tab, 'put', '/cards/1/user', { 'mutation-id': 'm-1' });
    await bob.next('card');
    await cluster.settle();

    expect([tab, otherTab].map((client) => client.heard('card'))).toEqual([[], []]);
    expect(mutationsHeard(bob)).toEqual([['card', 'm-1']]);
  });

  it('is so too over HTTP, where a guard knows the user', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const tabs = [await watching(cluster, a, 'ada'), await watching(cluster, b, 'ada')];
    const bob = await watching(cluster, b, 'bob');

    await a.request('PUT', '/cards/1/user', {}, { 'x-user': 'ada', 'mutation-id': 'm-1' });
    await bob.next('card');
    await cluster.settle();

    expect(tabs.map((client) => client.heard('card'))).toEqual([[], []]);
    expect(mutationsHeard(bob)).toEqual([['card', 'm-1']]);
  });

  it('comes round to a socket of the other that hears of it, before sockets:mutated', async (context) => {
    const cluster = await startCluster(context, application);
    const { a, b } = cluster;
    const [actor, other] = [await watching(cluster, b, 'ada'), await watching(cluster, b, 'ada')];

    const headers = { 'x-socket-id': actor.id, 'x-user': 'ada', 'mutation-id': 'm-1' };
    const answer = await a.request('PUT', '/cards/1/mirror', {}, headers);
    await actor.next('sockets:mutated');
    await cluster.settle();

    expect(answer.headers.get('mutation-id')).toBe('m-1');
    const received = actor.received.map(([event]) => event).filter((event) => event !== 'settled');
    expect(received).toEqual(['card', 'sockets:mutated']);
    expect(other.heard('sockets:mutated')).toEqual([]);
  });
});
