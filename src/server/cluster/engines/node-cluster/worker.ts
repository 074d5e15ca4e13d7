import type * as adapterPackage from '@socket.io/cluster-adapter';
import type * as stickyPackage from '@socket.io/sticky';
import type { Namespace, Server } from 'socket.io';
import { LineLogger } from '../../../../common/log.js';
import type { ClusterConnection } from '../../cluster.options.js';
import { requirePackage } from '../required-package.js';
import { isJoined, JOIN, READY } from './join.js';

type Listener = NodeJS.MessageListener;

/** How long a connection waits, in milliseconds, before the log says that it does. */
const PATIENCE = 10_000;

const logger = new LineLogger('SocketsModule');

/** Joins this worker to the others of its primary. */
export class Worker implements ClusterConnection {
  readonly adapter: ClusterConnection['adapter'];
  readonly connected: Promise<void>;

  readonly lastsUntilClose = true;
  private isJoined = false;
  private isSticky = false;
  private io: Server | undefined;
  private isServing = false;
  /** What adapters and sticky sessions have added to the process, and leave there. */
  private readonly listeners = new Set<Listener>();

  constructor(private readonly integration: string) {
    const { createAdapter } = requirePackage(
      integration,
      '@socket.io/cluster-adapter',
      '0.3.0',
    ) as typeof adapterPackage;
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
        this.serve();
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
    if (namespace.name === '/') {
      this.io = namespace.server;
      this.serve();
    }
    let adapter = {} as Namespace['adapter'];
    const listeners = this.keep(() => (adapter = make(namespace) as Namespace['adapter']));
    const close = adapter.close.bind(adapter);
    adapter.close = () => {
      for (const listener of listeners) {
        process.off('message', listener);
        this.listeners.delete(listener);
      }
      return close();
    };
    return adapter;
  }

  /** Serves connections once, when there is a server, and the primary has said that it hands them on. */
  private serve(): void {
    const { io } = this;
    if (!io || !this.isSticky || this.isServing) return;
    this.isServing = true;
    // It is attached to its HTTP server once it is made.
    queueMicrotask(() => this.takeConnections(io));
  }

  /** Serves the connections that the primary hands on, as soon as the application has all of its routes. */
  private takeConnections(io: Server): void {
    const { httpServer } = io;
    const attach = (): void => {
      clearTimeout(timer);
      const { setupWorker } = requirePackage(this.integration, '@socket.io/sticky', '2.0.0') as typeof stickyPackage;
      this.keep(() => setupWorker(io));
      process.send?.({ type: READY });
    };
    const timer = setTimeout(() => {
      logger.warn(
        `${this.integration}: this worker takes no connections, since the application does not listen yet. Its ` +
          "primary hands them on as soon as it does: await app.listen(0, '127.0.0.1').",
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

  /** Remembers the listeners that are added meanwhile, and returns them. */
  private keep(work: () => void): Listener[] {
    const before = new Set(process.listeners('message'));
    work();
    const added = process.listeners('message').filter((listener) => !before.has(listener));
    for (const listener of added) this.listeners.add(listener);
    return added;
  }
}
