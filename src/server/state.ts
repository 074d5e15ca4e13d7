import type { Server } from 'socket.io';

/**
 * Names one thing that a room keeps in a `State`, and its type. Only code that holds the slot can reach the thing: with
 * `const revocations = new Slot(() => new RevocationMemory())`, `serverState(io).get(revocations)` is the memory of
 * that server.
 */
export class Slot<T> {
  /** @param create makes the thing where it is first asked for */
  constructor(readonly create: () => T) {}
}

/**
 * Holds everything that rooms keep for one owner, a Socket.IO server or a connection. It lives as long as its owner.
 */
export class State {
  private readonly values = new Map<Slot<unknown>, unknown>();

  get<T>(slot: Slot<T>): T {
    const known = this.values.get(slot) as T | undefined;
    if (known !== undefined || this.values.has(slot)) return known as T;
    const value = slot.create();
    this.values.set(slot, value);
    return value;
  }

  set<T>(slot: Slot<T>, value: T): void {
    this.values.set(slot, value);
  }

  /** @returns how much is left */
  delete(slot: Slot<unknown>): number {
    this.values.delete(slot);
    return this.values.size;
  }
}

const states = new WeakMap<Server, State>();

/** Returns the state of a Socket.IO server, for code that has a socket or a namespace at hand, but no injector. */
export function serverState(io: Server): State {
  const known = states.get(io);
  if (known) return known;
  const state = new State();
  states.set(io, state);
  return state;
}
