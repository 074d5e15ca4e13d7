import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ModuleRef } from '@nestjs/core';
import type { Server } from 'socket.io';
import { type ResolvedIoServerOptions, SOCKETS_SERVER_OPTIONS } from '../server/options/server.options.js';
import { beforeLeaving } from '../server/cluster/delivery/leaving.js';
import type { ServerAttachment } from '../server/sockets-server.js';
import { Authentication } from './authentication/authentication.js';
import { HandshakeMiddlewares } from './authentication/handshake-middleware.js';
import { Reauthentication } from './authentication/reauthentication.js';
import { RefusalLog } from './authentication/refusal-log.js';
import type { ResolvedConnectionOptions } from './connection.options.js';
import { ConnectionFailures } from './connection-failures.js';
import { DisconnectHook } from './disconnect-hook.js';
import { Expiry } from './expiry.js';
import { Identities } from './identities.js';
import { answerCallerQuestions, forgetFoundUser, nameIdentityCookies } from './requester/caller.js';
import { recordArrivals } from './requester/request-arrival.js';
import { rememberServer } from './requester/requesting-socket.js';

/**
 * Creates everything that accompanies a connection from its handshake to its disconnect: on the shared server, and on
 * each server that a gateway has for itself.
 */
@Injectable()
export class Connections implements ServerAttachment, OnModuleInit, OnApplicationShutdown {
  readonly identities: Identities;
  readonly expiry: Expiry;
  readonly reauthentication: Reauthentication;
  private readonly authentication: Authentication;
  private readonly disconnectHook: DisconnectHook;
  private readonly handshakes: HandshakeMiddlewares;
  private readonly failures = new ConnectionFailures();
  private readonly refusals = new RefusalLog();

  constructor(
    @Inject(SOCKETS_SERVER_OPTIONS)
    private readonly options: ResolvedConnectionOptions & ResolvedIoServerOptions,
    discovery: DiscoveryService,
    moduleRef: ModuleRef,
  ) {
    this.identities = new Identities(options);
    this.expiry = new Expiry(options);
    this.authentication = new Authentication(options, moduleRef, this.identities, this.expiry, this.refusals);
    this.handshakes = new HandshakeMiddlewares(options.handshakeMiddleware, this.refusals);
    this.reauthentication = new Reauthentication(this.authentication, this.identities, this.expiry, discovery, options);
    this.reauthentication.onSuccess((socket, isSignedOut) => {
      if (isSignedOut) forgetFoundUser(socket);
    });
    this.disconnectHook = new DisconnectHook(options);
  }

  async onModuleInit(): Promise<void> {
    await this.authentication.makeGuards();
  }

  attach(io: Server, shared: boolean): void {
    this.handshakes.attach(io);
    // Each of these puts itself before what is there already, so the last to attach is the first to see a connection.
    for (const stage of this.stages.toReversed()) stage.attach(io);
    this.failures.attach(io);
    recordArrivals(io);
    nameIdentityCookies(io, this.options.identityCookies);
    beforeLeaving(io, 'publish', () => this.disconnectHook.finish());
    if (!shared) return;
    rememberServer(io);
    answerCallerQuestions(io);
  }

  onApplicationShutdown(): void {
    this.refusals.flush();
  }

  /** Lists what sees a connection, in order. */
  private get stages(): Array<{ attach(io: Server): void }> {
    return [
      // A client that may not connect is seen by nothing else.
      this.authentication,
      // A gateway may end a connection as soon as it is there.
      this.disconnectHook,
      // A socket whose identity cannot be read is disconnected, and needs no timer.
      this.identities,
      this.expiry,
      this.reauthentication,
    ];
  }
}
