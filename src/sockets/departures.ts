import type { Socket } from 'socket.io';

type Connection = Socket['conn'];

/** One listener for each connection, however many of its namespaces wait: a client may ask for as many as it likes. */
const waiting = new WeakMap<Connection, Set<() => void>>();

/**
 * Calls back if the client's connection ends.
 *
 * @returns what ends the waiting for it
 */
export function whenGone({ conn }: Socket, leave: () => void): () => void {
  const others = waiting.get(conn) ?? begin(conn);
  others.add(leave);
  return () => void others.delete(leave);
}

function begin(conn: Connection): Set<() => void> {
  const leaving = new Set<() => void>();
  waiting.set(conn, leaving);
  conn.once('close', () => leaving.forEach((leave) => leave()));
  return leaving;
}
