import type { Namespace, Socket } from 'socket.io';
import { ignoreRejection, fireAndForget, thenSync } from '../../common/promises.js';
import { debugLog } from '../../common/log.js';
import { readOptions } from '../../common/option-rules.js';
import { joinHere, membersOf, onlyMemberOf } from '../../rooms/members/members.js';
import { membersOnAllServers } from '../../rooms/members/member-questions.js';
import { hearingRooms } from '../../server/cluster/bus.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import { findRoomsOfTarget, type SocketTargets } from '../../rooms/target.js';
import type { RecordId } from '../../protocol/resource-message.js';
import { InvalidSliceError } from '../resources.errors.js';
import type { ResourceNamespaces } from './resource-namespaces.js';
import { TargetReach } from './target-reach.js';
import type { Resource } from '../definition/resource.js';
import type { SliceOf } from '../slices/slice.js';

const debug = debugLog('resources');

/** A record, or its id. */
export type IdOrRecord<T> = RecordId | Partial<T>;

/** Options of a subscription. */
export interface SubscribeOptions {
  /**
   * The verbs to hear; they add up over several calls.
   *
   * @default all of them, or what the resource's `autosubscribe` says
   */
  verbs?: string | readonly string[];
}

/** Subscribes sockets to a resource's records: the half of a channel that sends nothing. */
export class ResourceSubscriptions<T> {
  readonly #resource: Resource;
  readonly #server: SocketsServer;
  readonly #namespaces: ResourceNamespaces;

  /** @internal */
  constructor(resource: Resource, server: SocketsServer, namespaces: ResourceNamespaces) {
    this.#resource = resource;
    this.#server = server;
    this.#namespaces = namespaces;
  }

  /** The name of the resource, and of its event. */
  get name(): string {
    return this.#resource.name;
  }

  /**
   * Subscribes the target to these records. Whether they exist, and whether the target may read them, is not checked:
   * that is up to the caller.
   *
   * @throws InvalidTargetError, ForeignNamespaceError, InvalidRecordIdError, UnknownVerbError, VerbsRequiredError,
   *   InvalidEmitOptionsError
   */
  subscribe(
    target: SocketTargets,
    ids: IdOrRecord<T> | readonly IdOrRecord<T>[],
    options?: SubscribeOptions,
  ): Promise<void> {
    return fireAndForget(() => {
      const socket = options === undefined && !Array.isArray(ids) ? this.#onlySocketOf(target) : undefined;
      if (socket) {
        joinHere(socket, this.#resource.rooms.record(this.#resource.idOf(ids)));
        return hearingRooms(this.#server.io);
      }
      const verbs = this.#readVerbs('subscribe', options);
      return this.#changeRooms('subscribe', target, 'socketsJoin', this.#roomsOf(ids, verbs));
    });
  }

  /**
   * Ends the target's subscriptions to these records, for all verbs. Watchers of the collection still hear of them.
   *
   * @throws InvalidTargetError, ForeignNamespaceError, InvalidRecordIdError
   */
  unsubscribe(target: SocketTargets, ids: IdOrRecord<T> | readonly IdOrRecord<T>[]): Promise<void> {
    return fireAndForget(() => {
      const rooms = idsIn(this.#resource, ids).flatMap((id) => this.#resource.allRecordRooms(id));
      return this.#changeRooms('unsubscribe', target, 'socketsLeave', rooms);
    });
  }

  /**
   * Subscribes the target to all records, new ones included. It costs one room, no matter how many records there are.
   *
   * @param slice watches the slice with these values only, such as `{ boardId: 7 }`, including which records enter and
   *   leave it. The fields must be exactly those of a slice that the resource declares
   * @param options `verbs`: only these; for a slice, also `entered` and `left`
   * @throws InvalidTargetError, ForeignNamespaceError, InvalidSliceError, UnknownVerbError, VerbsRequiredError,
   *   InvalidEmitOptionsError
   */
  watch(target: SocketTargets, slice?: SliceOf<T>, options?: SubscribeOptions): Promise<void> {
    return fireAndForget(() => {
      const key = this.#readSlice('watch', slice);
      const verbs = this.#readVerbs('watch', options);
      return this.#changeRooms('watch', target, 'socketsJoin', this.#resource.rooms.ofCollection(verbs, key));
    });
  }

  /**
   * Stops watching the collection, for all verbs. Subscriptions to single records remain.
   *
   * @param slice stops watching this slice instead. Without it, watched slices remain watched
   * @throws InvalidTargetError, ForeignNamespaceError, InvalidSliceError
   */
  unwatch(target: SocketTargets, slice?: SliceOf<T>): Promise<void> {
    return fireAndForget(() => {
      const key = this.#readSlice('unwatch', slice);
      return this.#changeRooms('unwatch', target, 'socketsLeave', this.#resource.allCollectionRooms(key));
    });
  }

  /**
   * Returns the ids of the sockets, on all servers, that are subscribed to a record, for any verb.
   *
   * @throws InvalidRecordIdError
   */
  subscribers(id: IdOrRecord<T>): Promise<string[]> {
    return ignoreRejection(() =>
      this.#socketsIn('subscribers', this.#resource.allRecordRooms(this.#resource.idOf(id))),
    );
  }

  /**
   * Returns the ids of the sockets, on all servers, that watch the collection, for any verb.
   *
   * @param slice returns those that watch this slice instead
   * @throws InvalidSliceError
   */
  watchers(slice?: SliceOf<T>): Promise<string[]> {
    return ignoreRejection(() => {
      const key = this.#readSlice('watchers', slice);
      return this.#socketsIn('watchers', this.#resource.allCollectionRooms(key));
    });
  }

  /**
   * Returns the name of a record's room. A socket that code puts into it, by `join` with
   * `{ trusted: true }`, hears what the record's subscribers hear.
   *
   * @throws InvalidRecordIdError
   */
  getRoomName(id: IdOrRecord<T>): string {
    return this.#resource.rooms.record(this.#resource.idOf(id));
  }

  /**
   * Returns the socket that a call is about, if it is connected to this server, and enters one room of this resource,
   * whoever it belongs to. Most calls are about one, and then there is nothing to ask others, or to tell them.
   */
  #onlySocketOf(target: SocketTargets): Socket | undefined {
    if (debug || !this.#resource.hasOneRoomForAll || !this.#server.exists) return undefined;
    const names = this.#namespaces.of(this.name);
    const namespace = names.length === 1 ? this.#server.io._nsps.get(names[0]) : undefined;
    if (!namespace) return undefined;
    if (typeof target === 'string') return onlyMemberOf(namespace, target);
    const isHere = (target as Partial<Socket> | undefined)?.nsp === namespace;
    return isHere ? onlyMemberOf(namespace, (target as Socket).id) : undefined;
  }

  /** Returns the rooms that a subscription to these records enters. */
  #roomsOf(ids: unknown, verbs: readonly string[] | undefined): string[] {
    const resource = this.#resource;
    if (!Array.isArray(ids)) return resource.rooms.ofRecord(resource.idOf(ids), verbs);
    if (verbs) return ids.flatMap((id) => resource.rooms.ofRecord(resource.idOf(id), verbs));
    return ids.map((id) => resource.rooms.record(resource.idOf(id)));
  }

  #readVerbs(method: string, options: SubscribeOptions | undefined): readonly string[] | undefined {
    const where = `${this.name}.${method}`;
    const { verbs } = readOptions<SubscribeOptions>(where, options, { verbs: undefined });
    return this.#resource.subscribedVerbs(where, verbs);
  }

  /**
   * Reads a slice's key. A slice that is given but wrong is refused, so that it does not count as the whole collection.
   */
  #readSlice(method: string, given: unknown): string | undefined {
    if (given === undefined) return undefined;
    const { name, slices } = this.#resource;
    const key = slices.keyOf(given);
    if (key === undefined) throw new InvalidSliceError(`${name}.${method}`, name, given, slices.names);
    return key;
  }

