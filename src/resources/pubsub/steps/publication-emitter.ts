import { debugLog } from '../../../common/log.js';
import type { DeliveryNote } from '../../../protocol/notes.js';
import { membersOf } from '../../../rooms/members/members.js';
import { findRoomsOfTarget, type SocketTargets } from '../../../rooms/target.js';
import { deliver } from '../../../server/cluster/delivery.js';
import type { SocketsServer } from '../../../server/sockets-server.js';
import type { ResourceNamespaces } from '../../subscriptions/resource-namespaces.js';
import { BEHIND_ROOM } from '../../subscriptions/stale-notices.js';
import { STOPPED, type Publication, type Version } from '../publication.js';

const debug = debugLog('resources');

/** Emits publications to the sockets in their rooms, in every namespace that carries the resource. */
export class PublicationEmitter {
  constructor(
    private readonly server: SocketsServer,
    private readonly namespaces: ResourceNamespaces,
  ) {}

  /**
   * Emits once for each version of the message, the richest first.
   *
   * @param audiences of the resource
   * @returns whether anything was emitted, rather than stopped
   */
  emit(publication: Publication, omitted: readonly string[], audiences: readonly string[]): boolean {
    const { note, resource, versions } = publication;
    const except = resource.isRefetched ? [...omitted, BEHIND_ROOM] : [...omitted];
    for (const version of versions) {
      const rooms = roomsOf(publication, version, audiences);
      debug?.(`${note.id}: ${version.message === STOPPED ? 'stopped for' : 'emit to'} ${rooms.join(', ')}`);
      if (version.message !== STOPPED) {
        for (const namespace of this.namespaces.of(resource.name)) {
          const args = [version.message, noteOf(version, note)];
          deliver(this.server.namespace(namespace), { rooms, except: [...except] }, resource.name, args);
        }
      }
      // A socket in several audiences sees the richest of their views.
      except.push(...rooms);
    }
    return versions.some(({ message }) => message !== STOPPED);
  }

  /** @throws ServerNotReadyError before there is a server */
  assertCanEmit(): void {
    void this.server.io;
  }

  /** Ends all subscriptions to records that are gone, on every server. */
  retire({ note, resource, recipients, retires }: Publication): void {
    if (!retires || !this.server.exists) return;
    const rooms = recipients.ids.flatMap((id) => resource.allRecordRooms(id));
    debug?.(`${note.id}: end subscriptions to ${resource.name} ${recipients.ids.join(', ')}`);
    for (const namespace of this.namespaces.of(resource.name)) {
      membersOf(this.server.namespace(namespace), rooms).socketsLeave(rooms);
    }
  }

  /**
   * Finds the rooms of the sockets that must not receive a publication. The requester may be connected to another
   * server, which then has to be asked, or to a namespace that does not carry the resource: then it is in none of the
   * rooms anyway.
   *
   * @throws InvalidTargetError
   */
  findOmitted(method: string, except: SocketTargets): string[] | Promise<string[]> {
    const { io } = this.server;
    return findRoomsOfTarget(method, except, [...io._nsps.keys()], io);
  }
}

/** Says whether a client that reads the record may find more than the message has. */
function noteOf({ isShortened }: Version, note: DeliveryNote): DeliveryNote {
  return isShortened ? { ...note, more: true } : note;
}

/** Returns the rooms of one version. A message with one version goes to all audiences at once. */
export function roomsOf(
  { resource, recipients, versions, to = [] }: Publication,
  { audience }: Version,
  audiences: readonly string[],
): string[] {
  const addressed = versions.length > 1 ? [audience] : [undefined, ...audiences];
  const rooms = addressed.flatMap((one) => resource.roomsOf(recipients, one));
  return audience === undefined ? [...new Set([...to, ...rooms])] : rooms;
}
