import { describe, expect, it } from 'vitest';
import { SocketsHealth } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import { type Cluster, withCluster } from '../../support/cluster.js';
import { losesMessages } from '../../support/server-messages.js';
import { type Clock, stopClock } from '../../support/clock.js';

const startCluster = withCluster();

const healthOf = (server: TestApplication) => server.get(SocketsHealth).check();

/** Both servers know each other, and that they are heard. */
async function acquainted({ a, b }: Cluster): Promise<void> {
  for (const server of [a, b]) await expect.poll(() => healthOf(server)).toEqual({ status: 'up', servers: 2 });
}

/** Lets time pass, in steps between which what the servers say can arrive. */
async function pass(cluster: Cluster, clock: Clock, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 3) {
    await clock.pass(3_000);
    // Answered after what was said before.
    for (const { sockets } of [cluster.a, cluster.b]) await sockets.rooms();
  }
}

describe('the health of one server', () => {
  it('is up while it runs, and down once it shuts down', async () => {
    const application = await start();
    const health = application.get(SocketsHealth);
    expect(health.check()).toEqual({ status: 'up', servers: 1 });

    await application.nest.close();

    expect(health.check()).toEqual({ status: 'down', reason: 'the application is shutting down', servers: 1 });
  });
});

describe('the health of servers of a cluster', () => {
  it('is up, and says how many they are', async (context) => {
    const cluster = await startCluster(context);
    await acquainted(cluster);

    await cluster.b.nest.close();

    await expect.poll(() => healthOf(cluster.a)).toEqual({ status: 'up', servers: 1 });
  });

  it('is degraded when nothing is heard of the others any more, until it is again', async (context) => {
    // Before anything counts the time.
    const clock = stopClock();
    const cluster = await startCluster(context);
    await acquainted(cluster);
    const end = losesMessages(cluster.b);

    await pass(cluster, clock, 9);
    expect(healthOf(cluster.a).status).toBe('up');
    await pass(cluster, clock, 12);
    await expect
      .poll(() => healthOf(cluster.a))
      .toEqual({
        status: 'degraded',
        reason: 'none of 1 other server(s) has been heard for 15 s',
        servers: 2,
      });

    end();
    await pass(cluster, clock, 6);
    await expect.poll(() => healthOf(cluster.a)).toEqual({ status: 'up', servers: 2 });
  });

  it('is degraded where the others say that they do not hear it', async (context) => {
    // Before anything counts the time.
    const clock = stopClock();
    const cluster = await startCluster(context);
    await acquainted(cluster);
    losesMessages(cluster.b);
    const reason = 'none of 1 other server(s) has heard this one for 15 s';

    await pass(cluster, clock, 36);
    await expect.poll(() => healthOf(cluster.b)).toEqual({ status: 'degraded', reason, servers: 2 });
  });

  it('forgets a server that has ended without a word, after having said for ten minutes that it is missed', async (context) => {
    // Before anything counts the time.
    const clock = stopClock();
    const cluster = await startCluster(context);
    await acquainted(cluster);
    losesMessages(cluster.b);

    await clock.pass(70_000);
    const reason = 'the other servers have fallen silent, all of them';
    await expect.poll(() => healthOf(cluster.a)).toEqual({ status: 'degraded', reason, servers: 1 });

    await clock.pass(600_000);
    // Ten minutes at once are too long for whatever else waits, too: it recovers as time goes on.
    const laterHealth = async (): Promise<unknown> => {
      await clock.pass(1_000);
      return healthOf(cluster.a);
    };
    await expect.poll(laterHealth).toEqual({ status: 'up', servers: 1 });
  });
});