  #changeRooms(
    method: string,
    target: SocketTargets,
    how: 'socketsJoin' | 'socketsLeave',
    rooms: string[],
  ): void | Promise<void> {
    const where = `${this.name}.${method}`;
    const namespaces = this.#namespaces.of(this.name);
    const members = findRoomsOfTarget(where, target, namespaces, this.#server.io);
    return thenSync<string[], void>(members, (known) => {
      debug?.(`${where}: ${how} ${rooms.join(', ')} for ${known.join(', ')}`);
      const { io } = this.#server;
      if (how === 'socketsJoin' && TargetReach.isLimited(io, namespaces)) {
        return this.#joinWithin(new TargetReach(where, io, namespaces), namespaces, known, rooms);
      }
      for (const namespace of namespaces) membersOf(io.of(namespace), known)[how](rooms);
      return how === 'socketsJoin' ? hearingRooms(io) : undefined;
    });
  }

  #joinWithin(
    reach: TargetReach,
    namespaces: readonly string[],
    known: string[],
    rooms: string[],
  ): void | Promise<void> {
    const unknown = reach.assertHere(known);
    for (const namespace of namespaces) membersOf(this.#server.namespace(namespace), known).socketsJoin(rooms);
    const heard = hearingRooms(this.#server.io);
    return thenSync(heard, () => (unknown.length > 0 ? reach.assertElsewhere(unknown) : undefined));
  }

  async #socketsIn(method: string, rooms: string[]): Promise<string[]> {
    const namespaces = this.#namespaces.of(this.name).map((name) => this.#server.namespace(name));
    const ask = (namespace: Namespace): Promise<string[]> =>
      membersOnAllServers(`${this.name}.${method}`, namespace, rooms);
    return (await Promise.all(namespaces.map(ask))).flat();
  }
}

/** Returns the ids that a caller gives: those of records, or of a single one. */
export function idsIn(resource: Resource, ids: unknown): RecordId[] {
  const given: readonly unknown[] = Array.isArray(ids) ? ids : [ids];
  return given.map((id) => resource.idOf(id));
}
