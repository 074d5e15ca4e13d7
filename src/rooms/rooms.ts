import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Server } from 'socket.io';
import type { BootParticipant } from '../common/boot.js';
import { Connections } from '../connections/connections.js';
import { type ResolvedIoServerOptions, SOCKETS_SERVER_OPTIONS } from '../server/server.options.js';
import type { ServerAttachment } from '../server/sockets-server.js';
import { answerMemberQuestions } from './members/member-questions.js';
import { moveMembersForOthers } from './members/members.js';
import { Presence } from './presence/presence.js';
import { RelayExplorer } from './relay/relay-explorer.js';
import { Revocations } from './revocations.js';

/** Everything that has to do with rooms and needs no resources: who is in them, what is relayed in them, and who has lost the right to them. */
@Injectable()
export class Rooms implements BootParticipant, ServerAttachment, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly presence: Presence;
  readonly relays: RelayExplorer;
  readonly revocations = new Revocations();
  private io: Server | undefined;

  constructor(
    @Inject(SOCKETS_SERVER_OPTIONS) options: ResolvedIoServerOptions,
    discovery: DiscoveryService,
    { identities, reauthentication }: Connections,
  ) {
    this.presence = new Presence(identities, reauthentication, options);
    this.relays = new RelayExplorer(identities, discovery, options);
  }

  /** Reads what is relayed. */
  declare(): void {
    this.relays.explore();
  }

  attach(io: Server, shared: boolean): void {
    this.revocations.attach(io, shared);
    if (!shared) return;
    this.io = io;
    moveMembersForOthers(io);
    answerMemberQuestions(io);
  }

  /** Relays signals and keeps presence from now on; by then it is known which rooms and relays there are. */
  listen(): void {
    // The server is of an adapter that is not ours, which AdapterInstaller will refuse.
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
