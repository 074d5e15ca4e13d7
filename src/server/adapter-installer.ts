import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, HttpAdapterHost, ModuleRef } from '@nestjs/core';
import type { Server } from 'socket.io';
import { gatewayMetadataOf } from './gateways.js';
import { ForeignAdapterError } from './server.errors.js';
import { asksForOwnServer, SOCKETS_SERVER_OPTIONS, type ResolvedIoServerOptions } from './server.options.js';
import { SocketsIoAdapter } from './sockets.adapter.js';

/** Installs the WebSocket adapter of the library, and refuses to boot when `main.ts` has replaced it. */
@Injectable()
export class AdapterInstaller implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('SocketsModule');
  /** The server of a worker, which Nest knows nothing of. */
  private unserved: Server | undefined;

  constructor(
    private readonly config: ApplicationConfig,
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
    @Inject(SOCKETS_SERVER_OPTIONS) private readonly options: ResolvedIoServerOptions,
  ) {}

  /** Whether this application has the adapter already, which only another import of the module can have installed. */
  get isInstalled(): boolean {
    return this.config.getIoAdapter() instanceof SocketsIoAdapter;
  }

  /** Must come before Nest connects any gateway, so that nothing has to be added to `main.ts`. */
  install(): void {
    this.config.setIoAdapter(new SocketsIoAdapter(this.moduleRef));
  }

  /** @throws ForeignAdapterError if `main.ts` has replaced the adapter */
  assertNotReplaced(): void {
    const adapter: object = this.config.getIoAdapter();
    if (!(adapter instanceof SocketsIoAdapter)) throw new ForeignAdapterError(adapter.constructor.name);
  }

  /**
   * Makes the server where Nest makes none: in an application without an HTTP server, such as a worker. No client can
   * connect to it. It publishes to the clients of the other servers, so it is made only if an adapter joins them.
   */
  makeUnserved(): Server | undefined {
    const { httpAdapter } = this.moduleRef.get(HttpAdapterHost, { strict: false });
    if (httpAdapter || !this.options.server.adapter) return undefined;
    this.unserved ??= (this.config.getIoAdapter() as SocketsIoAdapter).createIOServer(0);
    return this.unserved;
  }

  /** Closes the server that Nest does not close. */
  async beforeApplicationShutdown(): Promise<void> {
    if (!this.unserved) return;
    // Others say goodbye to the cluster in this phase.
    await new Promise((resolve) => setImmediate(resolve));
    await (this.config.getIoAdapter() as SocketsIoAdapter).close(this.unserved);
  }

  /** Runs when `main.ts` has had its say. */
  onModuleInit(): void {
    this.assertNotReplaced();
    const classes = this.discovery.getProviders().map(({ metatype }) => metatype);
    for (const gateway of new Set(classes)) {
      if (typeof gateway === 'function') this.warnOfServerOptions(gateway);
    }
  }

  private warnOfServerOptions(gateway: object & { name?: string }): void {
    const { options = {}, port = 0 } = gatewayMetadataOf(gateway) ?? {};
    const serverOptions = Object.keys(options).filter((key) => key !== 'namespace');
    if (serverOptions.length === 0 || asksForOwnServer(port, options.path, this.options)) return;
    this.logger.warn(
      `${gateway.name}: @WebSocketGateway({ ${serverOptions.join(', ')} }) sets options of the server that all ` +
        `gateways share, where they have no effect. Move them to ` +
        `SocketsModule.forRoot({ server: { ${serverOptions.join(', ')} } })` +
        `${serverOptions.includes('cors') ? '; the option "origins" says who else may connect' : ''}.`,
    );
  }
}
