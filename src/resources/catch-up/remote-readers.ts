import type { Namespace, Socket } from 'socket.io';
import { isRecord } from '../../common/type-guards.js';
import { hearOtherServers, tellOtherServers } from '../../server/cluster/server-messages.js';
import { eachNamespace } from '../../server/namespaces.js';
import type { GoOn } from '../../server/cluster/delivery/held-sockets.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { FollowedRooms, MissedPublications } from './missed-publications.js';
import { ReadPosition, type ToldPosition } from './read-position.js';

const CATCH_UP = 'catch-up';

/** How often a server says that, in milliseconds, and how many times at most. */
const AGAIN = 80;
const MOST_ANNOUNCED = 25;

const NOTHING: ReadonlySet<string> = new Set();

/** A reader whose socket is connected to another server. */
interface RemoteReader {
  socket: string;
  /** What it has read; absent while it has no answer yet, but is about to enter rooms. */
  position?: ToldPosition;
  entered?: FollowedRooms[];
  /** The resource of which it has read something, without anybody knowing how far that reaches. */
  unplaced?: string;
}

/** A reader that is kept from what is published. */
interface HeldReader {
  goOn: GoOn;
  timer: NodeJS.Timeout;
}

/** Has the server of a reader's socket send it what it has missed, which takes a journal that servers share. */
export class RemoteReaders {
  private readonly held = new Map<string, HeldReader>();

  constructor(
    private readonly server: SocketsServer,
    private readonly missed: MissedPublications,
  ) {}

  /** Sends readers of this server what they have missed in what other servers have answered them, from now on. */
  listen(): void {
    eachNamespace(this.server.io, (namespace) => {
      hearOtherServers(namespace, CATCH_UP, (told) => {
        if (!isRemoteReader(told)) throw new TypeError('It does not say who has read what.');
        const { socket: id, position, entered = [], unplaced } = told;
        const reader = namespace.sockets.get(id);
        if (!reader) return;
        if (unplaced !== undefined) this.missed.unplaced.add(reader, unplaced);
        else if (position) ReadPosition.of(this.missed, position).catchUp(reader, entered, this.release(id));
        else this.hold(id, reader);
      });
    });
  }

  /** Keeps back what is published from when the reader enters rooms until it has its answer. */
  private hold(id: string, reader: Socket): void {
    const goOn = this.held.get(id)?.goOn ?? this.missed.hold(reader);
    if (!goOn) return;
    clearTimeout(this.held.get(id)?.timer);
    const letGo = (): void => this.release(id)?.(NOTHING);
    // It is let go after that, unless the other server says again that the answer is on its way. What has come while
    // the process was busy is read between two timers.
    const wait = (then: () => void): NodeJS.Timeout => setTimeout(then, this.missed.patience.longestSilence).unref();
    const held: HeldReader = { goOn, timer: wait(() => (held.timer = wait(letGo))) };
    this.held.set(id, held);
  }

  private release(id: string): GoOn | undefined {
    const held = this.held.get(id);
    clearTimeout(held?.timer);
    this.held.delete(id);
    return held?.goOn;
  }
}

/** Checks what another server has said, which may be anything. */
function isRemoteReader(told: unknown): told is RemoteReader {
  if (!isRecord(told) || typeof told.socket !== 'string') return false;
  const { position, entered = [], unplaced = '' } = told;
  if ((position !== undefined && !isRecord(position)) || typeof unplaced !== 'string') return false;
  return Array.isArray(entered) && entered.every(isFollowed);
}

function isFollowed(one: unknown): boolean {
  if (!isRecord(one) || typeof one.resource !== 'string' || !Array.isArray(one.rooms)) return false;
  return one.rooms.every((room) => typeof room === 'string');
}

/**
 * Tells the server of a socket, wherever it is, that the socket is about to enter rooms because of a read, and says so
 * again until it has its answer.
 *
 * @returns what ends that
 */
export function announceReader(namespace: Namespace, socket: string): () => void {
  const announce = (): void => tellOtherServers(namespace, CATCH_UP, [{ socket } satisfies RemoteReader], [socket]);
  announce();
  let count = 1;
  const again = setInterval(() => {
    if (++count >= MOST_ANNOUNCED) clearInterval(again);
    announce();
  }, AGAIN).unref();
  return () => clearInterval(again);
}

/** Tells the server of a socket that nobody knows how far a read of its client reaches. */
export function tellUnplaced(namespace: Namespace, socket: string, unplaced: string): void {
  tellOtherServers(namespace, CATCH_UP, [{ socket, unplaced } satisfies RemoteReader], [socket]);
}

/** Tells the server of a socket how far its read reaches, once it has its answer. */
export function tellReader(
  namespaces: Iterable<Namespace>,
  socket: string,
  position: ReadPosition,
  entered: readonly FollowedRooms[],
): void {
  const told: RemoteReader = { socket, position: position.told, entered: [...entered] };
  for (const namespace of namespaces) tellOtherServers(namespace, CATCH_UP, [told], [socket]);
}
