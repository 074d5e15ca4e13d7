import type { Namespace, Server, Socket } from 'socket.io';
import { copyWithBinary } from '../../common/json.js';
import { LineLogger, logFailure } from '../../common/log.js';
import type { Reauthentication } from '../../connections/authentication/reauthentication.js';
import { type Identities, userOf } from '../../connections/identities.js';
import { eachNamespace } from '../../server/namespaces.js';
import type { RoomTemplate } from '../room-template.js';
import { RoomNotTrackedError } from '../rooms.errors.js';
import { type Census, NamespacePresence } from './namespace-presence.js';
import { DEFAULT_FORGET_AFTER, type PresenceOptions } from './presence.options.js';
import type { PresentUser } from './roster.js';
import { TrackedRooms } from './tracked-rooms.js';

/** How often a server announces itself in the time after which a silent one is forgotten. */
const BEATS = 5;

/** Knows, in every namespace, which users are in the rooms that are declared to be tracked. */
export class Presence {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly options: PresenceOptions;
  private readonly tracked: TrackedRooms;
  private readonly namespaces = new Map<string, NamespacePresence>();
  private readonly census: Census;
  /** The options whose failures have been logged. */
  private readonly logged = new Set<string>();
  private beatTimer: NodeJS.Timeout | undefined;
  private hasEnded = false;

  constructor(
    private readonly identities: Identities,
    private readonly reauthentication: Reauthentication,
    private readonly moduleOptions: { maxNesting: number; presence?: PresenceOptions },
  ) {
    this.options = moduleOptions.presence ?? {};
    this.tracked = new TrackedRooms([this.options.rooms ?? []].flat());
    this.census = {
      isTracked: (room) => this.tracked.has(room),
      idOf: (socket) => this.tryOption('The option "userId"', () => this.identities.idOf(userOf(socket))),
      show: (socket) => this.tryOption('The option "presence.show"', () => this.show(socket)),
    };
  }

  /** Tracks the rooms of a template, too. Must be called before `listen()`. */
  track(template: RoomTemplate): void {
    this.tracked.add(template);
  }

  /** Counts the sockets in tracked rooms from now on, in every namespace. Does nothing where no room is tracked. */
  listen(io: Server): void {
    if (this.tracked.isEmpty) return;
    const count = (namespace: Namespace): void => {
      if (this.hasEnded) return;
      this.namespaces.get(namespace.name)?.end();
      this.namespaces.set(namespace.name, new NamespacePresence(namespace, this.census));
    };
    eachNamespace(io, count);
    this.reauthentication.onSuccess((socket) => this.namespaces.get(socket.nsp.name)?.recount(socket));
  }

  /** Tells other servers, from now on, that this one is alive, and forgets those that have been silent. */
  startBeating(io: Server): void {
    if (this.tracked.isEmpty) return;
    const { forgetAfter = DEFAULT_FORGET_AFTER } = this.options;
    const interval = forgetAfter / BEATS;
    // One interval earlier, since that is how late a silence may be noticed.
    this.beatTimer = setInterval(() => this.beat(io, forgetAfter - interval, interval), interval).unref();
  }

  /** Lets all users of this server leave at once, before its sockets are closed one by one. */
  end(): void {
    this.hasEnded = true;
    clearInterval(this.beatTimer);
    for (const presence of this.namespaces.values()) presence.end();
  }

  /** @throws RoomNotTrackedError */
  usersIn(namespace: string, room: string): PresentUser[] {
    if (!this.tracked.has(room)) throw new RoomNotTrackedError(room);
    return this.namespaces.get(namespace)?.usersIn(room) ?? [];
  }

  private beat(io: Server, silence: number, interval: number): void {
    for (const [name, presence] of this.namespaces) {
      if (io._nsps.get(name) === presence.namespace) presence.beat(silence, interval);
      else this.drop(name, presence);
    }
  }

  /** Gives up a namespace that Socket.IO has ended, as it may do when the last socket leaves. */
  private drop(name: string, presence: NamespacePresence): void {
    presence.end();
    this.namespaces.delete(name);
  }

  /** Returns what the option shows of a user, as JSON can carry it to other servers. */
  private show(socket: Socket): unknown {
    const user = userOf(socket);
    const shown = this.options.show?.(user);
    if (shown instanceof Promise) throw new TypeError('It gave a promise. What is shown has to be known at once.');
    const json = JSON.stringify(shown) as string | undefined;
    return json === undefined
      ? undefined
      : copyWithBinary('presence.show', JSON.parse(json), this.moduleOptions.maxNesting);
  }

  /** Keeps what the application throws away from the adapter, and logs it once. */
  private tryOption<T>(what: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!this.logged.has(what)) logFailure(this.logger, `${what} failed for somebody who joined a room.`, error);
      this.logged.add(what);
      return undefined;
    }
  }
}
