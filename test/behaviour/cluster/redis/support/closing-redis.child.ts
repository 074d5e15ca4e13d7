import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SocketsModule, SocketsService } from '../../../../../src/index.js';
import { redis, type RedisMode } from '../../../../../src/server/cluster/engines/redis.js';

// It starts, whether or not there is a Redis, is closed, and then has nothing more to do.
const url = process.env.REDIS_URL;
const mode = process.env.REDIS_MODE as RedisMode;
const cluster = redis({ url, mode, connectTimeout: 200, whenAbsent: 'degraded' });

@Module({ imports: [SocketsModule.forRoot({ cluster })] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, '127.0.0.1');
await app.get(SocketsService).blast('last', {});
await app.close();
process.send?.('closed');
