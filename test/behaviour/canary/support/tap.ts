import { Agent, type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Makes a client's connections, and keeps every byte that the server sends over them: HTTP headers, polling bodies,
 * websocket frames.
 */
export class Tap extends Agent {
  private readonly bytes: Buffer[][] = [];

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const connection = super.createConnection(options, callback) as Socket;
    const heard: Buffer[] = [];
    this.bytes.push(heard);
    connection.on('data', (chunk: Buffer) => heard.push(chunk));
    return connection;
  }

  /** One connection after the other. Short strings never stand across two frames. */
  get text(): string {
    return this.bytes.map((heard) => Buffer.concat(heard).toString('latin1')).join('\n');
  }
}
