import type { Namespace } from 'socket.io';
import { onTestFinished } from 'vitest';
import { busOf } from '../../src/server/cluster/bus.js';
import type { TestApplication } from './application.js';

/** Tells the other servers something, as the library of this server would. */
export function say({ sockets: { server } }: TestApplication, name: string, ...told: unknown[]): void {
  void busOf(server).send(server.of('/'), JSON.stringify([name, ...told]));
}

/**
 * Loses whatever a server sends to the others, until the function that it gives is called.
 *
 * @param lost called with each lost message
 */
export function losesMessages(
  { sockets: { server } }: TestApplication,
  lost: (message: unknown[]) => void = () => undefined,
): () => void {
  const bus = busOf(server);
  const { send } = bus;
  let isLosing = true;
  bus.send = (namespace: Namespace, text, ...rest) => {
    // Servers without a bus of their own share one.
    if (!isLosing || namespace.server !== server) return send.call(bus, namespace, text, ...rest);
    lost(JSON.parse(text) as unknown[]);
  };
  onTestFinished(() => void (bus.send = send));
  return () => void (isLosing = false);
}
