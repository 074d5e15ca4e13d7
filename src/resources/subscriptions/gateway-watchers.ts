import type { ModuleRef } from '@nestjs/core';
import type { Socket } from 'socket.io';
import { debugLog, LineLogger, logFailure } from '../../common/log.js';
import { withTimeout } from '../../common/promises.js';
import { userOf } from '../../connections/identities.js';
import { REVOKED_EVENT, type Revocation } from '../../protocol/subscription.js';
import { membersOf, tellRefused } from '../../rooms/members/members.js';
import { onConnection } from '../../server/namespaces.js';
import { SocketsServer } from '../../server/sockets-server.js';
import { InvalidGatewayError } from '../resources.errors.js';
import { GatewayGuards } from './gateway-guards.js';
import type { GatewayClaim, ResourceNamespaces } from './resource-namespaces.js';
import type { SubscriptionPolicies } from './subscription-policies.js';

const debug = debugLog('resources');

/** How long, in milliseconds, guards and policies may take to say whether a connection may watch. */
const TIMEOUT = 5_000;

/** A claim whose sockets watch, with what that takes. */
interface WatchingClaim extends GatewayClaim {
  guards: GatewayGuards;
  rooms: string[];
}

/** Lets sockets watch what the gateway that they connect to subscribes to, by `@SubscribesTo(…, { watch })`. */
export class GatewayWatchers {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private claims: WatchingClaim[] = [];

  constructor(
    private readonly server: SocketsServer,
    private readonly namespaces: ResourceNamespaces,
    private readonly policies: SubscriptionPolicies,
  ) {}

  /**
   * Reads what the gateways say, once all resources are declared.
   *
   * @throws InvalidGatewayError, UnknownVerbError, VerbsRequiredError
   */
  explore(): void {
    this.claims = this.namespaces.watching.map((claim) => ({
      ...claim,
      guards: new GatewayGuards(claim.gateway, claim.name),
      rooms: watchedRooms(claim),
    }));
  }

  /** @throws InvalidGatewayError when a guard cannot be made */
  async prepare(moduleRef: ModuleRef): Promise<void> {
    for (const { guards } of this.claims) await guards.make(moduleRef);
  }

  /** Lets sockets watch from now on. */
  listen(): void {
    if (this.claims.length === 0) return;
    onConnection(this.server.io, (socket) => {
      const since = performance.now();
      for (const claim of this.claims) {
        if (claim.namespace === socket.nsp.name) void this.admit(socket, claim, since);
      }
    });
  }

  /** Never rejects: whoever is not allowed to watch is told so. */
  private async admit(socket: Socket, { name, resource, guards, rooms }: WatchingClaim, since: number): Promise<void> {
    const isAllowed = await this.isAllowed(socket, resource.name, guards, name);
    debug?.(`${name}: socket ${socket.id} ${isAllowed ? 'is to join' : 'may not join'} ${rooms.join(', ')}`);
    if (isAllowed) tellRefused(membersOf(socket.nsp, [socket.id]).socketsJoinUnlessRevoked(rooms, since));
    else socket.emit(REVOKED_EVENT, { resource: resource.name } satisfies Revocation);
  }

  private async isAllowed(socket: Socket, resource: string, guards: GatewayGuards, name: string): Promise<boolean> {
    const ask = async (): Promise<boolean> => {
      if (!(await guards.admit(socket))) return false;
      return (await this.policies.allow(userOf(socket), { resource, request: socket.request })) === true;
    };
    try {
      return await withTimeout(TIMEOUT, `${name}: to find out who may watch "${resource}"`, ask());
    } catch (error) {
      if (!isException(error)) {
        logFailure(this.logger, `${name}: a socket may not watch "${resource}", since a guard failed.`, error);
      }
      return false;
    }
  }
}

function watchedRooms({ name, resource, options: { watch } }: GatewayClaim): string[] {
  if (resource.slices.any && watch !== 'all') {
    throw new InvalidGatewayError(
      `${name}: "${resource.name}" has the slices ${resource.slices.names}, and a connection does not say which of ` +
        `them it is about. Let clients watch a slice by reading it, through a route with @SubscribeOnRead({ watch: ` +
        `true }); call ResourceChannel.watch(socket, { field: value }) in handleConnection(); or say that whoever ` +
        `connects may know the records of all slices: { watch: 'all' }.`,
    );
  }
  const verbs = typeof watch === 'object' ? watch : undefined;
  return resource.rooms.ofCollection(resource.subscribedVerbs(`${name}, option "watch"`, verbs));
}

/** Recognizes Nest's exceptions, for HTTP or for gateways, by which guards say no. */
function isException(error: unknown): boolean {
  const { getStatus, getError } = (error ?? {}) as Record<string, unknown>;
  return typeof getStatus === 'function' || typeof getError === 'function';
}
