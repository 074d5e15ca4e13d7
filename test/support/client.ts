import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { onceDone } from './lifetime.js';

/** One event as it arrived: its name and its arguments. */
export type Received = [event: string, ...args: unknown[]];

/** A real socket.io-client that writes down everything it hears. */
export class TestClient {
  /** Every event in the order of arrival. */
  readonly received: Received[] = [];
  private readonly waiting = new Set<() => void>();

  constructor(readonly socket: Socket) {
    socket.onAny((...event: Received) => {
      this.received.push(event);
      for (const check of this.waiting) check();
    });
  }

  get id(): string {
    return this.socket.id ?? '';
  }

  /** The first argument of each event of this name so far, without their delivery notes. */
  heard(event: string): unknown[] {
    return this.received.filter(([name]) => name === event).map(([, data]) => data);
  }

  /** Resolves with the arguments of the first event of this name that fits, if it has come or as soon as it comes. */
  next<T = unknown>(event: string, fits: (data: T) => boolean = () => true): Promise<[T, ...unknown[]]> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = this.received.find(([name, data]) => name === event && fits(data as T));
        if (!found) return;
        this.waiting.delete(check);
        resolve(found.slice(1) as [T, ...unknown[]]);
      };
      this.waiting.add(check);
      check();
    });
  }

  /** Everything heard so far is forgotten. */
  forget(): void {
    this.received.length = 0;
  }
}

export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

/** How long a connection may take on a busy machine, in milliseconds. */
const PATIENCE = 100_000;

/** Connects, or rejects with the reason of the refusal. The client is gone when the test is. */
export async function connect(url: string, options: ClientOptions = {}): Promise<TestClient> {
  const defaults = { transports: ['websocket'], forceNew: true, reconnection: false, timeout: PATIENCE };
  const socket = io(url, { ...defaults, ...options });
  onceDone(() => socket.disconnect());
  const client = new TestClient(socket);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return client;
}
