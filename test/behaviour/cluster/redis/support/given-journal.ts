import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { onTestFinished } from 'vitest';
import {
  cluster,
  type JournalIntegration,
  SocketsModule,
  type SocketsModuleOptions,
} from '../../../../../src/index.js';
import { type ApplicationOptions, start, type TestApplication } from '../../../../support/application.js';

/** A server that an adapter of another package joins to others, with clients of its own. */
export async function startWithJournal(
  url: string,
  key: string,
  journal: JournalIntegration,
  options: ApplicationOptions,
  sockets: SocketsModuleOptions = {},
): Promise<TestApplication> {
  const clients = [createClient({ url }), createClient({ url })] as const;
  for (const client of clients) {
    client.on('error', () => undefined);
    await client.connect();
    onTestFinished(() => client.destroy());
  }
  const joined = cluster({ adapter: createAdapter(...clients, { key }), journal });
  return start({ ...options, imports: [SocketsModule.forRoot({ ...sockets, cluster: joined })] });
}
