import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, type TestContext } from 'vitest';
import { PostgresServer } from '../../../support/postgres.js';
import { RedisServer } from '../../../support/redis.js';
import { Child } from '../../support/child.js';
import { CardsTable } from '../servers/cards-table.js';
import type { Setting } from '../servers/joined-server.js';
import type { Subject } from './subject.js';

/** A server of a trial, in a process of its own. */
class Server {
  private constructor(
    readonly process: Child,
    readonly url: string,
  ) {}

  static async start({ server, options, env }: Subject, setting: Setting): Promise<Server> {
    const child = await Child.start(inject('faultPrograms')[12], 'joined-server', {
      SERVER: server,
      SETTING: JSON.stringify(setting),
      OPTIONS: JSON.stringify(options ?? {}),
      ...env,
    });
    return new Server(child, `http://127.0.0.1:${await child.ask<number>('port')}`);
  }

  /** @throws Error if it has ended */
  async ask<T>(question: string, ...given: unknown[]): Promise<T> {
    const value = await this.process.ask<T>(question, ...given);
    if (this.process.death) throw new Error(`A server has ended: ${this.process.death.reason}`);
    return value as T;
  }
}

type Bus = PostgresServer | RedisServer;

/** The servers of one trial, what joins them, and their database. */
export interface Servers {
  all: readonly Server[];
  /** The program that joins them, if there are several. */
  bus: Bus | undefined;
  /** Where another server finds them. */
  setting: Setting;
  table: CardsTable;
}

/** Starts the servers of a trial, runs it, and ends them. Skips it, aloud, where what joins them is not installed. */
export async function withServers<T>(
  subject: Subject,
  context: TestContext,
  work: (servers: Servers) => Promise<T>,
  /** Where the first of them finds the program that joins them, if not where it is. */
  reach: (url: string) => Promise<string> = (url) => Promise.resolve(url),
): Promise<T> {
  const { engine, hasOutbox } = subject;
  const bus = engine && (await (engine === 'postgres' ? PostgresServer.start() : RedisServer.start()));
  if (engine && !bus) context.skip('what joins servers is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-sockets-faults-'));
  const setting: Setting = {
    engine,
    hasOutbox,
    url: bus ? bus.url : '',
    prefix: randomUUID(),
    database: join(folder, 'cards.sqlite'),
  };
  const table = new CardsTable(setting.database);
  const all: Server[] = [];
  try {
    all.push(await Server.start(subject, { ...setting, url: await reach(setting.url) }));
    if (engine) all.push(await Server.start(subject, setting));
    return await work({ all, bus, setting, table });
  } finally {
    await Promise.all(all.map(({ process }) => process.end()));
    table.close();
    rmSync(folder, { recursive: true, force: true });
    if (bus) await bus.stop();
  }
}
