import type { Socket } from 'socket.io';
import { debugLog } from '../../common/log.js';
import { connectionState } from '../../connections/connection-state.js';
import { STALE_EVENT } from '../../protocol/notes.js';
import { refusalsOf } from '../../server/metrics.js';
import { onConnection } from '../../server/namespaces.js';
import { onLag } from '../../server/outbound/outbound.js';
import type { LagListener } from '../../server/outbound/send-queues.js';
import type { SocketsServer } from '../../server/sockets-server.js';
import { Slot } from '../../server/state.js';
import type { ResourceRegistry } from '../definition/resource-registry.js';
import { resourceIn } from '../definition/resource-rooms.js';

/** The room of clients that have fallen behind: each server knows its own. */
export const BEHIND_ROOM = 'sockets:behind';

const debug = debugLog('resources');

/** The sockets of a connection, whatever their namespaces. */
interface ConnectionSockets {
  /** With the resources of which each may have missed something. */
  sockets: Map<Socket, Set<string>>;
  isBehind: boolean;
}

const ofConnection = new Slot<ConnectionSockets>(() => ({ sockets: new Map(), isBehind: false }));

/**
 * Has clients that fall behind left out of the publications of resources with `overload: 'refetch'`, and tells them to
 * read again when they have caught up.
 */
export class StaleNotices implements LagListener {
  private readonly resources = new Set<string>();

  constructor(
    private readonly registry: ResourceRegistry,
    private readonly server: SocketsServer,
  ) {}

  /** Does so from now on, if any resource asks for it. Must be called after all resources are declared. */
  listen(): void {
    for (const { name, isRefetched } of this.registry.all()) if (isRefetched) this.resources.add(name);
    if (this.resources.size === 0) return;
    const { io } = this.server;
    onConnection(io, (socket) => this.connected(socket), { first: true });
    onLag(io, this);
  }

  fellBehind(conn: Socket['conn']): void {
    const connection = connectionState({ conn }).get(ofConnection);
    connection.isBehind = true;
    for (const [socket, missed] of connection.sockets) {
      // A record that is destroyed meanwhile takes its room along.
      for (const resource of this.subscribedTo(socket)) missed.add(resource);
      enterRoom(socket);
    }
    debug?.('a client has fallen behind');
  }

  caughtUp(conn: Socket['conn']): void {
    const connection = connectionState({ conn }).get(ofConnection);
    connection.isBehind = false;
    for (const [socket, missed] of connection.sockets) {
      for (const resource of this.subscribedTo(socket)) missed.add(resource);
      // First, so that nothing is left out of what it reads and of what follows.
      void Promise.resolve(socket.leave(BEHIND_ROOM)).catch(() => undefined);
      for (const resource of missed) this.tell(socket, resource);
      missed.clear();
    }
    debug?.('a client has caught up');
  }

  private connected(socket: Socket): void {
    const connection = connectionState(socket).get(ofConnection);
    connection.sockets.set(socket, new Set());
    socket.on('disconnect', forget);
    if (connection.isBehind) enterRoom(socket);
  }

  private tell(socket: Socket, resource: string): void {
    refusalsOf(this.server.io).add('staleNotice');
    socket.emit(STALE_EVENT, { resource });
  }

  private subscribedTo({ rooms }: Socket): string[] {
    const names = [...rooms].map(resourceIn);
    return names.filter((name): name is string => name !== undefined && this.resources.has(name));
  }
}

function enterRoom(socket: Socket): void {
  void Promise.resolve(socket.join(BEHIND_ROOM)).catch(() => undefined);
}

/** For all sockets. It happens once; "once" would cost each of them a closure. */
function forget(this: Socket): void {
  connectionState(this).get(ofConnection).sockets.delete(this);
}
