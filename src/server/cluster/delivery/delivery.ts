import type { Namespace, Server } from 'socket.io';
import { isRecord } from '../../../common/type-guards.js';
import { eachNamespace } from '../../namespaces.js';
import { deliveryLaneOf } from './delivery-lane.js';
import { heldSocketsOf } from './held-sockets.js';
import { lostRightsOf } from './lost-rights.js';
import { joinBytes, separateBytes, type SeparatedBytes } from '../message-bytes.js';
import { reachesOtherServers } from '../server-events.js';
import { hearOtherServers, tellOtherServers } from '../server-messages.js';

/** Who is to hear an event. */
export interface Recipients {
  /** The rooms whose members hear it, once; none stand for everybody, as in Socket.IO. */
  rooms: readonly string[];
  /** The rooms whose members do not hear it. */
  except?: readonly string[];
  /** Whether a client that cannot take it at once never hears it. @default false */
  volatile?: boolean;
}

/** The same as other servers are told it. */
interface Delivered extends Recipients {
  event: string;
  args: SeparatedBytes;
}

const DELIVER = 'deliver';

/**
 * Emits an event to sockets on all servers: to those of this server at once, and to others when their servers hear of
 * it.
 *
 * The adapter's own broadcast would not do. Most adapters emit to the sockets of this server only after the bus has
 * taken the message: an outage would delay them, and what is done to a room meanwhile would overtake the message. All
 * that goes to other servers goes one way, so that a message and the leaving of its room keep their order there, too.
 *
 * @param args plain data, in which bytes are `Buffer`s
 */
export function deliver(namespace: Namespace, recipients: Recipients, event: string, args: readonly unknown[]): void {
  deliverInOrder(namespace, recipients, event, args);
  if (!reachesOtherServers(namespace.adapter)) return;
  const { rooms, except, volatile } = recipients;
  const told: Delivered = { rooms, except, volatile, event, args: separateBytes(args) };
  // To everybody is to every server.
  tellOtherServers(namespace, DELIVER, [told], rooms.length > 0 ? rooms : undefined);
}

/** Emits what other servers deliver to the sockets of this one, from now on. */
export function deliverForOtherServers(io: Server): void {
  eachNamespace(io, (namespace) => {
    hearOtherServers(namespace, DELIVER, (told) => {
      if (!isDelivered(told)) throw new TypeError('It does not say who is to hear what.');
      deliverHeard(namespace, told, told.event, joinBytes(told.args) as unknown[]);
    });
  });
}

/** Lets pass what was published before, and still waits for its position. */
function deliverInOrder(namespace: Namespace, recipients: Recipients, event: string, args: readonly unknown[]): void {
  const order = deliveryLaneOf(namespace.server);
  if (order.isFree) return deliverHere(namespace, recipients, event, args);
  order.add()(laterDelivery(namespace, recipients, event, args));
}

/** Lets pass what its server has sent before, and still waits. */
function deliverHeard(namespace: Namespace, recipients: Recipients, event: string, args: readonly unknown[]): void {
  const order = deliveryLaneOf(namespace.server);
  if (!order.holdsHeard) return deliverHere(namespace, recipients, event, args);
  order.addHeard(laterDelivery(namespace, recipients, event, args));
}

/** Returns what delivers it to those who are to hear it now, as far as they still may by then. */
function laterDelivery(
  namespace: Namespace,
  { rooms, except = [], volatile }: Recipients,
  event: string,
  args: readonly unknown[],
): () => void {
  const since = performance.now();
  const members = membersNow(namespace, rooms, except);
  return () => {
    const ids = stillAllowed(namespace, members, rooms, since);
    if (ids.length > 0) deliverHere(namespace, { rooms: ids, volatile }, event, args, rooms);
  };
}

/**
 * Leaves out sockets that have lost the right to what they were to be sent since then.
 *
 * @param rooms those as members of which they were to be sent that
 * @param since when that was, by `performance.now()`
 */
export function stillAllowed(
  { server, sockets }: Namespace,
  ids: readonly string[],
  rooms: readonly string[],
  since: number,
): string[] {
  const rights = lostRightsOf(server);
  return ids.filter((id) => {
    const socket = sockets.get(id);
    return socket !== undefined && rights.allow(socket, rooms, since);
  });
}

/**
 * Returns the ids of the sockets of this server that are in these rooms, and not in others. No rooms stand for
 * everybody.
 */
export function membersNow({ adapter }: Namespace, rooms: readonly string[], except: readonly string[]): string[] {
  const ids =
    rooms.length > 0 ? new Set(rooms.flatMap((room) => [...(adapter.rooms.get(room) ?? [])])) : adapter.sids.keys();
  const left = except.map((room) => adapter.rooms.get(room));
  return [...ids].filter((id) => !left.some((members) => members?.has(id)));
}

/** @param grounds the rooms as members of which the recipients are sent it */
function deliverHere(
  namespace: Namespace,
  { rooms, except = [], volatile }: Recipients,
  event: string,
  args: readonly unknown[],
  grounds: readonly string[] = rooms,
): void {
  const emit = (to: readonly string[], left: readonly string[]): void => {
    const here = namespace.local.to([...to]).except([...left]);
    (volatile ? here.volatile : here).emit(event, ...args);
  };
  const held = heldSocketsOf(namespace.server);
  if (!held.areThere) return emit(rooms, except);
  const waiting: string[] = [];
  for (const { id, rooms: own } of held.in(namespace)) {
    const isMeant =
      (rooms.length === 0 || rooms.some((room) => own.has(room))) && !except.some((room) => own.has(room));
    if (!isMeant) continue;
    waiting.push(id);
    held.keep(id, grounds, () => emit([id], []));
  }
  emit(rooms, [...except, ...waiting]);
}

function isDelivered(told: unknown): told is Delivered {
  if (!isRecord(told) || typeof told.event !== 'string' || !areRooms(told.rooms)) return false;
  if (told.except !== undefined && !areRooms(told.except)) return false;
  const { args } = told;
  return isRecord(args) && Array.isArray(args.data) && Array.isArray(args.bytes);
}

function areRooms(rooms: unknown): rooms is string[] {
  return Array.isArray(rooms) && rooms.every((room) => typeof room === 'string');
}
