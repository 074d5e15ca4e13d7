// A server whose writers publish in transactions, in a process of its own that is killed right at a commit.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { ResourcefulPubSub, SocketsModule, SocketsService } from '../../../../src/index.js';
import { Random, seed } from '../../attacks/random.js';
import { answer } from '../../support/answering.js';
import { clusterOf, type Setting, type Tick } from './joined-server.js';

/** How long a writer waits at most before each step, in milliseconds. */
const LONGEST_PAUSE = 6;

const setting = JSON.parse(process.env.SETTING ?? '{}') as Setting;
/** Apart from that of the library, so that no writer waits for it. */
const pool = new pg.Pool({ connectionString: setting.url });

@Module({ imports: [SocketsModule.forRoot({ cluster: clusterOf(setting) })] })
class AppModule {}

const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
const sockets = app.get(SocketsService);
const ticks = app.get(ResourcefulPubSub).of<Tick>('tick');

class RolledBack extends Error {}

/**
 * Has several writers run transactions until so many were begun, those of servers before it included. Every tenth is
 * rolled back. At the first commit with the number `end` or a later one, this process ends, before it has told anybody.
 */
async function commit(writers: number, count: number, isInOutbox: boolean, end: number): Promise<void> {
  const write = async (writer: number): Promise<void> => {
    const random = new Random(seed + writer);
    const client = await pool.connect();
    for (;;) {
      // No transaction gives a number back, nor does a server that ends.
      const { rows } = await client.query("SELECT nextval('commits_numbers')::int AS number");
      const { number } = rows[0] as { number: number };
      if (number > count) break;
      await sockets.afterCommit(() => transaction(client, random, number)).catch(ignoreRolledBack);
    }
    client.release();
  };

  const transaction = async (client: pg.PoolClient, random: Random, number: number): Promise<void> => {
    await client.query('BEGIN');
    await pause(random.below(LONGEST_PAUSE + 1));
    await client.query('INSERT INTO commits (number) VALUES ($1)', [number]);
    const tick = { id: number, source: 'writers', number };
    await ticks.publishCreate(tick, isInOutbox ? { outbox: client } : {});
    await pause(random.below(LONGEST_PAUSE + 1));
    if (number % 10 === 0) {
      await client.query('ROLLBACK');
      throw new RolledBack();
    }
    await client.query('COMMIT');
    if (number >= end) process.kill(process.pid, 'SIGKILL');
  };

  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
}

function ignoreRolledBack(error: unknown): void {
  if (!(error instanceof RolledBack)) throw error;
}

answer({ commit });
