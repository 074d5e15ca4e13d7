import type { Namespace, Server, Socket } from 'socket.io';
import { ServerQuestion } from '../../server/cluster/questions/server-questions.js';
import { membersHere } from './members.js';

/** Asks for the ids of the sockets in these rooms. */
const MEMBERS = new ServerQuestion<readonly string[]>('members', (namespace, rooms) =>
  Array.from(membersHere(namespace, rooms), ({ id }) => id),
);

/** Asks for the names of the rooms that the sockets in these rooms are in. */
const ROOMS_OF_MEMBERS = new ServerQuestion<readonly string[]>('roomsOfMembers', (namespace, rooms) =>
  roomsOf(membersHere(namespace, rooms)),
);

/** Asks for the names of all rooms that a socket is in. */
const ROOMS = new ServerQuestion<null>('rooms', (namespace) => roomsOf(namespace.sockets.values()));

/** Answers these questions of other servers, from now on, for the sockets of this one. */
export function answerMemberQuestions(io: Server): void {
  for (const question of [MEMBERS, ROOMS_OF_MEMBERS, ROOMS]) question.answerOtherServers(io);
}

/**
 * Returns the ids of the sockets in these rooms, on all servers.
 *
 * @throws ServersTimeoutError
 */
export function membersOnAllServers(method: string, namespace: Namespace, rooms: readonly string[]): Promise<string[]> {
  return askAbout(MEMBERS, method, namespace, rooms);
}

/**
 * Returns the names of the rooms that the sockets in these rooms are in, on all servers.
 *
 * @throws ServersTimeoutError
 */
export function roomsOfMembersOnAllServers(
  method: string,
  namespace: Namespace,
  rooms: readonly string[],
): Promise<string[]> {
  return askAbout(ROOMS_OF_MEMBERS, method, namespace, rooms);
}

/**
 * Returns the names of all rooms that a socket is in, on all servers.
 *
 * @throws ServersTimeoutError
 */
export async function roomsOnAllServers(method: string, namespace: Namespace): Promise<string[]> {
  const here = ROOMS.answerHere(namespace, null);
  return distinct([...here, ...(await ROOMS.askOtherServers(method, namespace, null, here))]);
}

async function askAbout(
  question: ServerQuestion<readonly string[]>,
  method: string,
  namespace: Namespace,
  rooms: readonly string[],
): Promise<string[]> {
  const here = question.answerHere(namespace, rooms);
  // The room of a socket that is connected here has no members elsewhere.
  const elsewhere = rooms.filter((room) => !namespace.sockets.has(room));
  if (elsewhere.length === 0) return distinct(here);
  return distinct([...here, ...(await question.askOtherServers(method, namespace, elsewhere, here))]);
}

function roomsOf(sockets: Iterable<Socket>): string[] {
  return distinct([...sockets].flatMap(({ rooms }) => [...rooms]));
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}
