import cluster from 'node:cluster';
import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';

/** How long a request may wait until a worker has said that the session is its own, in milliseconds. */
const PATIENCE = 2_000;

type Forward = (chunk: Buffer) => void;

/**
 * Has the requests of a session wait until the primary knows whose it is. Its worker tells the client and the primary
 * at the same time, and the client's next request may be there first; `@socket.io/sticky` would hand it to any worker,
 * which refuses it.
 */
export class KnownSessions {
  private readonly workers = new Map<string, number>();
  private readonly waiting = new Map<string, Set<() => void>>();

  constructor() {
    cluster.on('message', (worker, message: { type?: unknown; data?: unknown } | undefined) => {
      const { type, data } = message ?? {};
      if (typeof data !== 'string') return;
      if (type === 'sticky:connection') this.add(data, worker.id);
      if (type === 'sticky:disconnection') this.workers.delete(data);
    });
    cluster.on('exit', ({ id }) => {
      for (const [session, worker] of this.workers) if (worker === id) this.workers.delete(session);
    });
  }

  /** Must come after the listeners of `@socket.io/sticky`, for it stands before them. */
  watch(server: HttpServer): void {
    server.on('connection', (socket) => {
      const forwards = socket.listeners('data') as Forward[];
      socket.removeAllListeners('data');
      const forward: Forward = (chunk) => forwards.forEach((one) => one(chunk));
      socket.on('data', (chunk: Buffer) => this.hold(socket, chunk, forward));
    });
  }

  private hold(socket: Socket, chunk: Buffer, forward: Forward): void {
    const session = /[?&]sid=([\w-]{20})/.exec(
      chunk.subarray(0, 8_192).toString('latin1').split('\r\n', 1)[0] ?? '',
    )?.[1];
    if (session === undefined || this.workers.has(session)) {
      forward(chunk);
      return;
    }
    socket.pause();
    const waiting = this.waiting.get(session) ?? new Set();
    this.waiting.set(session, waiting);
    const go = (): void => {
      clearTimeout(timer);
      waiting.delete(go);
      if (waiting.size === 0) this.waiting.delete(session);
      socket.resume();
      forward(chunk);
    };
    const timer = setTimeout(go, PATIENCE);
    waiting.add(go);
  }

  private add(session: string, worker: number): void {
    this.workers.set(session, worker);
    for (const go of this.waiting.get(session) ?? []) go();
  }
}
