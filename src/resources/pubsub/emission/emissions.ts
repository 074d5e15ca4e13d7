import type { Namespace, Socket } from 'socket.io';
import type { DeliveryNote } from '../../../protocol/notes.js';
import { AlreadySent } from './already-sent.js';
import { socketsOf, tellPosition } from './position-notes.js';

/** One message to some sockets of this server. */
export interface Emission {
  /** The ids of the sockets or, in place of them, all members of rooms. */
  readonly to: readonly string[];
  /** The rooms whose members are left out, if these are rooms. */
  readonly except?: readonly string[];
  /** Absent where they are told nothing but where the publication stands. */
  readonly message?: unknown;
  /** Whether the message contains less than the record may show. */
  readonly hasMore?: boolean;
}

/** Lets a socket be sent again what is emitted to it, but for publications that it has by now, by their ids. */
export type GoOn = (sent: ReadonlySet<string>) => void;

/** A socket that is being sent what it has missed, by one read or several. */
interface HeldSocket {
  holders: number;
  /** What waits for it, in order. */
  waiting: GoOn[];
  /** The ids of publications that it was sent meanwhile. */
  sent: Set<string>;
}

/**
 * Emits messages to sockets of this server, and keeps back those for sockets that are being sent earlier ones at
 * present.
 */
export class Emissions {
  private readonly held = new Map<string, HeldSocket>();
  private readonly alreadySent = new AlreadySent();

  /** Whether messages have to name their sockets: some are kept back. */
  get areHeld(): boolean {
    return this.held.size > 0;
  }

  /** Keeps back what is emitted to a socket, until every function that was returned for it has been called. */
  hold({ id }: Socket): GoOn {
    const socket = this.held.get(id) ?? { holders: 0, waiting: [], sent: new Set() };
    this.held.set(id, socket);
    socket.holders++;
    return (sent) => {
      for (const one of sent) socket.sent.add(one);
      if (--socket.holders > 0) return;
      this.held.delete(id);
      for (const send of socket.waiting) send(socket.sent);
      this.alreadySent.add(id, socket.sent);
    };
  }

  perform(namespace: Namespace, resource: string, emissions: readonly Emission[], note: DeliveryNote): void {
    const done = this.alreadySent.to(note.id);
    for (const one of emissions) {
      const emission = done.length > 0 ? without(done, one) : one;
      const free = this.areHeld && !emission.except ? this.holdBack(namespace, resource, emission, note) : emission;
      if (free.to.length > 0) emit(namespace, resource, free, note);
    }
  }

  /** Returns the same without the sockets for which it was kept back. */
  private holdBack(namespace: Namespace, resource: string, emission: Emission, note: DeliveryNote): Emission {
    const isHeld = (id: string): boolean => this.held.has(id);
    for (const id of emission.to.filter(isHeld)) {
      this.held.get(id)?.waiting.push((sent) => {
        if (!sent.has(note.id)) emit(namespace, resource, { ...emission, to: [id] }, note);
      });
    }
    return { ...emission, to: emission.to.filter((id) => !isHeld(id)) };
  }
}

function without(sockets: readonly string[], emission: Emission): Emission {
  const { to, except } = emission;
  if (except) return { ...emission, except: [...except, ...sockets] };
  return { ...emission, to: to.filter((id) => !sockets.includes(id)) };
}

function emit(namespace: Namespace, resource: string, emission: Emission, note: DeliveryNote): void {
  const { to, except = [], message, hasMore } = emission;
  if (message === undefined) return tellPosition(socketsOf(namespace, to), resource, note);
  namespace.local
    .to([...to])
    .except([...except])
    .emit(resource, message, hasMore ? { ...note, more: true } : note);
}
