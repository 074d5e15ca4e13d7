import { Redis } from 'ioredis';
import pg from 'pg';
import type { ClusterIntegration } from '../../../../src/index.js';
import { postgres } from '../../../../src/server/cluster/engines/postgres.js';
import { redis, type RedisMode } from '../../../../src/server/cluster/engines/redis.js';

/** What joins the servers of a trial: the modes of `redis()`, its channels by a client of ioredis, or `postgres()`. */
export type EngineName = RedisMode | 'ioredis' | 'postgres';

/** A message that a trial counts. A type and not an interface, so that it is a record to the library. */
export type Tick = {
  id: number;
  /** Who has published it: the numbers of one source are sent in their order. */
  source: string;
  number: number;
};

/** A record that several servers write. */
export type Card = {
  id: number;
  version: number;
  by: string;
};

/** One of several servers of an application, whichever library it is made with. */
export interface JoinedServer {
  readonly port: number;
  /** Sends a message to everybody who has read `/ticks`. */
  publish(tick: Tick): Promise<unknown>;
  /** Writes the one card there is into the database, and publishes it as `PATCH /cards/1` would, after a while. */
  write(by: string, pause: number): Promise<unknown>;
  /** Sends a card that is not in the database, behind which nothing of this server is on its way any more. */
  mark(id: number): Promise<unknown>;
}

/** Where the servers of one trial find each other, and their database. */
export interface Setting {
  engine?: EngineName;
  hasOutbox?: boolean;
  url: string;
  prefix: string;
  /** The file of the database. */
  database: string;
}

export function clusterOf({ engine, hasOutbox, url, prefix }: Setting): ClusterIntegration | undefined {
  if (engine === undefined) return undefined;
  if (engine === 'postgres') {
    return postgres({ pool: new pg.Pool({ connectionString: url }), prefix, outbox: hasOutbox });
  }
  if (engine === 'ioredis') return redis({ client: new Redis(url, { lazyConnect: true }), prefix });
  return redis({ url, mode: engine, prefix });
}
