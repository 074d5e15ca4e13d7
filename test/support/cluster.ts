import type { DynamicModule } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, type TestContext } from 'vitest';
import { SocketsModule, type SocketsModuleOptions } from '../../src/index.js';
import { start, type ApplicationOptions, type TestApplication } from './application.js';
import type { ClientOptions, TestClient } from './client.js';
import { otherPlatform, platform, type Platform } from './platforms.js';
import type { EngineName, Program } from './engines/engine.js';
import { engines } from './engines/engines.js';

declare module 'vitest' {
  interface ProvidedContext {
    engine: EngineName;
  }
}

/** What joins the servers of this project. */
export const engineName = inject('engine');
export const engine = engines[engineName];

/** Whether the servers have one journal, which `redis()` and `postgres()` give them; all others have one each. */
export const sharesJournal = ['ioredis', 'sharded', 'streams', 'postgres'].includes(engineName);

/** Whether each server hears only what goes to rooms of its own, so that a late confirmation has clients read again. */
export const hearsByRooms = ['ioredis', 'sharded', 'streams'].includes(engineName);

/** What joins the servers of one test. */
export interface Bus {
  /** Where its program is. */
  url: string;
  /** What the names of all channels and keys of this test begin with. */
  key: string;
  /** Its program, where it is this test's own. */
  program?: Program;
}

/** Two servers of one application: one on each platform, the first on that of the project. */
export class Cluster {
  private readonly clients: TestClient[] = [];

  constructor(
    readonly a: TestApplication,
    readonly b: TestApplication,
    readonly bus: Bus,
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
  /**
   * Whether the program that joins them is to be theirs alone, as it must be where the test hurts it. All others wait
   * for the journal as long as it takes: what happens where it is late is not what they are about.
   */
  ownProgram?: boolean;
}

/** Gives what starts a cluster in the tests of this file. Where nothing joins servers they are skipped, aloud. */
export function withCluster(): (context: TestContext, options?: ClusterOptions) => Promise<Cluster> {
  return async (context, { namespaces = ['/'], imports = [], sockets = {}, ownProgram, ...options } = {}) => {
    const bus = await (ownProgram ? ownBus() : sharedBus());
    if (!bus) return context.skip('what joins servers is not installed');
    const startServer = (on: Platform): Promise<TestApplication> =>
      start({
        ...options,
        platform: on,
        imports: [...imports, clusteredModule(bus, ownProgram ? sockets : patient(sockets))],
      });
    const cluster = new Cluster(await startServer(platform), await startServer(otherPlatform), bus);
    const adapters = namespaces.flatMap((namespace) =>
      [cluster.a, cluster.b].map((server) => server.sockets.server.of(namespace).adapter),
    );
    for (const adapter of adapters) await expect.poll(() => adapter.serverCount()).toBe(2);
    return cluster;
  };
}

function patient({ journal, ...sockets }: SocketsModuleOptions): SocketsModuleOptions {
  return { ...sockets, journal: journal === false ? false : { timeout: 30_000, ...journal } };
}

async function sharedBus(): Promise<Bus | undefined> {
  // That of Node has no program, but this process.
  if (engineName === 'node-cluster') await engine.start();
  const url = inject('busUrl');
  // Clients without a url would look for a program on the usual port, and do so for ever.
  if (url === undefined) throw new Error("This project of Vitest lacks the global setup 'bus-program.setup.ts'.");
  return url === null ? undefined : { url, key: randomUUID() };
}

async function ownBus(): Promise<Bus | undefined> {
  const program = await engine.start();
  if (!program) return undefined;
  onTestFinished(() => program.stop());
  return { url: program.url, key: randomUUID(), program };
}

/** The module of one more server, or of a worker, on the bus of a cluster. */
export function clusteredModule({ url, key }: Bus, sockets: SocketsModuleOptions): DynamicModule {
  return SocketsModule.forRootAsync({
    useFactory: async () => {
      const { cluster, end } = await engine.join(url, key);
      // After the application, which leaves the bus when it is closed.
      onTestFinished(end);
      return { ...sockets, cluster };
    },
  });
}
