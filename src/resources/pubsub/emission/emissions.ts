import type { Namespace, Socket } from 'socket.io';
import { Json } from '../../../common/json.js';
import type { DeliveryNote } from '../../../protocol/notes.js';
import { type GoOn, heldSocketsOf } from '../../../server/cluster/delivery/held-sockets.js';
import { emitJson } from '../../../server/outbound/json-packets.js';
import { roomsIn, type SentPublication } from '../../journal/sent-publication.js';
import { AlreadySent } from './already-sent.js';
import { socketsOf, tellPosition } from './position-notes.js';

/** One message to some sockets of this server. */
export interface Emission {
  /** The ids of the sockets or, in place of them, all members of rooms. */
  readonly to: readonly string[];
  /** The rooms whose members are left out, if these are rooms. */
  readonly except?: readonly string[];
  /** Absent where they are told nothing but where the publication stands. */
  readonly message?: Json;
  /** Whether the message contains less than the record may show. */
  readonly hasMore?: boolean;
}

/**
 * Emits messages to sockets of this server, and keeps back those for sockets that are being sent earlier ones at
 * present.
 */
export class Emissions {
  private readonly alreadySent = new AlreadySent();

  /** Keeps back what is sent to a socket, until every function that was returned for it has been called. */
  hold(socket: Socket): GoOn {
    return heldSocketsOf(socket.nsp.server).hold(socket, (sent) => this.alreadySent.add(socket.id, sent));
  }

  /** Whether messages have to name their sockets: some are kept back. */
  areHeld({ server }: Namespace): boolean {
    return heldSocketsOf(server).areThere;
  }

  perform(namespace: Namespace, sent: SentPublication, emissions: readonly Emission[], note: DeliveryNote): void {
    const done = this.alreadySent.to(note.id);
    for (const one of emissions) {
      const emission = done.length > 0 ? without(done, one) : one;
      const free = this.areHeld(namespace) && !emission.except ? holdBack(namespace, sent, emission, note) : emission;
      if (free.to.length > 0) emit(namespace, sent.resource, free, note);
    }
  }

  /** Sends a socket what the rest waits for. */
  performFirst(
    { nsp }: Socket,
    { resource }: SentPublication,
    emissions: readonly Emission[],
    note: DeliveryNote,
  ): void {
    for (const emission of emissions) emit(nsp, resource, emission, note);
  }
}

/** Returns the same without the sockets for which it was kept back. */
function holdBack(namespace: Namespace, sent: SentPublication, emission: Emission, note: DeliveryNote): Emission {
  const held = heldSocketsOf(namespace.server);
  const waiting = emission.to.filter((id) => held.has(id));
  if (waiting.length === 0) return emission;
  const rooms = roomsIn(sent);
  for (const id of waiting) {
    held.keep(id, rooms, (known) => {
      if (!known.has(note.id)) emit(namespace, sent.resource, { ...emission, to: [id] }, note);
    });
  }
  return { ...emission, to: emission.to.filter((id) => !held.has(id)) };
}

function without(sockets: readonly string[], emission: Emission): Emission {
  const { to, except } = emission;
  if (except) return { ...emission, except: [...except, ...sockets] };
  return { ...emission, to: to.filter((id) => !sockets.includes(id)) };
}

function emit(namespace: Namespace, resource: string, emission: Emission, note: DeliveryNote): void {
  const { to, except, message, hasMore } = emission;
  if (message === undefined) return tellPosition(socketsOf(namespace, to), resource, note);
  emitJson(namespace, { rooms: to, except }, resource, [message, Json.of(hasMore ? { ...note, more: true } : note)]);
}
