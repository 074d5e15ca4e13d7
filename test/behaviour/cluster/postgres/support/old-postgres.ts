import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { PostgresServer } from '../../../../support/postgres.js';

/**
 * Stands for a Postgres of another major version: hands on everything to one of today and back, but for the version
 * that it says to be, where it is asked for its number. It lasts as long as the test.
 *
 * @returns its address
 */
export async function postgresOfMajor(major: number, { port, url }: PostgresServer): Promise<string> {
  const server = createServer((client) => {
    const postgres = connect(port, '127.0.0.1');
    client.pipe(postgres);
    postgres.on('data', (data) => {
      const said = data.toString('latin1');
      const isAsked = said.includes('server_version_num');
      client.write(isAsked ? Buffer.from(said.replace(/\d\d(\d{4})/, `${major}$1`), 'latin1') : data);
    });
    for (const [one, other] of [[client, postgres] as const, [postgres, client] as const]) {
      one.on('close', () => other.destroy());
      one.on('error', () => undefined);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return url.replace(`:${port}/`, `:${(server.address() as AddressInfo).port}/`);
}
