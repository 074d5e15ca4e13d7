import { Manager } from 'socket.io-client';
import type { TestApplication } from '../../../../support/application.js';
import { onceDone } from '../../../../support/lifetime.js';

/** The part of a client of Engine.IO that is needed to send packets as they stand. */
interface Engine {
  on(event: 'data' | 'close', listener: (data: unknown) => void): void;
  write(packet: string | Buffer): void;
  close(): void;
}

/** A client that sends packets of Socket.IO as a test writes them, and nothing by itself. */
export class RawClient {
  /** The packets that came. */
  readonly received: string[] = [];
  readonly closed: Promise<void>;
  isClosed = false;
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly engine: Engine) {
    engine.on('data', (data) => {
      this.received.push(String(data));
      this.check();
    });
    this.closed = new Promise((resolve) => engine.on('close', () => resolve()));
    void this.closed.then(() => {
      this.isClosed = true;
      this.check();
    });
  }

  /** Opens a connection, without asking for any namespace. */
  static async open({ url }: TestApplication): Promise<RawClient> {
    const manager = new Manager(url, { transports: ['websocket'], reconnection: false, autoConnect: false });
    const opened = new Promise<void>((resolve, reject) => {
      manager.open((error) => (error ? reject(error) : resolve()));
    });
    await opened;
    const { engine } = manager as unknown as { engine: Engine };
    onceDone(() => engine.close());
    return new RawClient(engine);
  }

  /** Opens a connection, and enters the default namespace. */
  static async enter(app: TestApplication): Promise<RawClient> {
    const client = await RawClient.open(app);
    client.send('0');
    await client.next('0');
    return client;
  }

  send(...packets: Array<string | Buffer>): void {
    for (const packet of packets) this.engine.write(packet);
  }

  async close(): Promise<void> {
    this.engine.close();
    await this.closed;
  }

  /** Resolves with the first packet that begins so, and rejects if the connection closes before it comes. */
  next(start: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = this.received.find((packet) => packet.startsWith(start));
        if (found === undefined && !this.isClosed) return;
        this.waiting.delete(check);
        if (found === undefined) reject(new Error(`The connection was closed before "${start}" came.`));
        else resolve(found);
      };
      this.waiting.add(check);
      check();
    });
  }

  /** Sends a packet that asks for an acknowledgement, and resolves with its first argument. */
  async ask<T = Answer>(id: number, packet: string): Promise<T> {
    this.send(packet);
    const start = `3${id}[`;
    return (JSON.parse((await this.next(start)).slice(start.length - 1)) as [T])[0];
  }

  private check(): void {
    for (const check of this.waiting) check();
  }
}

/** What the server answers to an event. */
export interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: { statusCode: number; code: string; message: string };
}

/** Writes so many levels of lists or objects around a number. */
export function levels(count: number, kind: 'lists' | 'objects' = 'lists'): string {
  const [opening, closing] = kind === 'lists' ? ['[', ']'] : ['{"e":', '}'];
  return `${opening.repeat(count)}0${closing.repeat(count)}`;
}
