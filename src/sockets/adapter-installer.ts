import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, ModuleRef } from '@nestjs/core';
import { DuplicateSocketsModuleError } from './errors/duplicate-sockets-module.error.js';
import { ForeignAdapterError } from './errors/foreign-adapter.error.js';
import { SocketsIoAdapter } from './sockets.adapter.js';

/** Nest's own metadata of a gateway class. */
const GATEWAY_OPTIONS = 'websockets:gateway_options';
const GATEWAY_PORT = 'port';

/**
 * Puts our adapter in place while providers are made, that is before Nest connects any gateway, so that nothing has to be added to `main.ts`.
 */
@Injectable()
export class AdapterInstaller implements OnModuleInit {
  private readonly logger = new Logger('SocketsModule');

  constructor(
    private readonly config: ApplicationConfig,
    private readonly discovery: DiscoveryService,
    moduleRef: ModuleRef,
  ) {
    if (config.getIoAdapter() instanceof SocketsIoAdapter) throw new DuplicateSocketsModuleError();
    config.setIoAdapter(new SocketsIoAdapter(moduleRef));
  }

  /** By now `main.ts` has had its say. */
  onModuleInit(): void {
    const adapter: object = this.config.getIoAdapter();
    if (!(adapter instanceof SocketsIoAdapter)) throw new ForeignAdapterError(adapter.constructor.name);
    for (const { metatype } of this.discovery.getProviders()) {
      if (typeof metatype === 'function') this.warnOfServerOptions(metatype);
    }
  }

  private warnOfServerOptions(gateway: object & { name?: string }): void {
    const options = (Reflect.getMetadata(GATEWAY_OPTIONS, gateway) ?? {}) as Record<string, unknown>;
    const asksForOwnServer = Boolean(Reflect.getMetadata(GATEWAY_PORT, gateway)) || options.path !== undefined;
    const serverOptions = Object.keys(options).filter((key) => key !== 'namespace');
    if (asksForOwnServer || serverOptions.length === 0) return;
    this.logger.warn(
      `${gateway.name}: @WebSocketGateway({ ${serverOptions.join(', ')} }) sets options of the server that all gateways share, and Nest keeps ` +
        `those of the gateway it meets first. Move them to SocketsModule.forRoot({ server: { ${serverOptions.join(', ')} } }), where they always apply` +
        `${serverOptions.includes('cors') ? ' (and see its option "origins")' : ''}.`,
    );
  }
}
