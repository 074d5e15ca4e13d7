import { HttpStatus } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Socket } from 'socket.io';
import { debugLog } from '../../common/log.js';
import { answerClients } from '../../server/inbound/client-events.js';
import { isObject } from '../../common/type-guards.js';
import { errorBody, errorResponse } from '../../common/error-body.js';
import { ReservedEventError } from '../../server/server.errors.js';
import { gatewayHandlers } from '../../server/gateways/gateways.js';
import { membersOf } from '../../rooms/members/members.js';
import { SocketsServer } from '../../server/sockets-server.js';
import type { ResolvedIoServerOptions } from '../../server/options/server.options.js';
import type { SocketResponse } from '../../protocol/request.js';
import type { RecordId } from '../../protocol/resource-message.js';
import { UNSUBSCRIBE_EVENT, type Unsubscription } from '../../protocol/subscription.js';
import { ResourceRegistry } from '../definition/resource-registry.js';
import type { Resource } from '../definition/resource.js';

const debug = debugLog('resources');

/** The most ids that one call may name. */
const MAX_IDS = 1_000;

/** Serves the event with which clients end their subscriptions, in every namespace. */
export class ClientUnsubscriptions {
  constructor(
    private readonly server: SocketsServer,
    private readonly registry: ResourceRegistry,
    private readonly discovery: DiscoveryService,
    private readonly options: ResolvedIoServerOptions,
  ) {}

  /**
   * Serves the event from now on, in existing and future namespaces.
   *
   * @throws ReservedEventError when a gateway handles the event itself
   */
  listen(): void {
    this.refuseHandlers();
    answerClients(this.server.io, UNSUBSCRIBE_EVENT, (socket, message) => this.answer(socket, message));
  }

  private refuseHandlers(): void {
    for (const { name, event } of gatewayHandlers(this.discovery, this.options)) {
      if (event !== UNSUBSCRIBE_EVENT) continue;
      throw new ReservedEventError(
        name,
        UNSUBSCRIBE_EVENT,
        'clients end their subscriptions by that event. Rename it.',
      );
    }
  }

  /** Ends subscriptions. The response is the same whether there were any or not. */
  private answer(socket: Socket, said: unknown): SocketResponse {
    if (!isUnsubscription(said)) {
      const forms = `{ resource: 'name', ids: [1, 2] }, with at most ${MAX_IDS} ids, or { resource, slice }`;
      return refusal(HttpStatus.BAD_REQUEST, `Send ${forms}.`);
    }
    const resource = this.registry.find(said.resource);
    if (!resource) return refusal(HttpStatus.NOT_FOUND, 'There is no such resource.');
    const slice = said.slice && resource.slices.keyOf(said.slice);
    if (said.slice && slice === undefined)
      return refusal(HttpStatus.BAD_REQUEST, 'The slice needs exactly the fields of one that the resource has.');
    // A text may be the key of one record and the id of another: to leave both ends no more than was asked for.
    const ids = said.ids?.map((id) => resource.keys.allOf(id));
    if (ids?.some(({ length }) => length === 0)) return refusal(HttpStatus.BAD_REQUEST, refusedId(resource));
    const rooms =
      slice === undefined
        ? roomsIn(socket, resource, ids?.flat())
        : resource.allCollectionRooms(slice).filter((room) => socket.rooms.has(room));
    debug?.(`socket ${socket.id} unsubscribes from ${said.resource}: leaves ${rooms.length} room(s)`);
    if (rooms.length > 0) membersOf(socket.nsp, [socket.id]).socketsLeave(rooms);
    return { headers: {}, statusCode: HttpStatus.NO_CONTENT };
  }
}

function refusedId({ keys }: Resource): string {
  const key = keys.field === undefined ? '' : `, nor a known ${keys.field}`;
  return `One of the ids is not an id${key}.`;
}

/**
 * Finds the rooms of these records that a socket is in, by whichever is less work: looking at all of its rooms, or at
 * all rooms that the records may have.
 *
 * @param ids all records and slices, and the collection, if `undefined`
 */
function roomsIn({ rooms }: Socket, resource: Resource, ids: RecordId[] | undefined): string[] {
  if (!ids) return [...rooms].filter((room) => resource.rooms.has(room));
  const [first] = ids;
  if (first === undefined) return [];
  if (rooms.size > ids.length * resource.allRecordRooms(first).length) {
    return ids.flatMap((id) => resource.allRecordRooms(id)).filter((room) => rooms.has(room));
  }
  const wanted = new Set(ids.map((id) => resource.ids.canonicalFormOf(id)));
  return [...rooms].filter((room) => wanted.has(resource.rooms.read(room)?.id ?? ''));
}

/** Checks what a client sent, which may be anything. */
function isUnsubscription(said: unknown): said is Unsubscription {
  if (typeof said !== 'object' || said === null) return false;
  const { resource, ids, slice } = said as Record<string, unknown>;
  if (typeof resource !== 'string' || (ids !== undefined && slice !== undefined)) return false;
  return slice === undefined ? ids === undefined || isListOfIds(ids) : isObject(slice);
}

function isListOfIds(ids: unknown): boolean {
  const isId = (id: unknown): boolean => typeof id === 'string' || typeof id === 'number';
  return Array.isArray(ids) && ids.length <= MAX_IDS && ids.every(isId);
}

function refusal(statusCode: number, message: string): SocketResponse {
  return errorResponse(errorBody(statusCode, message));
}
