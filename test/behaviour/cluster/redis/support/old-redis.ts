import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * Stands for a Redis of another major version: hands on everything to one of today and back, but for the version that
 * it says to be. It lasts as long as the test.
 *
 * @returns its address
 */
export async function redisOfMajor(major: number, url: string): Promise<string> {
  const port = Number(new URL(url).port);
  const server = createServer((client) => {
    const redis = connect(port, '127.0.0.1');
    client.pipe(redis);
    redis.on('data', (data) => {
      const said = data.toString('latin1').replace(/(redis_version:)\d/, `$1${major}`);
      client.write(Buffer.from(said, 'latin1'));
    });
    for (const [one, other] of [[client, redis] as const, [redis, client] as const]) {
      one.on('close', () => other.destroy());
      one.on('error', () => undefined);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
