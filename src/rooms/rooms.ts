import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Server } from 'socket.io';
import type { BootParticipant } from '../common/boot/boot-participant.js';
import { Connections } from '../connections/connections.js';
import { type ResolvedIoServerOptions, SOCKETS_SERVER_OPTIONS } from '../server/options/server.options.js';
import type { ServerAttachment } from '../server/sockets-server.js';
import { answerMemberQuestions } from './members/member-questions.js';
import { moveMembersForOthers } from './members/members.js';
import { Presence } from './presence/presence.js';
import type { PresenceOptions } from './presence/presence.options.js';
import { RelayExplorer } from './relay/relay-explorer.js';
import { Revocations } from './revocations.js';

type ResolvedRoomsOptions = ResolvedIoServerOptions & { presence?: PresenceOptions };

/**
 * Creates everything that concerns the rooms of any application, with or without resources: members, presence, relays
 * and revocations.
 */
@Injectable()
export class Rooms implements BootParticipant, ServerAttachment, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly presence: Presence;
  readonly relays: RelayExplorer;
  readonly revocations: Revocations;
  private io: Server | undefined;

  constructor(
    @Inject(SOCKETS_SERVER_OPTIONS) options: ResolvedRoomsOptions,
    discovery: DiscoveryService,
    { identities, reauthentication }: Connections,
  ) {
    this.presence = new Presence(identities, reauthentication, options);
    this.revocations = new Revocations(identities);
    this.relays = new RelayExplorer(identities, discovery, options);
    reauthentication.onSuccess((socket, isSignedOut) => {
      if (isSignedOut) this.revocations.takeEverything(socket);
    });
  }

  declare(): void {
    this.relays.explore();
  }

  /**
   * Revokes rights on every server; other servers of a cluster move, and ask about, the sockets of the shared one only.
   */
  attach(io: Server, shared: boolean): void {
    this.revocations.attach(io, shared);
    if (!shared) return;
    this.io = io;
    moveMembersForOthers(io);
    answerMemberQuestions(io);
  }

  listen(): void {
    // A subclass of the adapter may have made the server by itself, which then nothing is attached to.
    if (!this.io) return;
    this.relays.listen(this.io);
    this.presence.listen(this.io);
  }

  onApplicationBootstrap(): void {
    if (this.io) this.presence.startBeating(this.io);
  }

  beforeApplicationShutdown(): void {
    this.presence.end();
  }
}
