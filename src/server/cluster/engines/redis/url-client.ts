import { MissingPackageError } from '../../../server.errors.js';
import { requirePackage } from '../required-package.js';
import { IO_REDIS, NODE_REDIS, type RedisClient } from './redis-client.js';

interface NodeRedisPackage {
  createClient(options: { url: string } & typeof NODE_REDIS): RedisClient;
}

interface IoRedisPackage {
  Redis: new (url: string, options: object) => RedisClient;
}

const MAKERS: ReadonlyArray<[name: string, minimum: string, make: (loaded: never, url: string) => RedisClient]> = [
  ['redis', '5.0.0', (loaded: NodeRedisPackage, url) => loaded.createClient({ url, ...NODE_REDIS })],
  ['ioredis', '5.3.0', makeIoRedis],
  ['iovalkey', '0.2.0', makeIoRedis],
];

/**
 * Makes a client by the package that the application has: `redis`, else `ioredis`, else `iovalkey`.
 *
 * @throws MissingPackageError of the first that is too old, or else of `redis`
 */
export function clientOf(integration: string, url: string): RedisClient {
  const missing: MissingPackageError[] = [];
  for (const [name, minimum, make] of MAKERS) {
    try {
      return make(requirePackage(integration, name, minimum) as never, url);
    } catch (error) {
      if (!(error instanceof MissingPackageError)) throw error;
      missing.push(error);
    }
  }
  throw missing.find(({ installed }) => installed !== undefined) ?? missing[0];
}

function makeIoRedis({ Redis }: IoRedisPackage, url: string): RedisClient {
  return new Redis(url, IO_REDIS);
}
