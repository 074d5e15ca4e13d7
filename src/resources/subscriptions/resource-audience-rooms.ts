import type { Socket } from 'socket.io';
import { debugLog } from '../../common/log.js';
import { userOf } from '../../connections/identities.js';
import type { Reauthentication } from '../../connections/authentication/reauthentication.js';
import { type AudienceRooms, useAudienceRooms } from '../../rooms/members/audience-rooms.js';
import { SocketsServer } from '../../server/sockets-server.js';
import { ResourceRegistry } from '../definition/resource-registry.js';
import { resourceIn } from '../definition/resource-rooms.js';
import type { Resource } from '../definition/resource.js';

const debug = debugLog('resources');

/** Chooses the rooms of a socket's audience, wherever a socket enters rooms of resources. */
export class ResourceAudienceRooms implements AudienceRooms {
  private readonly resources = new Map<string, Resource>();

  constructor(
    private readonly registry: ResourceRegistry,
    private readonly server: SocketsServer,
    private readonly reauthentication: Reauthentication,
  ) {}

  /** Chooses from now on, if any resource has audiences. Must be called after all resources are declared. */
  listen(): void {
    for (const resource of this.registry.all()) {
      if (resource.views.audiences.length > 0) this.resources.set(resource.name, resource);
    }
    if (this.resources.size === 0) return;
    useAudienceRooms(this.server.io, this);
    this.reauthentication.onSuccess((socket) => this.update(socket));
  }

  entering(socket: Socket, rooms: readonly string[]): string[] {
    const known = new Map<Resource, string | undefined>();
    return rooms.map((room) => {
      const resource = this.resourceOf(room);
      if (!resource) return room;
      if (!known.has(resource)) known.set(resource, resource.views.audienceOf(userOf(socket)));
      return resource.rooms.for(room, known.get(resource));
    });
  }

  leaving(rooms: readonly string[]): string[] {
    const all = rooms.flatMap((room) => {
      const resource = this.resourceOf(room);
      if (!resource) return [room];
      return [undefined, ...resource.views.audiences].map((audience) => resource.rooms.for(room, audience));
    });
    return [...new Set(all)];
  }

  /** Moves a socket that authenticated again to the rooms of the audience that it belongs to now. */
  private update(socket: Socket): void {
    const before = [...socket.rooms];
    const after = this.entering(socket, before);
    before.forEach((room, index) => {
      if (room === after[index]) return;
      debug?.(`socket ${socket.id} moves from ${room} to ${after[index]}`);
      void Promise.resolve(socket.leave(room)).catch(() => undefined);
      void Promise.resolve(socket.join(after[index])).catch(() => undefined);
    });
  }

  private resourceOf(room: string): Resource | undefined {
    const name = resourceIn(room);
    return name === undefined ? undefined : this.resources.get(name);
  }
}
