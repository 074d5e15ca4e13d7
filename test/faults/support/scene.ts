import { inject } from 'vitest';
import type { SocketsModuleOptions } from '../../../src/index.js';
import { type Connection, type ConnectionOptions } from '../clients/connection.js';
import { PollingConnection } from '../clients/polling.js';
import { WebSocketConnection } from '../clients/web-socket.js';
import type { Cost } from '../servers/stall.js';
import { Child } from './child.js';

/** What is attacked: the library, or what applications are without it. */
export interface Subject {
  name: string;
  server: 'library' | 'nest' | 'socket.io';
  nest: 11 | 12;
  options?: SocketsModuleOptions;
  /** What only the suite can turn off. */
  env?: Record<string, string>;
}

export const library = (options?: SocketsModuleOptions, nest: 11 | 12 = 12): Subject => ({
  name: 'nestjs-sockets',
  server: 'library',
  nest,
  options,
});

/** What others do without the library; the columns beside it. */
export const others: readonly Subject[] = [
  { name: 'default Nest 12', server: 'nest', nest: 12 },
  { name: 'default Nest 11', server: 'nest', nest: 11 },
  { name: 'default Socket.IO', server: 'socket.io', nest: 12 },
];

export type Transport = 'websocket' | 'polling';

/** How long answers have taken, in milliseconds, and whether they came. */
interface Health {
  asked: number;
  answered: number;
  wrong: number;
  drops: number;
  p50: number;
  p99: number;
  max: number;
}

/** What healthy clients have seen of the server that is attacked, and of one that is not. */
export interface Report {
  attacked: Health;
  control: Health;
}

export interface Memory {
  heapUsed: number;
  rss: number;
}

/** A server that is attacked, and clients of it that do nothing but what they should. */
export class Scene {
  private readonly connections = new Set<Connection>();

  private constructor(
    readonly subject: Subject,
    readonly server: Child,
    private readonly control: Child,
    readonly healthy: Child,
    readonly port: number,
  ) {}

  static async open(subject: Subject, heap?: number): Promise<Scene> {
    const programs = inject('faultPrograms')[subject.nest];
    const env = { SERVER: subject.server, OPTIONS: JSON.stringify(subject.options ?? {}), ...subject.env };
    const [server, control, healthy] = await Promise.all([
      Child.start(programs, 'server', env, heap),
      Child.start(programs, 'server', env),
      Child.start(programs, 'healthy'),
    ]);
    const scene = new Scene(subject, server, control, healthy, (await server.ask<number>('port'))!);
    const read = subject.server === 'library' ? '/ticks' : null;
    await healthy.ask('connectControl', `http://127.0.0.1:${await control.ask<number>('port')}`);
    await healthy.ask('connect', `http://127.0.0.1:${scene.port}`, read);
    return scene;
  }

  async connect(transport: 'websocket', options?: ConnectionOptions): Promise<WebSocketConnection>;
  async connect(transport: 'polling', options?: ConnectionOptions): Promise<PollingConnection>;
  async connect(transport: Transport, options?: ConnectionOptions): Promise<Connection>;
  async connect(transport: Transport, options?: ConnectionOptions): Promise<Connection> {
    const kind = transport === 'websocket' ? WebSocketConnection : PollingConnection;
    const connection = await kind.open(this.port, options);
    this.connections.add(connection);
    return connection;
  }

  /** Ends what the attackers have left open. */
  hangUp(): void {
    for (const connection of this.connections) connection.end();
    this.connections.clear();
  }

  async report(): Promise<Report> {
    return (await this.healthy.ask<Report>('report'))!;
  }

  cost(): Promise<Cost | undefined> {
    return this.server.ask<Cost>('cost');
  }

  /** What the server and its twin hold at present, after garbage collection. */
  memory(): Promise<Memory | undefined> {
    return this.server.ask<Memory>('memory');
  }

  /** The time of the processor, in milliseconds, that this machine takes for a certain piece of work. */
  async unit(): Promise<number> {
    return (await this.control.ask<number>('unit'))!;
  }

  async close(): Promise<void> {
    this.hangUp();
    await Promise.all([this.server.end(), this.control.end(), this.healthy.end()]);
  }
}
