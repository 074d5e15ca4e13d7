import type { Manager } from 'socket.io-client';

/** The most bytes that a server accepts in one frame, by the connection (of Engine.IO) whose handshake said so. */
const limits = new WeakMap<object, number | undefined>();

/**
 * Learns what the server says in the handshake of a connection. Call it after the connection was made and before it is
 * open; for namespaces that share the connection it does nothing.
 */
export function followHandshake({ engine }: Manager): void {
  // Without `autoConnect` there is no connection yet.
  if (!engine || limits.has(engine)) return;
  limits.set(engine, undefined);
  engine.on('handshake', ({ maxPayload }) => limits.set(engine, maxPayload));
}

/** Returns the most bytes that the server accepts in one frame, if it is known. */
export function maxPayloadOf({ engine }: Manager): number | undefined {
  return limits.get(engine);
}
