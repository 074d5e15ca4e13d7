import type { Namespace, Server, Socket } from 'socket.io';
import { Slot, serverState } from '../../state.js';
import { sendLate } from './late-sends.js';
import { lostRightsOf } from './lost-rights.js';

/** Lets a socket be sent again what is sent to it, but for publications that it has by now, by their ids. */
export type GoOn = (sent: ReadonlySet<string>) => void;

/** What a socket is not sent before it may go on. */
interface Waiting {
  /** Those as a member of which it is to be sent that. */
  readonly rooms: readonly string[];
  readonly since: number;
  readonly send: GoOn;
}

/** A socket that is being sent what it has missed, by one read or several. */
interface HeldSocket {
  readonly socket: Socket;
  holders: number;
  /** In order. */
  readonly waiting: Waiting[];
  /** The ids of publications that it was sent meanwhile. */
  readonly sent: Set<string>;
}

const heldSockets = new Slot(() => new HeldSockets());

export function heldSocketsOf(io: Server): HeldSockets {
  return serverState(io).get(heldSockets);
}

/** Keeps what is sent to sockets that are being sent earlier things at present, in order, until these have come. */
export class HeldSockets {
  private readonly held = new Map<string, HeldSocket>();

  get areThere(): boolean {
    return this.held.size > 0;
  }

  has(id: string): boolean {
    return this.held.has(id);
  }

  *in(namespace: Namespace): Generator<Socket, void> {
    for (const { socket } of this.held.values()) if (socket.nsp === namespace) yield socket;
  }

  /**
   * Holds a socket until every function that was returned for it has been called.
   *
   * @param wentOn called with the ids of the publications that it was sent meanwhile
   */
  hold(socket: Socket, wentOn: GoOn): GoOn {
    const { id } = socket;
    const one = this.held.get(id) ?? { socket, holders: 0, waiting: [], sent: new Set<string>() };
    this.held.set(id, one);
    one.holders++;
    return (sent) => {
      for (const publication of sent) one.sent.add(publication);
      if (--one.holders > 0) return;
      this.held.delete(id);
      const rights = lostRightsOf(socket.nsp.server);
      for (const { rooms, since, send } of one.waiting) {
        if (rights.allow(socket, rooms, since)) sendLate(() => send(one.sent));
      }
      wentOn(one.sent);
    };
  }

  /** Has something wait for a socket that is held, which is not sent it if it loses the right to it meanwhile. */
  keep(id: string, rooms: readonly string[], send: GoOn): void {
    this.held.get(id)?.waiting.push({ rooms, since: performance.now(), send });
  }
}
