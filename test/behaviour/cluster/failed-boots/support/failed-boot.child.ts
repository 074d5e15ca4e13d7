import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis as IoRedis } from 'ioredis';
import { Redis as IoValkey } from 'iovalkey';
import pg from 'pg';
import { SocketsModule, SocketsService, type ClusterIntegration } from '../../../../../src/index.js';
import { postgres } from '../../../../../src/server/cluster/engines/postgres.js';
import { redis } from '../../../../../src/server/cluster/engines/redis.js';

// It is connected to other servers, fails to start, says so, and then has nothing more to do.
const { BUS_URL: url = '', JOINED_BY = '', FAILS_IN, KIND } = process.env;
const options = { lazyConnect: true };
const joined: Record<string, () => ClusterIntegration> = {
  pubsub: () => redis({ url }),
  sharded: () => redis({ url, mode: 'sharded' }),
  streams: () => redis({ url, mode: 'streams' }),
  ioredis: () => redis({ client: new IoRedis(url, options) }),
  iovalkey: () => redis({ client: new IoValkey(url, options), mode: 'streams' }),
  postgres: () => postgres({ pool: new pg.Pool({ connectionString: url }) }),
};

function failIn(place: string): void {
  if (place === FAILS_IN) throw new Error(`It fails in ${place}.`);
}

class Failing {
  onModuleInit(): void {
    failIn('onModuleInit');
  }

  onApplicationBootstrap(): void {
    failIn('onApplicationBootstrap');
  }
}

const failing = {
  provide: Failing,
  inject: [SocketsService],
  useFactory: (): Failing => {
    failIn('provider');
    return new Failing();
  },
};

@Module({ imports: [SocketsModule.forRoot({ cluster: joined[JOINED_BY]() })], providers: [failing] })
class AppModule {}

try {
  if (KIND === 'a worker')
    await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  else {
    const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
  }
} catch (error) {
  process.send?.((error as Error).message);
}
