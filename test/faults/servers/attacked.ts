import type { Server } from 'socket.io';

/** A server as the suite attacks it, whichever library it is made with. */
export interface Attacked {
  port: number;
  io: Server;
  /** Sends one message to everybody who listens to `tick`. */
  publish(tick: Tick): void;
  /** The same about a resource with `overload: 'refetch'`. */
  publishQuote?(quote: Tick): void;
  /** What the library says that it has refused, by kind. */
  refused?(): Record<string, number>;
  /** Takes the right to a record from a user, or gives it; publishes that a record changed. */
  records?: {
    grant(user: string, id: number): void;
    revoke(user: string, id: number): Promise<unknown>;
    publish(id: number, version: number): Promise<unknown>;
  };
}

/** What is published; a type and not an interface, so that it is a record to the library. */
type Tick = {
  id: number;
  pad: string;
};

/** How far the healthy client is; a publisher that is ahead of it waits. */
export const progress = { seen: 0 };

/** What the token in the `auth` of a handshake says: `user:ada` is user ada. */
export function userOf(token: unknown): { id: string } | undefined {
  if (token === undefined) return { id: `guest-${++guests}` };
  if (typeof token !== 'string' || !token.startsWith('user:')) return undefined;
  return { id: token.slice('user:'.length) };
}

let guests = 0;
