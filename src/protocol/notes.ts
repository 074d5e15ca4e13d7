/** The second argument of a publication's event: facts about the delivery, which plain listeners can ignore. */
export interface DeliveryNote {
  /** The id of the publication, the same for all of its recipients. */
  id: string;
  /** The id that its originator gave to the change, if any, by the header `Mutation-Id` or the option `mutation`. */
  mutation?: string;
  /**
   * Set to `true` if the message contains less than the record shows: no read of the socket has been shown the rest, or
   * all of it would have been too large. Read again, through the same route.
   */
  more?: true;
  /** The epoch of the positions in `topics`. Positions of two epochs cannot be compared. */
  epoch?: string;
  /**
   * The position of the publication in each of its topics, after that of the publication before it, or 0. Names of
   * topics are opaque. Both fields are for the client of this package, and absent where the server keeps no positions.
   */
  topics?: Record<string, [previous: number, position: number]>;
}

/**
 * The header in which a caller gives its change an id of 1 to 128 visible ASCII characters. In a response it says that
 * `MUTATED_EVENT` follows.
 */
export const MUTATION_HEADER = 'mutation-id';

/**
 * The event that tells a socket that everything about the change that it asked for has been published. It is sent only
 * to a socket that also receives these publications.
 */
export const MUTATED_EVENT = 'sockets:mutated';

/** Everything about a change has been published. */
export interface Mutated {
  /** The id that the caller gave the change. */
  mutation: string;
}

/**
 * The event that tells a client which has fallen behind that it was not sent all messages about a resource: it should
 * read again what it shows of it.
 */
export const STALE_EVENT = 'sockets:stale';

/** Messages about a resource were left out. */
export interface Staleness {
  resource: string;
}

/** Tells a client that its server is about to close the connection, which no other event of the library announces. */
export const CLOSING_EVENT = 'sockets:closing';

/** What `sockets:closing` says. */
export interface Closing {
  /** When to connect to another server, in milliseconds after the connection has ended. It differs for each client. */
  reconnectIn: number;
}

export function isMutationId(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]{1,128}$/.test(value);
}

/** The second argument of a signal, which one client sent to the others in a room through a relay of the server. */
export interface SignalNote {
  /** The id of the user who sent it, according to the server; absent if the server does not know the user. */
  user?: string;
}
