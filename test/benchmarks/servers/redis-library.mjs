// The library, joined to other servers by Redis.
import { redis } from 'nestjs-sockets/redis';
import { start as startOne } from './library.mjs';

export const start = (options) => startOne({ module: { cluster: redis(options) } });
