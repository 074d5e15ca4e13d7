import { describe, expect, it, vi } from 'vitest';
import { SocketsHealth } from '../../../src/index.js';
import { start, type TestApplication } from '../../support/application.js';
import { type Cluster, withCluster } from '../../support/cluster.js';
import { stopClock } from '../../support/clock.js';

const startCluster = withCluster();

const healthOf = (server: TestApplication) => server.get(SocketsHealth).check();

/** Both servers know each other, and that they are heard. */
async function acquainted({ a, b }: Cluster): Promise<void> {
  for (const server of [a, b]) await expect.poll(() => healthOf(server)).toEqual({ status: 'up', servers: 2 });
}

/** Loses whatever a server says to others. */
function silence({ sockets }: TestApplication): { end(): void } {
  const lost = vi.spyOn(sockets.server.of('/').adapter, 'serverSideEmit').mockImplementation(() => undefined);
  return { end: () => lost.mockRestore() };
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
    const silent = silence(cluster.b);

    await clock.pass(14_000);
    expect(healthOf(cluster.a).status).toBe('up');
    await clock.pass(6_000);
    expect(healthOf(cluster.a)).toEqual({
      status: 'degraded',
      reason: 'none of 1 other server(s) has been heard for 15 s',
      servers: 2,
    });

    silent.end();
    await clock.pass(6_000);
    await expect.poll(() => healthOf(cluster.a)).toEqual({ status: 'up', servers: 2 });
  });

  it('is degraded where the others say that they do not hear it', async (context) => {
    // Before anything counts the time.
    const clock = stopClock();
    const cluster = await startCluster(context);
    await acquainted(cluster);
    silence(cluster.b);
    const heard = (): string => healthOf(cluster.b).reason ?? '';

    for (let beats = 0; beats < 8 && heard() === ''; beats++) {
      await clock.pass(5_000);
      // What the clock has sent needs Redis to arrive.
      await cluster.a.sockets.serverSideEmit('nothing');
      await new Promise((resolve) => setImmediate(resolve));
    }

    await expect.poll(heard).toBe('none of 1 other server(s) has heard this one for 15 s');
  });

  it('forgets a server that has ended without a word', async (context) => {
    // Before anything counts the time.
    const clock = stopClock();
    const cluster = await startCluster(context);
    await acquainted(cluster);
    silence(cluster.b);

    await clock.pass(70_000);

    expect(healthOf(cluster.a)).toEqual({ status: 'up', servers: 1 });
  });
});
