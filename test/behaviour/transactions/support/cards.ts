import { SocketsModule, type ResourceChannel, type SocketsModuleOptions } from '../../../../src/index.js';
import { start, type ApplicationOptions, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

export interface Card {
  id: number;
  boardId?: number;
  title?: string;
  tags?: string[];
}

export interface Stage {
  app: TestApplication;
  cards: ResourceChannel<Card>;
  client: TestClient;
}

/** An application with the resource `card`, and a client that watches all cards. */
export async function watchedCards(
  options: SocketsModuleOptions = {},
  application: Omit<ApplicationOptions, 'imports'> & { imports?: NonNullable<ApplicationOptions['imports']> } = {},
): Promise<Stage> {
  const { imports = [], ...rest } = application;
  const app = await start({
    imports: [...imports, SocketsModule.forRoot({ resources: { card: {} }, ...options })],
    ...rest,
  });
  const cards = app.channel<Card>('card');
  const client = await app.connect();
  await cards.watch(client.id);
  return { app, cards, client };
}

/** What a client heard in the order of arrival, in words: the verb and the id of messages, the names of other events. */
export function told(client: TestClient): string[] {
  return client.received
    .filter(([event]) => event !== 'marker' && event !== 'settled')
    .map(([event, data]) => {
      const { verb, id } = (data ?? {}) as { verb?: string; id?: number };
      return verb === undefined ? event : `${verb} ${id}`;
    });
}

export class Rollback extends Error {
  constructor() {
    super('rolled back');
  }
}

/** Work that begins when its outcome is asked for, as the queries of Prisma and Mongoose do. */
export function lazy<T>(work: () => Promise<T>): Promise<T> {
  const query: PromiseLike<T> = { then: (...outcomes) => work().then(...outcomes) };
  return query as Promise<T>;
}
