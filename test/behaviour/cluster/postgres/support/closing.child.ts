import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { SocketsModule, SocketsService } from '../../../../../src/index.js';
import { postgres } from '../../../../../src/server/cluster/engines/postgres.js';

// It ends its pool while the application is still connected, says so, and then has nothing more to do.
const pool = new pg.Pool({ connectionString: process.env.POSTGRES_URL });

@Module({ imports: [SocketsModule.forRoot({ cluster: postgres({ pool }) })] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, '127.0.0.1');
await pool.query('SELECT 1');
await pool.end();
await app.get(SocketsService).blast('last', {});
await app.close();
process.send?.('closed');
