import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, ModuleRef } from '@nestjs/core';
import { gatewayMetadataOf } from './gateways.js';
import { ForeignAdapterError } from './server.errors.js';
import { asksForOwnServer, SOCKETS_SERVER_OPTIONS, type ResolvedIoServerOptions } from './server.options.js';
import { SocketsIoAdapter } from './sockets.adapter.js';

/** Installs the WebSocket adapter of the library, and refuses to boot when `main.ts` has replaced it. */
@Injectable()
export class AdapterInstaller implements OnModuleInit {
  private readonly logger = new Logger('SocketsModule');

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
