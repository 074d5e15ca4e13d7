import type { Namespace, Socket } from 'socket.io';
import { debugLog } from '../../../common/log.js';
import { membersHere } from '../../../rooms/members/members.js';
import { membersNow, stillAllowed } from '../../../server/cluster/delivery/delivery.js';
import { roomsIn, type SentPublication } from '../../journal/sent-publication.js';
import { BEHIND_ROOM } from '../../subscriptions/stale-notices.js';
import type { Emission } from './emissions.js';

const debug = debugLog('resources');

/** Returns one emission for each version of a message that anybody here hears, the richest first. */
export function plainEmissions(
  namespace: Namespace,
  { note, omitted, versions }: SentPublication,
  to: 'ids' | 'rooms',
): Emission[] {
  const { rooms: all } = namespace.adapter;
  const emissions: Emission[] = [];
  const except = [...omitted];
  for (const { isShortened: hasMore, message, rooms: meant } of versions) {
    // Mostly, few of them have members: there is one for each verb and audience.
    const rooms = meant.filter((room) => all.has(room));
    if (rooms.length === 0) continue;
    debug?.(`${note.id}: ${message === undefined ? 'stopped for' : 'emit to'} ${rooms.join(', ')}`);
    const isForRooms = to === 'rooms' && message !== undefined;
    const recipients = isForRooms ? { to: rooms, except: [...except] } : { to: membersNow(namespace, rooms, except) };
    emissions.push({ ...recipients, message, hasMore });
    // A socket in several audiences sees the richest of their views.
    except.push(...rooms);
  }
  return emissions;
}

/** Tells sockets that are left out where the publication stands, so that they do not miss it. */
export function omittedEmissions(namespace: Namespace, sent: SentPublication): Emission[] {
  // Those who are behind are told to read again.
  const rooms = sent.omitted.filter((room) => room !== BEHIND_ROOM);
  if (rooms.length === 0) return [];
  const recipients = roomsIn(sent);
  const omitted = [...membersHere(namespace, rooms)].filter((socket) => isIn(socket, recipients));
  return omitted.length > 0 ? [{ to: omitted.map(({ id }) => id) }] : [];
}

export function isIn({ rooms }: Socket, names: readonly string[]): boolean {
  return names.some((name) => rooms.has(name));
}

/** Returns the same without sockets that have lost the right to it while it waited. */
export function allowedOf(
  namespace: Namespace,
  sent: SentPublication,
  emissions: readonly Emission[],
  since: number,
): Emission[] {
  const rooms = roomsIn(sent);
  return emissions.map((emission) => ({ ...emission, to: stillAllowed(namespace, emission.to, rooms, since) }));
}
