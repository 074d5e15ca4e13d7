import { eachNamespace } from '../../server/namespaces.js';
import { Logger } from '@nestjs/common';
import type { Namespace, Server, Socket } from 'socket.io';
import { RoomNotTrackedError } from '../rooms.errors.js';
import { logFailure } from '../../common/log.js';
import { type Identities, userOf } from '../../connections/identities.js';
import type { Reauthentication } from '../../connections/authentication/reauthentication.js';
import type { RoomTemplate } from '../room-template.js';
import { copyWithBinary } from '../../common/json.js';
import type { ResolvedIoServerOptions } from '../../server/server.options.js';
import { NamespacePresence, type Census } from './namespace-presence.js';
import { DEFAULT_FORGET_AFTER, type PresenceOptions } from './presence.options.js';
import type { PresentUser } from './roster.js';
import { TrackedRooms } from './tracked-rooms.js';

/** How often, in the time after which a silent server is forgotten, it says that it is there. */
const BEATS = 5;

/** Who is in the rooms for which that was declared, by user, in every namespace. */
export class Presence {
  private readonly logger = new Logger('SocketsModule');
  private readonly options: PresenceOptions;
  private readonly tracked: TrackedRooms;
  private readonly namespaces = new Map<string, NamespacePresence>();
  private readonly census: Census;
  private readonly complaints = new Set<string>();
  private beating: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(
    private readonly identities: Identities,
    private readonly reauthentication: Reauthentication,
    private readonly serverOptions: ResolvedIoServerOptions & { presence?: PresenceOptions },
  ) {
    this.options = serverOptions.presence ?? {};
    this.tracked = new TrackedRooms([this.options.rooms ?? []].flat());
    this.census = {
      isTracked: (room) => this.tracked.has(room),
      idOf: (socket) => this.attempt('The option "userId"', () => this.identities.idOf(userOf(socket))),
      show: (socket) => this.attempt('The option "presence.show"', () => this.show(socket)),
    };
  }

  /** Rooms of these names, too; to be said before `listen()`. */
  track(template: RoomTemplate): void {
    this.tracked.add(template);
  }

  /** From now on, in the namespaces that there are and in those to come. Where nothing is declared, nothing is done. */
  listen(io: Server): void {
    if (this.tracked.areNone) return;
    const attend = (namespace: Namespace): void => {
      if (this.isOver) return;
      this.namespaces.get(namespace.name)?.end();
      this.namespaces.set(namespace.name, new NamespacePresence(namespace, this.census));
    };
    eachNamespace(io, attend);
    this.reauthentication.onSuccess((socket) => this.namespaces.get(socket.nsp.name)?.recount(socket));
  }

  /** Tells the other servers, from now on, that this one is there, and forgets those that have been silent. */
  startBeating(io: Server): void {
    if (this.tracked.areNone) return;
    const { forgetAfter = DEFAULT_FORGET_AFTER } = this.options;
    const interval = forgetAfter / BEATS;
    // One interval earlier, since it is looked at no more often than that.
    this.beating = setInterval(() => this.beat(io, forgetAfter - interval, interval), interval).unref();
  }

  /** Before its sockets are closed, one by one: their users have left at once. */
  end(): void {
    this.isOver = true;
    clearInterval(this.beating);
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

  /** Socket.IO may end a namespace when its last socket leaves. */
  private drop(name: string, presence: NamespacePresence): void {
    presence.end();
    this.namespaces.delete(name);
  }

  /** As every server can be told it. */
  private show(socket: Socket): unknown {
    const user = userOf(socket);
    const shown = this.options.show?.(user);
    if (shown instanceof Promise) throw new TypeError('It gave a promise. What is shown has to be known at once.');
    const json = JSON.stringify(shown) as string | undefined;
    return json === undefined
      ? undefined
      : copyWithBinary('presence.show', JSON.parse(json), this.serverOptions.maxNesting);
  }

  /** What the application throws must not reach the adapter. It is told once. */
  private attempt<T>(what: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!this.complaints.has(what)) logFailure(this.logger, `${what} failed for somebody who joined a room.`, error);
      this.complaints.add(what);
      return undefined;
    }
  }
}
