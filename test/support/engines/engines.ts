import type { Engine, EngineName } from './engine.js';
import { nodeClusterEngine } from './node-cluster-engine.js';
import { postgresEngine } from './postgres-engine.js';
import { redisEngine } from './redis-engines.js';

export const engines: Readonly<Record<EngineName, Engine>> = {
  redis: redisEngine('redis'),
  ioredis: redisEngine('ioredis'),
  sharded: redisEngine('sharded'),
  streams: redisEngine('streams'),
  postgres: postgresEngine,
  'node-cluster': nodeClusterEngine,
};
