// Bare Socket.IO, joined to other servers by its adapter for Redis.
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { start as startOne } from './socket-io.mjs';

export async function start({ url, prefix }) {
  const [pub, sub] = await Promise.all([createClient({ url }).connect(), createClient({ url }).connect()]);
  return startOne({ adapter: createAdapter(pub, sub, { key: prefix }) });
}
