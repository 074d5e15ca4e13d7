// A server that ends right after a transaction has committed, or right before that, without having told anybody.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import pg from 'pg';
import { ResourcefulPubSub, SocketsModule, SocketsService } from '../../../../../src/index.js';
import { postgres } from '../../../../../src/server/cluster/engines/postgres.js';

const { URL: url = '', PREFIX: prefix = '', COMMITS } = process.env;
const pool = new pg.Pool({ connectionString: url });

@Module({ imports: [SocketsModule.forRoot({ cluster: postgres({ pool, prefix, outbox: true }) })] })
class AppModule {}

const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger: ['error'] });
await app.listen(0, '127.0.0.1');
const client = await pool.connect();
await app.get(SocketsService).afterCommit(async () => {
  await client.query('BEGIN');
  const cards = app.get(ResourcefulPubSub).of<{ id: number; title: string }>('card');
  await cards.publishUpdate(1, { title: 'of the dead' }, { outbox: client });
  if (COMMITS === 'true') await client.query('COMMIT');
  process.kill(process.pid, 'SIGKILL');
});
