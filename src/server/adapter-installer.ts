import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, ModuleRef } from '@nestjs/core';
import { DuplicateSocketsModuleError, ForeignAdapterError } from './server.errors.js';
import { gatewayMetadataOf } from './gateways.js';
import { SocketsIoAdapter } from './sockets.adapter.js';
import { asksForOwnServer, SOCKETS_SERVER_OPTIONS, type ResolvedIoServerOptions } from './server.options.js';

/**
 * Puts our adapter in place while providers are made, that is before Nest connects any gateway, so that nothing has to be added to `main.ts`.
 */
@Injectable()
export class AdapterInstaller implements OnModuleInit {
  private readonly logger = new Logger('SocketsModule');

  constructor(
    private readonly config: ApplicationConfig,
    private readonly discovery: DiscoveryService,
    @Inject(SOCKETS_SERVER_OPTIONS) private readonly options: ResolvedIoServerOptions,
    moduleRef: ModuleRef,
  ) {
    if (config.getIoAdapter() instanceof SocketsIoAdapter) throw new DuplicateSocketsModuleError();
    config.setIoAdapter(new SocketsIoAdapter(moduleRef));
  }

  /** By now `main.ts` has had its say. */
  onModuleInit(): void {
    const adapter: object = this.config.getIoAdapter();
    if (!(adapter instanceof SocketsIoAdapter)) throw new ForeignAdapterError(adapter.constructor.name);
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
      `${gateway.name}: @WebSocketGateway({ ${serverOptions.join(', ')} }) sets options of the server that all gateways share, where they have no ` +
        `effect. Move them to SocketsModule.forRoot({ server: { ${serverOptions.join(', ')} } })` +
        `${serverOptions.includes('cors') ? '; who else may connect is said by its option "origins"' : ''}.`,
    );
  }
}
