import { SocketsModule, type Relation, type ResourceOptions } from '../../../../../src/index.js';
import { start } from '../../../../support/application.js';
import { messages } from '../../../../support/messages.js';

export type Fields = Record<string, unknown>;

/** An application with these relations, and somebody who watches all of its resources. */
export async function related(relations: Record<string, Record<string, Relation>>) {
  const resources: Record<string, ResourceOptions> = Object.fromEntries(
    Object.entries(relations).map(([name, of]) => [name, { relations: of }]),
  );
  const app = await start({ imports: [SocketsModule.forRoot({ resources })] });
  const watcher = await app.connect();
  for (const name of Object.keys(relations)) await app.channel(name).watch(watcher.id);
  const heard = async (): Promise<unknown[]> => {
    await app.settle();
    const now = messages(watcher);
    watcher.forget();
    return now;
  };
  return { app, heard, channel: (name: string) => app.channel<Fields>(name) };
}

export const updated = (resource: string, id: unknown, data: Fields) => [resource, { verb: 'updated', id, data }];
export const addedTo = (resource: string, id: unknown, attribute: string, addedId: unknown) => [
  resource,
  { verb: 'addedTo', id, attribute, addedId },
];
export const removedFrom = (resource: string, id: unknown, attribute: string, removedId: unknown) => [
  resource,
  { verb: 'removedFrom', id, attribute, removedId },
];
