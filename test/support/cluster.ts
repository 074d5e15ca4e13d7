import type { DynamicModule } from '@nestjs/common';
import { createAdapter } from '@socket.io/redis-adapter';
import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, onTestFinished, type TestContext } from 'vitest';
import { cluster as joinedBy, SocketsModule, type SocketsModuleOptions } from '../../src/index.js';
import { start, type ApplicationOptions, type TestApplication } from './application.js';
import type { ClientOptions, TestClient } from './client.js';
import { otherPlatform, platform, type Platform } from './platforms.js';
import { RedisServer } from './redis.js';

/** Two servers of one application, joined by Redis: one on each platform, the first on that of the project. */
export class Cluster {
  private readonly clients: TestClient[] = [];

  constructor(
    readonly a: TestApplication,
    readonly b: TestApplication,
    /** The Redis that joins them, and what their channels' names begin with. */
    readonly bus: { url: string; key: string },
  ) {}

  async connect(server: TestApplication, options: ClientOptions & { namespace?: string } = {}): Promise<TestClient> {
    const client = await server.connect(options);
    this.clients.push(client);
    return client;
  }

  /**
   * Waits until everybody has what both servers sent to all: what was sent or done before has arrived, on the other
   * server too.
   */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    // There and back, for what a server does when it hears of something.
    for (let way = 0; way < 2; way++) {
      const marks = [this.a, this.b].map(({ sockets }) => {
        const mark = randomUUID();
        for (const name of sockets.server._nsps.keys()) void sockets.of(name).blast('settled', mark);
        return mark;
      });
      const connected = this.clients.filter(({ socket }) => socket.connected);
      const arrivals = marks.flatMap((mark) =>
        connected.map((client) => client.next<string>('settled', (data) => data === mark)),
      );
      await Promise.all(arrivals);
    }
  }
}

export interface ClusterOptions extends ApplicationOptions {
  /** Options of both servers' SocketsModule, but for the adapter. */
  sockets?: SocketsModuleOptions;
  /** Those that must be joined before the test begins. @default the default one */
  namespaces?: string[];
}

/** Gives what starts a cluster in the tests of this file. Where there is no redis-server they are skipped, aloud. */
export function withRedis(): (context: TestContext, options?: ClusterOptions) => Promise<Cluster> {
  let redis: RedisServer | undefined;
  beforeAll(async () => {
    redis = await RedisServer.start();
    // oxlint-disable-next-line no-console
    if (!redis) console.warn('SKIPPED: there is no redis-server here, so nothing is shown of clusters.');
  });
  afterAll(() => redis?.stop());

  return async (context, { namespaces = ['/'], imports = [], sockets = {}, ...options } = {}) => {
    if (!redis) return context.skip('there is no redis-server');
    const { url } = redis;
    // A channel of its own for each test.
    const key = randomUUID();
    const startServer = (on: Platform): Promise<TestApplication> =>
      start({ ...options, platform: on, imports: [...imports, clusteredModule(url, key, sockets)] });
    const cluster = new Cluster(await startServer(platform), await startServer(otherPlatform), { url, key });
    const adapters = namespaces.flatMap((namespace) =>
      [cluster.a, cluster.b].map((server) => server.sockets.server.of(namespace).adapter),
    );
    for (const adapter of adapters) await expect.poll(() => adapter.serverCount()).toBe(2);
    return cluster;
  };
}

/** The module of one more server, or of a worker, on the bus of a cluster. */
export function clusteredModule(url: string, key: string, sockets: SocketsModuleOptions): DynamicModule {
  return SocketsModule.forRootAsync({
    useFactory: async () => {
      const [pub, sub] = await Promise.all([connectedClient(url), connectedClient(url)]);
      return { ...sockets, cluster: joinedBy({ adapter: createAdapter(pub, sub, { key }) }) };
    },
  });
}

/** A client of Redis, for as long as the test lasts. */
export async function connectedClient(url: string) {
  const client = createClient({ url });
  client.on('error', () => undefined);
  // After the application, which unsubscribes when it is closed.
  onTestFinished(() => client.close());
  return client.connect();
}
