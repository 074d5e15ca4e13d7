import { SocketsModule, type PresenceOptions, type SocketsModuleOptions } from '../../../../../src/index.js';
import { start, type TestApplication } from '../../../../support/application.js';
import type { TestClient } from '../../../../support/client.js';

/** Everybody is whom they say they are; who says nothing is nobody. */
export const authenticate: SocketsModuleOptions['authenticate'] = ({ auth }) =>
  auth.id === undefined ? true : { id: auth.id as unknown, name: `name of ${auth.id}`, password: 's3cret' };

export function startWithPresence(
  presence: PresenceOptions | undefined,
  options: SocketsModuleOptions = {},
): Promise<TestApplication> {
  return start({ imports: [SocketsModule.forRoot({ authenticate, presence, ...options })] });
}

/** A socket of a user, in these rooms. */
export async function visit(
  app: TestApplication,
  id: string | number | undefined,
  rooms: string | string[] = 'lobby',
  namespace = '/',
): Promise<TestClient> {
  const client = await app.connect({ namespace, auth: id === undefined ? {} : { id } });
  await app.sockets.of(namespace).join(client.id, rooms);
  return client;
}

/** What a client has heard of who comes and goes. */
export function presences(client: TestClient): string[] {
  return (client.heard('presence') as Array<{ room: string; id: string; status: string }>).map(
    ({ room, id, status }) => `${id} ${status} ${room}`,
  );
}

/** The ids of who is in a room, in order. */
export async function idsIn(app: TestApplication, room = 'lobby', namespace = '/'): Promise<string[]> {
  return (await app.sockets.of(namespace).presence(room)).map(({ id }) => id);
}
