import type { Server, Socket } from 'socket.io';
import { Slot, serverState } from '../../state.js';

/** For how long at least a loss is remembered, in milliseconds: longer than anything waits to be sent. */
const MEMORY = 60_000;

interface Loss {
  /** As `performance.now()` has it. */
  readonly at: number;
  readonly includes: (room: string) => boolean;
}

const lostRights = new Slot(() => new LostRights());

export function lostRightsOf(io: Server): LostRights {
  return serverState(io).get(lostRights);
}

/**
 * Remembers which sockets have lost the right to which rooms, so that they are not sent what was on its way to them
 * meanwhile.
 */
export class LostRights {
  private readonly losses = new WeakMap<Socket, Loss[]>();
  private latest = -Infinity;

  note(socket: Socket, includes: (room: string) => boolean): void {
    const at = performance.now();
    this.latest = at;
    const known = this.losses.get(socket) ?? [];
    this.losses.set(socket, [...known.filter((loss) => loss.at > at - MEMORY), { at, includes }]);
  }

  /**
   * Tells whether a socket may be sent something that waits.
   *
   * @param rooms those as a member of which it was to be sent that
   * @param since when that was, by `performance.now()`
   */
  allow(socket: Socket, rooms: readonly string[], since: number): boolean {
    if (since > this.latest) return true;
    const losses = this.losses.get(socket)?.filter(({ at }) => at >= since) ?? [];
    // What it has left by itself, it may still be told of.
    if (losses.length === 0 || rooms.some((room) => socket.rooms.has(room))) return true;
    return !losses.some(({ includes }) => rooms.some(includes));
  }
}
