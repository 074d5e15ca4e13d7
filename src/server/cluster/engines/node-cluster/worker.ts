import type * as adapterPackage from '@socket.io/cluster-adapter';
import type * as stickyPackage from '@socket.io/sticky';
import type { Namespace, Server } from 'socket.io';
import { LineLogger } from '../../../../common/log.js';
import type { ClusterConnection } from '../../cluster.options.js';
import { requirePeer } from '../peers.js';
import { isJoined, JOIN, READY } from './join.js';

type Listener = NodeJS.MessageListener;

/** How long a connection waits, in milliseconds, before the log says that it does. */
const PATIENCE = 10_000;

const logger = new LineLogger('SocketsModule');

/** Joins this worker to the others of its primary. */
export class Worker implements ClusterConnection {
  readonly adapter: ClusterConnection['adapter'];
  readonly connected: Promise<void>;

  private isJoined = false;
  private isSticky = false;
  /** What adapters and sticky sessions have added to the process, and leave there. */
  private readonly listeners = new Set<Listener>();

  constructor(private readonly integration: string) {
    const { createAdapter } = requirePeer(integration, '@socket.io/cluster-adapter', '0.3.0') as typeof adapterPackage;
    const make = createAdapter();
    const makeAdapter = (namespace: Namespace): object => this.makeAdapter(namespace, make);
    // Socket.IO calls it with `new`.
    this.adapter = function adapter(namespace: Namespace) {
      return makeAdapter(namespace);
    } as unknown as ClusterConnection['adapter'];
    this.connected = new Promise((resolve) => {
      this.listen((message) => {
        if (!isJoined(message)) return;
        this.isJoined = true;
        this.isSticky = message.isSticky;
        resolve();
      });
      process.send?.({ type: JOIN });
    });
  }

  problem(): string | undefined {
    return this.isJoined
      ? undefined
      : 'the primary process has not called setupPrimary() of nestjs-sockets/node-cluster';
  }

  async close(): Promise<void> {
    for (const listener of this.listeners) process.off('message', listener);
  }

  private makeAdapter(namespace: Namespace, make: (namespace: Namespace) => object): object {
    const { server } = namespace;
    // It is attached to its HTTP server once it is made.
    if (this.isSticky && namespace.name === '/') queueMicrotask(() => this.takeConnections(server));
    let adapter: object = {};
    this.keep(() => (adapter = make(namespace)));
    return adapter;
  }

  /** Serves the connections that the primary hands on, as soon as the application has all of its routes. */
  private takeConnections(io: Server): void {
    const { httpServer } = io;
    const attach = (): void => {
      clearTimeout(timer);
      const { setupWorker } = requirePeer(this.integration, '@socket.io/sticky', '2.0.0') as typeof stickyPackage;
      this.keep(() => setupWorker(io));
      process.send?.({ type: READY });
    };
    const timer = setTimeout(() => {
      logger.warn(
        `${this.integration}: this worker takes no connections, since the application does not listen yet. Its primary ` +
          "hands them on as soon as it does: await app.listen(0, '127.0.0.1').",
      );
    }, PATIENCE).unref();
    if (httpServer.listening) attach();
    else httpServer.once('listening', attach);
    httpServer.once('close', () => clearTimeout(timer));
  }

  private listen(listener: Listener): void {
    process.on('message', listener);
    this.listeners.add(listener);
  }

  /** Remembers the listeners that are added meanwhile. */
  private keep(work: () => void): void {
    const before = new Set(process.listeners('message'));
    work();
    for (const listener of process.listeners('message')) if (!before.has(listener)) this.listeners.add(listener);
  }
}
