import type { Namespace, Server } from 'socket.io';
import { isRecord } from '../../common/type-guards.js';
import { eachNamespace } from '../namespaces.js';
import { joinBytes, separateBytes, type SeparatedBytes } from './message-bytes.js';
import { reachesOtherServers } from './server-events.js';
import { hearOtherServers, tellOtherServers } from './server-messages.js';

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
  deliverHere(namespace, recipients, event, args);
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
      deliverHere(namespace, told, told.event, joinBytes(told.args) as unknown[]);
    });
  });
}

function deliverHere(
  namespace: Namespace,
  { rooms, except = [], volatile }: Recipients,
  event: string,
  args: readonly unknown[],
): void {
  const here = namespace.local.to([...rooms]).except([...except]);
  (volatile ? here.volatile : here).emit(event, ...args);
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
