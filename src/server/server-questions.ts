import type { Namespace, Server, Socket } from 'socket.io';
import { type CallerDigest, isSameCaller, isSameUser } from '../connections/requester/caller.js';
import { ServersTimeoutError } from './server.errors.js';
import { listenToServers, reachesOtherServers } from './server-events.js';
import { within } from '../common/promises.js';

/** What a server is asked about its own sockets, and what has to be known for it. */
interface Questions {
  /** The ids of the sockets in these rooms. */
  members: string[];
  /** The names of the rooms that the sockets in these rooms are in. */
  roomsOfMembers: string[];
  /** The names of all rooms that somebody is in. */
  rooms: null;
  /** The id of this socket again, if it is connected here and was opened by this caller. */
  socketOf: { id: string; caller: CallerDigest };
}

/** Ids and names of rooms are all that an answer can hold: whatever else is known of a socket, its cookies and tokens, stays where it is connected. */
type Answer = string[];

const ANSWERS: { [Question in keyof Questions]: (namespace: Namespace, detail: Questions[Question]) => Answer } = {
  members: (namespace, rooms) => socketsIn(namespace, rooms).map(({ id }) => id),
  roomsOfMembers: (namespace, rooms) => roomsOf(socketsIn(namespace, rooms)),
  rooms: (namespace) => roomsOf([...namespace.sockets.values()]),
  socketOf: ({ sockets }, { id, caller }) => {
    const socket = sockets.get(id);
    return socket && (isSameUser(socket, caller.user) ?? isSameCaller(socket.handshake, caller)) ? [id] : [];
  },
};

const ASK_SERVER = 'nestjs-sockets:ask-server';

/** How long other servers may take, in milliseconds. Adapters give up after five seconds, and wait for ever where the bus does not answer either. */
const ANSWER_TIMEOUT = 5_500;

/**
 * The ids of the sockets in these rooms, on all servers.
 *
 * @throws ServersTimeoutError
 */
export function membersOnAllServers(method: string, namespace: Namespace, rooms: readonly string[]): Promise<Answer> {
  return askAbout(method, namespace, 'members', rooms);
}

/**
 * The names of the rooms that the sockets in these rooms are in, on all servers.
 *
 * @throws ServersTimeoutError
 */
export function roomsOfMembersOnAllServers(
  method: string,
  namespace: Namespace,
  rooms: readonly string[],
): Promise<Answer> {
  return askAbout(method, namespace, 'roomsOfMembers', rooms);
}

/**
 * The names of all rooms that somebody is in, on all servers.
 *
 * @throws ServersTimeoutError
 */
export async function roomsOnAllServers(method: string, namespace: Namespace): Promise<Answer> {
  const here = ANSWERS.rooms(namespace, null);
  return distinct([...here, ...(await askOthers(method, namespace, 'rooms', null, here))]);
}

/**
 * Whether a socket with this id is connected to another server and was opened by this caller.
 *
 * @throws ServersTimeoutError
 */
export async function isSocketElsewhere(namespace: Namespace, id: string, caller: CallerDigest): Promise<boolean> {
  return (await askOthers('the look-up of a socket', namespace, 'socketOf', { id, caller }, [])).includes(id);
}

/** From now on this server answers the others, in every namespace that there is or will be. */
export function answerOtherServers(io: Server): void {
  const listen = (namespace: Namespace): void => {
    listenToServers(namespace, ASK_SERVER, (question, detail, answer) => {
      const known = ANSWERS[question as keyof Questions](namespace, detail as never);
      (answer as (known: Answer) => void)(known);
    });
  };
  io._nsps.forEach(listen);
  io.on('new_namespace', listen);
}

async function askAbout(
  method: string,
  namespace: Namespace,
  question: 'members' | 'roomsOfMembers',
  rooms: readonly string[],
): Promise<Answer> {
  const here = ANSWERS[question](namespace, [...rooms]);
  // The rooms of sockets that are connected here have nobody elsewhere.
  const elsewhere = rooms.filter((room) => !namespace.sockets.has(room));
  if (elsewhere.length === 0) return distinct(here);
  return distinct([...here, ...(await askOthers(method, namespace, question, elsewhere, here))]);
}

/** Alone, there is nobody to ask. */
async function askOthers<Question extends keyof Questions>(
  method: string,
  namespace: Namespace,
  question: Question,
  detail: Questions[Question],
  here: Answer,
): Promise<Answer> {
  if (!reachesOtherServers(namespace.adapter)) return [];
  try {
    return await within(ANSWER_TIMEOUT, method, answersOf(namespace, question, detail));
  } catch (error) {
    const known = error instanceof Incomplete ? error.answers : [];
    throw new ServersTimeoutError(method, distinct([...here, ...known]), { cause: error });
  }
}

function answersOf(namespace: Namespace, question: string, detail: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    namespace.serverSideEmit(ASK_SERVER, question, detail, (failure: Error | null, answers: unknown) => {
      const given: unknown[] = Array.isArray(answers) ? answers : [];
      const readable = given.filter(isAnswer);
      if (failure === null && readable.length === given.length) resolve(readable.flat());
      else reject(new Incomplete(readable.flat(), failure));
    });
  });
}

/** Some have answered. */
class Incomplete extends Error {
  constructor(
    readonly answers: Answer,
    failure: Error | null,
  ) {
    super(failure?.message ?? 'one of the answers cannot be read');
  }
}

function isAnswer(answer: unknown): answer is Answer {
  return Array.isArray(answer) && answer.every((item) => typeof item === 'string');
}

function socketsIn({ adapter, sockets }: Namespace, rooms: readonly string[]): Socket[] {
  const ids = new Set(rooms.flatMap((room) => [...(adapter.rooms.get(room) ?? [])]));
  return [...ids].map((id) => sockets.get(id)).filter((socket) => socket !== undefined);
}

function roomsOf(sockets: readonly Socket[]): string[] {
  return distinct(sockets.flatMap(({ rooms }) => [...rooms]));
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}
