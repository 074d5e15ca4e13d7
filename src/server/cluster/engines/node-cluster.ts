import type * as adapterPackage from '@socket.io/cluster-adapter';
import type * as stickyPackage from '@socket.io/sticky';
import cluster, { type Worker as ClusterWorker } from 'node:cluster';
import type { Server as HttpServer } from 'node:http';
import { assertOptions, type OptionRule } from '../../../common/option-rules.js';
import { WrongProcessError } from '../../server.errors.js';
import type { ClusterIntegration, ClusterOptions } from '../cluster.options.js';
import { bootOptions, ENGINE_RULES } from './engine.options.js';
import { JOIN, type Joined, READY, typeOf } from './node-cluster/join.js';
import { KnownSessions } from './node-cluster/known-sessions.js';
import { Worker } from './node-cluster/worker.js';
import { WorkerGate } from './node-cluster/worker-gate.js';
import { requirePackage } from './required-package.js';

const { whenAbsent: WHEN_ABSENT, connectTimeout: CONNECT_TIMEOUT } = ENGINE_RULES;
const RULES: Record<keyof ClusterOptions, OptionRule> = { whenAbsent: WHEN_ABSENT, connectTimeout: CONNECT_TIMEOUT };

const NAME = 'nodeCluster()';

/**
 * Joins the workers of one machine by Node's own cluster. Their primary calls `setupPrimary()`.
 *
 * Needs the packages `@socket.io/cluster-adapter` and, where the primary hands on connections, `@socket.io/sticky`.
 *
 * @throws InvalidOptionsError if an option is wrong
 * @throws WrongProcessError at boot, in a process that is no worker
 * @throws MissingPackageError at boot, if a package is not installed, or too old
 * @throws ClusterUnavailableError at boot, if the primary has not called `setupPrimary()`
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { SocketsModule } from 'nestjs-sockets';
 * import { nodeCluster } from 'nestjs-sockets/node-cluster';
 *
 * @Module({ imports: [SocketsModule.forRoot({ cluster: nodeCluster() })] })
 * export class AppModule {}
 * ```
 */
export function nodeCluster(options: ClusterOptions = {}): ClusterIntegration {
  assertOptions(options, RULES, 'cluster.');
  return {
    ...bootOptions(options),
    name: NAME,
    open: () => {
      if (cluster.isWorker) return new Worker(NAME);
      throw new WrongProcessError(
        NAME,
        'joins workers of node:cluster, and this process is none. Start the application in processes that ' +
          'cluster.fork() makes, after setupPrimary() of nestjs-sockets/node-cluster; or leave the option "cluster" ' +
          'out in this one; or join processes that know nothing of each other, by redis() or postgres().',
      );
    },
  };
}

/** Options of `setupPrimary()`. */
export interface PrimaryOptions {
  /**
   * Which worker a new client is handed to: each in turn, any, or the one with the fewest clients. The last is not for
   * clients that come at once, as after a deploy: a client counts when it is connected, so all would go to one worker.
   *
   * @default 'round-robin'
   */
  loadBalancingMethod?: 'round-robin' | 'random' | 'least-connection';
}

let isSetUp = false;

/**
 * Has the primary process of Node's cluster carry the messages of its workers. Call it once, before `cluster.fork()`.
 *
 * Given an HTTP server, it hands each connection to a worker, and all requests of one client to the same worker, which
 * clients need that begin by HTTP long-polling. The workers then do not listen on the port of the application, but on
 * any: `app.listen(0, '127.0.0.1')`. Without one, workers share the port by themselves, and clients have to connect by
 * websockets alone (`transports: ['websocket']`).
 *
 * Needs the packages `@socket.io/cluster-adapter` and, with a server, `@socket.io/sticky`.
 *
 * @throws WrongProcessError in a worker, after `cluster.fork()`, and if it has been called before
 * @throws MissingPackageError if a package is not installed, or too old
 *
 * @example
 * ```ts
 * import cluster from 'node:cluster';
 * import { createServer } from 'node:http';
 * import { availableParallelism } from 'node:os';
 * import { setupPrimary } from 'nestjs-sockets/node-cluster';
 *
 * const server = createServer();
 * setupPrimary(server);
 * for (let count = 0; count < availableParallelism(); count++) cluster.fork();
 * cluster.on('exit', () => cluster.fork());
 * server.listen(3000);
 * ```
 */
export function setupPrimary(server?: HttpServer, options: PrimaryOptions = {}): void {
  const call = 'setupPrimary()';
  if (!cluster.isPrimary) throw new WrongProcessError(call, 'belongs into the primary process, and this is a worker.');
  if (isSetUp) throw new WrongProcessError(call, 'has been called in this process already. Call it once.');
  if (Object.keys(cluster.workers ?? {}).length > 0) {
    throw new WrongProcessError(call, 'is called after cluster.fork(). Call it before the first worker is forked.');
  }
  const adapter = requirePackage(call, '@socket.io/cluster-adapter', '0.3.0') as typeof adapterPackage;
  const sticky = server && (requirePackage(call, '@socket.io/sticky', '2.0.0') as typeof stickyPackage);
  isSetUp = true;
  // Connections are handed on with what they have sent already, which is bytes.
  cluster.setupPrimary({ serialization: 'advanced' });
  adapter.setupPrimary();
  sticky?.setupMaster(server as HttpServer, { loadBalancingMethod: 'round-robin', ...options });
  if (server) new KnownSessions().watch(server);
  const gates = new WeakMap<ClusterWorker, WorkerGate>();
  const guard = (worker: ClusterWorker): void => void gates.set(worker, new WorkerGate(worker));
  cluster.on('fork', guard);
  cluster.on('message', (worker, message) => {
    if (typeOf(message) === READY) gates.get(worker)?.open();
    if (typeOf(message) !== JOIN) return;
    const joined: Joined = { type: 'nestjs-sockets:joined', isSticky: sticky !== undefined };
    worker.send(joined, () => undefined);
  });
}
