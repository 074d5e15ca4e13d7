// Clients of Socket.IO in a process of their own, one of each server, which ask for nothing once they have read: what
// they wait for is their server's doing, and not that of other clients.
import { io } from 'socket.io-client';
import { answer } from '../../support/answering.js';
import type { Tick } from '../servers/joined-server.js';

/** How long the last message may take, in milliseconds. */
const PATIENCE = 30_000;

class PlainClient {
  /** What it heard of its own server: the number, and the time of the day in milliseconds. */
  readonly heard: Array<[number: number, time: number]> = [];
  private readonly socket;

  constructor(
    url: string,
    private readonly source: string,
  ) {
    this.socket = io(url, { transports: ['websocket'], forceNew: true });
    this.socket.on('tick', ({ data }: { data: Tick }) => {
      if (data.source === this.source) this.heard.push([data.number, performance.timeOrigin + performance.now()]);
    });
  }

  /** Returns the status of the answer. */
  async read(path: string | null): Promise<number> {
    await new Promise<void>((resolve) => this.socket.once('connect', resolve));
    if (!path) return 200;
    const { statusCode } = (await this.socket.emitWithAck('get', { url: path })) as { statusCode: number };
    return statusCode;
  }

  /** Waits for a message, as long as the server is there. */
  async until(last: number): Promise<void> {
    const end = performance.now() + PATIENCE;
    const isDone = () => this.heard.some(([number]) => number === last) || !this.socket.connected;
    while (!isDone() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const clients: PlainClient[] = [];

answer({
  follow: (url: string, source: string, path: string | null) => {
    const client = new PlainClient(url, source);
    clients.push(client);
    return client.read(path);
  },
  heardUpTo: async (last: number) => {
    await Promise.all(clients.map((client) => client.until(last)));
    return clients.map(({ heard }) => heard);
  },
});
