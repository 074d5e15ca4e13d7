import type { Namespace, Server } from 'socket.io';
import { Slot, serverState } from '../state.js';

/** Tells whether something concerns the members of a room. */
export type Concerns = (namespace: Namespace, room: string) => boolean;

/**
 * Carries the messages of each server to the others, in the order in which it sends them. Whatever joins the servers
 * may have a bus of its own (`ClusterConnection`); otherwise it is the adapter's `serverSideEmit`.
 */
export interface Bus {
  /**
   * Sends a message. What throws or rejects is counted as `unsent`; nobody waits for it.
   *
   * @param rooms those whose members it concerns: servers without any need not have it. Absent if it concerns every
   *   server.
   * @param entering those that it has sockets of other servers enter, so that what is sent there afterwards comes
   *   afterwards
   */
  send(
    namespace: Namespace,
    text: string,
    rooms?: readonly string[],
    entering?: readonly string[],
  ): void | Promise<void>;
  /**
   * Hands on the messages of other servers, from now on: anything may come. Called once for each namespace.
   *
   * @returns ends that, when the namespace ends
   */
  receive(namespace: Namespace, listener: (text: unknown) => void): () => void;
  /**
   * Fulfilled once this server hears the others in all namespaces that there are, and they count it, by the adapter,
   * too.
   *
   * @default at once
   */
  listening?(): Promise<void>;
  /** Whether it is known that nothing reaches the other servers at present. */
  readonly isAway?: boolean;
  /** Whether it is known that this server does not hear the others at present, though they may hear it. */
  readonly isDeaf?: boolean;
  /**
   * Calls back when this server may have missed what concerns rooms that its sockets have entered, since it has heard
   * it only later than others could wait for.
   */
  onMissed?(listener: (concerns: Concerns) => void): void;
  /**
   * Calls back when this server hears the others again after its connection was lost, or something on the way, without
   * what they have said meanwhile.
   */
  onHeardAgain?(listener: () => void): void;
  /** Begins to hear what concerns rooms which sockets of this server are about to enter. */
  expect?(namespace: Namespace, rooms: Iterable<string>): void;
  /**
   * Fulfilled once this server hears what concerns the rooms that its sockets have entered so far, or when that takes
   * too long. `undefined` if it does: mostly.
   */
  hearing?(): Promise<void> | undefined;
}

/** The event that carries all messages, so that they arrive in the order in which they were sent. */
const MESSAGE = 'nestjs-sockets:message';

/** Carries messages by the adapter. */
export const ADAPTER_BUS: Bus = {
  send: (namespace, text) => void namespace.serverSideEmit(MESSAGE, text),
  receive: (namespace, listener) => {
    namespace.on(MESSAGE, listener);
    return () => void namespace.off(MESSAGE, listener);
  },
};

const bus = new Slot(() => ADAPTER_BUS);

/** Replaces the bus of a server. Must come before anything listens to it. */
export function setBus(io: Server, own: Bus): void {
  serverState(io).set(bus, own);
}

export function busOf(io: Server): Bus {
  return serverState(io).get(bus);
}

/** Has a server hear what concerns rooms before sockets of its own enter them. */
export function expectRooms(namespace: Namespace, rooms: Iterable<string>): void {
  busOf(namespace.server).expect?.(namespace, rooms);
}

/**
 * Fulfilled once a server hears what others send to the rooms that its sockets have entered so far; `undefined` if it
 * does. Whoever is told that it is in a room is told so after that.
 */
export function hearingRooms(io: Server): Promise<void> | undefined {
  return busOf(io).hearing?.();
}
