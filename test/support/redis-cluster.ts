import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createClient } from 'redis';
import { freePort } from './free-port.js';
import { RedisServer } from './redis.js';

/** How many slots a Redis Cluster divides among its servers. */
const SLOTS = 16_384;

/** A Redis Cluster of three servers, for as long as a test needs it. */
export class RedisCluster {
  private constructor(
    private readonly servers: readonly RedisServer[],
    private readonly directory: string,
  ) {}

  /** Gives nothing where there is no redis-server; on CI there has to be one. */
  static async start(): Promise<RedisCluster | undefined> {
    const directory = await mkdtemp(join(tmpdir(), 'redis-cluster-'));
    const servers: RedisServer[] = [];
    const ports: string[] = [];
    for (const name of ['one', 'two', 'three']) {
      const port = String(await freePort());
      const server = await RedisServer.start(
        ...['--cluster-enabled', 'yes', '--cluster-port', port, '--cluster-config-file', join(directory, name)],
      );
      if (!server) return undefined;
      servers.push(server);
      ports.push(port);
    }
    await introduce(servers, ports);
    return new RedisCluster(servers, directory);
  }

  /** Where its servers are. */
  get urls(): string[] {
    return this.servers.map(({ url }) => url);
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    await rm(this.directory, { recursive: true });
  }
}

/** Has servers know each other, and divides the slots among them. */
async function introduce(servers: readonly RedisServer[], clusterPorts: readonly string[]): Promise<void> {
  const clients = await Promise.all(servers.map(connect));
  const startOf = (index: number): number => Math.ceil((index * SLOTS) / servers.length);
  for (const [index, client] of clients.entries()) {
    const tell = (...command: string[]): Promise<unknown> => client.sendCommand(['CLUSTER', ...command]);
    await tell('SET-CONFIG-EPOCH', String(index + 1));
    await tell('ADDSLOTSRANGE', String(startOf(index)), String(startOf(index + 1) - 1));
    const { hostname, port } = new URL(servers[0].url);
    if (index > 0) await tell('MEET', hostname, port, clusterPorts[0]);
  }
  while (!(await areReady(clients))) await setTimeout(50);
  for (const client of clients) client.destroy();
}

/** Tells whether all of them know each other, and serve their slots. */
async function areReady(clients: ReadonlyArray<Awaited<ReturnType<typeof connect>>>): Promise<boolean> {
  const states = await Promise.all(clients.map((client) => client.sendCommand(['CLUSTER', 'INFO'])));
  return states.every((state) => /state:ok[^]*known_nodes:3/.test(String(state)));
}

function connect({ url }: RedisServer) {
  return createClient({ url }).connect();
}
