import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

/** The rooms of resources that a client is in, in order, without their prefix. */
export async function subscriptions(
  { sockets }: TestApplication,
  { id }: TestClient,
  namespace = '/',
): Promise<string[]> {
  const rooms = await sockets.of(namespace).socketRooms(id);
  return rooms
    .filter((room) => room.startsWith('resource:'))
    .map((room) => room.slice('resource:'.length))
    .toSorted();
}
