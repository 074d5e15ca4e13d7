import type { Connection } from '../clients/connection.js';
import type { PollingConnection } from '../clients/polling.js';
import type { WebSocketConnection } from '../clients/web-socket.js';
import type { Scene } from '../support/scene.js';

/** Clients that do not take what they are sent. */
export interface SlowReaders {
  name: string;
  /** Lets them connect, and ask for what will be published. */
  connect: (scene: Scene) => Promise<void>;
  /** In the full form only. */
  full?: true;
}

/** What a client of the library asks for what is published with; others are sent everything. */
const READ = '420["get",{"url":"/ticks"}]';

export const slowReaders: SlowReaders[] = [
  { name: 'one client that has stopped reading', connect: (scene) => stopped(scene, 1), full: true },
  { name: '20 clients that have stopped reading', connect: (scene) => stopped(scene, 20) },
  {
    name: 'one client that reads nothing, and sends blind pongs',
    connect: async (scene) => {
      const reader = await subscribe(scene);
      reader.pause();
      reader.pongBlindly();
    },
  },
  {
    name: 'one client that reads one byte per second',
    connect: async (scene) => (await subscribe(scene)).trickle(),
    full: true,
  },
  {
    name: 'one client by polling that never polls',
    connect: async (scene) => (await subscribeByPolling(scene)).pause(),
  },
  {
    name: '20 clients by polling that never poll',
    connect: async (scene) => {
      for (let number = 0; number < 20; number++) (await subscribeByPolling(scene)).pause();
    },
    full: true,
  },
  {
    name: '20 clients by polling that ask for all that waits, and read none of it',
    connect: async (scene) => {
      for (let number = 0; number < 20; number++) (await subscribeByPolling(scene)).pollBlindly();
    },
  },
];

async function stopped(scene: Scene, count: number): Promise<void> {
  for (let number = 0; number < count; number++) (await subscribe(scene)).pause();
}

/** A client that is sent what is published. */
export async function subscribe(scene: Scene): Promise<WebSocketConnection> {
  return reads(scene, await scene.connect('websocket'));
}

async function subscribeByPolling(scene: Scene): Promise<PollingConnection> {
  return reads(scene, await scene.connect('polling'));
}

async function reads<C extends Connection>(scene: Scene, reader: C): Promise<C> {
  if (scene.subject.server === 'library') {
    await reader.send(READ);
    await reader.until(() => reader.received.some((text) => text.startsWith('430')));
  }
  return reader;
}
