import { Injectable } from '@nestjs/common';
import type { Server } from 'socket.io';
import { Cluster } from '../cluster.js';
import { reachesOtherServers } from '../server-events.js';
import { Peers } from './peers.js';

/** How the sockets of this process are. */
export interface SocketsHealthReport {
  /**
   * `'up'`: all is well. `'degraded'`: the process serves its own clients, but not all that other servers publish
   * reaches them, or the other way round. `'down'`: there is no server, or it is shutting down.
   */
  status: 'up' | 'degraded' | 'down';
  /** What is wrong, if anything is. It names no user, room or address. */
  reason?: string;
  /** How many servers are known, with this one. */
  servers: number;
}

/**
 * Says how the sockets of this process are, for health checks: `nestjs-sockets/terminus` has an indicator for Terminus.
 *
 * @example
 * ```ts
 * import { Controller, Get } from '@nestjs/common';
 * import { SocketsHealth } from 'nestjs-sockets';
 *
 * @Controller('health')
 * export class HealthController {
 *   constructor(private readonly health: SocketsHealth) {}
 *
 *   @Get()
 *   check() {
 *     return this.health.check(); // { status: 'up', servers: 3 }
 *   }
 * }
 * ```
 */
@Injectable()
export class SocketsHealth {
  private io: Server | undefined;
  private peers: Peers | undefined;
  private isClosing = false;

  /** @internal */
  constructor(private readonly cluster: Cluster) {}

  /** @internal */
  attach(io: Server, shared: boolean): void {
    if (shared) this.io = io;
  }

  /** @internal */
  onApplicationBootstrap(): void {
    if (this.io && reachesOtherServers(this.io.sockets.adapter)) this.peers = new Peers(this.io.sockets);
  }

  /** @internal */
  beforeApplicationShutdown(): void {
    this.isClosing = true;
    this.peers?.end();
  }

  /** Says how they are now, by what is known, without asking anybody. */
  check(): SocketsHealthReport {
    const servers = this.peers?.count ?? 1;
    if (this.isClosing) return { status: 'down', reason: 'the application is shutting down', servers };
    if (!this.io) return { status: 'down', reason: 'there is no Socket.IO server yet', servers };
    const reason = this.cluster.connection?.problem?.() ?? this.peers?.problem;
    return reason === undefined ? { status: 'up', servers } : { status: 'degraded', reason, servers };
  }
}
