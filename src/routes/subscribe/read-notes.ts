import type { Socket } from 'socket.io';
import { identitiesOf } from '../../connections/identities.js';
import { kindOfCaller } from '../../connections/requester/caller-kind.js';
import { userOfRequest } from '../../connections/requester/caller.js';
import { ownSocket, type HttpRequest } from '../../connections/requester/requesting-socket.js';
import type { ReadRecord } from '../../resources/readers/personal-questions.js';
import type { ShownRead, ShownRooms } from '../../resources/readers/shown-read.js';
import type { Resources } from '../../resources/resources.js';
import { tellOfEntry } from '../../rooms/members/entry-listener.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import type { RouteResult } from '../request/route-result.js';
import {
  type ApplicationRooms,
  groupByResource,
  isOfResource,
  type RoomChange,
  type SubscriptionRooms,
} from './room-change.js';

/** Notes what a read shows, and to which kind of caller: it limits what its reader is sent later. */
export class ReadNotes {
  constructor(
    private readonly resources: Resources,
    private readonly server: SocketsServer,
  ) {}

  /** Returns the note that a socket takes along into the rooms of a read. */
  noteOf({ name: route }: RoomChange, shown: readonly ShownRooms[], kind: string): ShownRead {
    return { route, kind, rooms: shown.length === 1 ? shown : shareRooms(shown) };
  }

  /** Notes what the read would show now of the rooms that the socket is in. */
  showAgain(change: RoomChange, socket: Socket, allowed: readonly SubscriptionRooms[], result: RouteResult): void {
    if (!this.resources.users.areKnown) return;
    const kind = this.kindOf(change, result);
    for (const { shown } of groupByResource(allowed, true).values()) {
      const rooms = shown.flatMap((one) => one.rooms).filter((room) => socket.rooms.has(room));
      tellOfEntry(socket, rooms, this.noteOf(change, shown, kind), performance.now());
    }
  }

  /** Compares what the answer says of records with what others were answered before. */
  compare(change: RoomChange, found: ReadonlyArray<SubscriptionRooms | ApplicationRooms>, kind: () => string): void {
    if (!this.resources.users.areKnown) return;
    const records = found.filter(isOfResource).flatMap(({ answered, about, resource: name }): ReadRecord[] => {
      const resource = this.resources.registry.find(name);
      return resource && answered && about?.id !== undefined ? [{ resource, id: about.id, record: answered }] : [];
    });
    if (records.length > 0) this.resources.questions.compare(change.name, kind(), records);
  }

  /** Names the kind of a read: those of the same route by the same caller. */
  kindOf({ name }: RoomChange, { context }: RouteResult): string {
    if (!this.resources.users.areKnown) return '';
    const request = context.request as HttpRequest;
    const socket = ownSocket(request);
    const user = userOfRequest(request, this.server.io) ?? (socket && identitiesOf(this.server.io)?.userIdOf(socket));
    return `${name} ${kindOfCaller(request, user)}`;
  }
}

/** Writes only once what an answer shows of several rooms: of a list, it is usually the same for all records. */
function shareRooms(shown: readonly ShownRooms[]): ShownRooms[] {
  const shared = new Map<string, ShownRooms & { rooms: string[] }>();
  for (const { rooms, ...fields } of shown) {
    const key = JSON.stringify(fields);
    const same = shared.get(key) ?? { ...fields, rooms: [] };
    shared.set(key, same);
    same.rooms.push(...rooms);
  }
  return [...shared.values()];
}
