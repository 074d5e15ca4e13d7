import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { TestApplication } from '../../../../support/application.js';
import { onceDone } from '../../../../support/lifetime.js';

/** A client of Socket.IO 2 that sends packets as a test writes them, and nothing by itself. */
export class OldClient {
  /** The packets that came, of Engine.IO. */
  readonly received: string[] = [];
  readonly closed: Promise<void>;
  isClosed = false;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.received.push(data.toString()));
    this.closed = once(socket, 'close').then(() => {
      this.isClosed = true;
    });
  }

  static async open({ url }: TestApplication): Promise<OldClient> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=3&transport=websocket`);
    const client = new OldClient(socket);
    onceDone(() => socket.terminate());
    await once(socket, 'open');
    return client;
  }

  send(...packets: string[]): void {
    for (const packet of packets) this.socket.send(packet);
  }

  /** Resolves with the first packet that begins so, and rejects if the connection closes before it comes. */
  async next(start: string): Promise<string> {
    for (;;) {
      const found = this.received.find((packet) => packet.startsWith(start));
      if (found !== undefined) return found;
      if (this.isClosed) throw new Error(`The connection was closed before "${start}" came.`);
      await Promise.race([once(this.socket, 'message'), this.closed]);
    }
  }
}
