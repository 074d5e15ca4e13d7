import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { AbstractWsAdapter } from '@nestjs/websockets';
import { join } from 'node:path';
import type { Server, ServerOptions } from 'socket.io';
import { LineLogger } from '../../common/log.js';
import { installFilters, watch } from '../gateways/exception-filters.js';
import { findGateways, gatewayMetadataOf } from '../gateways/gateways.js';
import { ForeignAdapterError } from '../server.errors.js';
import { originsOfCors } from '../handshakes/allowed-origins.js';
import {
  type AllowedOrigins,
  asksForOwnServer,
  joinsServers,
  type ResolvedIoServerOptions,
  SOCKETS_SERVER_OPTIONS,
} from '../options/server.options.js';
import { vulnerableDependencies } from './dependency-versions.js';
import { SocketsIoAdapter } from './sockets.adapter.js';

/** Stands for an adapter that `main.ts` must not use: it fails the boot before anything is done to a server. */
class RefusedAdapter extends AbstractWsAdapter {
  constructor(readonly error: ForeignAdapterError) {
    super();
  }

  create(): never {
    throw this.error;
  }

  bindMessageHandlers(): never {
    throw this.error;
  }

  /** There is nothing to close. */
  override async close(): Promise<void> {}
}

/** Installs the WebSocket adapter of the library, and refuses to boot when `main.ts` has replaced it. */
@Injectable()
export class AdapterInstaller implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new LineLogger('SocketsModule');
  /** The server of a worker, which Nest knows nothing of. */
  private unserved: Server | undefined;
  private isInitialized = false;

  constructor(
    private readonly config: ApplicationConfig,
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
    private readonly modules: ModulesContainer,
    @Inject(SOCKETS_SERVER_OPTIONS) private readonly options: ResolvedIoServerOptions,
  ) {}

  /** Whether this application has the adapter already, which only another import of the module can have installed. */
  get isInstalled(): boolean {
    return this.config.getIoAdapter() instanceof SocketsIoAdapter;
  }

  /**
   * Must come before Nest connects any gateway, so that nothing has to be added to `main.ts`. From then on, an adapter
   * that is not ours is kept away from the application's servers.
   */
  install(): void {
    const { config } = this;
    if (this.options.gateways === 'protected') this.watchFilters();
    config.setIoAdapter(new SocketsIoAdapter(this.moduleRef));
    const setIoAdapter = config.setIoAdapter.bind(config);
    config.setIoAdapter = (adapter) => {
      if (adapter instanceof SocketsIoAdapter) return setIoAdapter(adapter);
      const error = new ForeignAdapterError(adapter);
      // Nothing would look at it any more.
      if (this.isInitialized) throw error;
      setIoAdapter(new RefusedAdapter(error));
    };
  }

  /**
   * Watches the filters of gateways. Nest makes the instances later; before it connects the first gateway, and so reads
   * its filters, it asks for the adapter.
   */
  private watchFilters(): void {
    const { config } = this;
    const types = installFilters(findGateways(this.discovery));
    if (types.length === 0) return;
    const getIoAdapter = config.getIoAdapter.bind(config);
    config.getIoAdapter = () => {
      for (const { injectables } of this.modules.values()) {
        for (const type of types) {
          const { instance } = injectables.get(type) ?? {};
          if (instance) watch(instance);
        }
      }
      return getIoAdapter();
    };
  }

  /** @throws ForeignAdapterError if `main.ts` has replaced the adapter */
  assertNotReplaced(): void {
    const adapter: object = this.config.getIoAdapter();
    if (adapter instanceof RefusedAdapter) throw adapter.error;
  }

  /**
   * Makes the server where Nest makes none: in an application without an HTTP server, such as a worker. No client can
   * connect to it. It publishes to the clients of the other servers, so it is made only if something joins them.
   */
  makeUnserved(): Server | undefined {
    const { httpAdapter } = this.moduleRef.get(HttpAdapterHost, { strict: false });
    if (httpAdapter || !joinsServers(this.options)) return undefined;
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
    this.isInitialized = true;
    this.warnOfIgnoredOrigins();
    this.warnOfVulnerableDependencies();
    const classes = this.discovery.getProviders().map(({ metatype }) => metatype);
    for (const gateway of new Set(classes)) {
      if (typeof gateway === 'function') this.warnOfServerOptions(gateway);
    }
  }

  private warnOfVulnerableDependencies(): void {
    const main = process.argv[1] ?? join(process.cwd(), 'main.js');
    for (const warning of vulnerableDependencies(main)) this.logger.warn(`SocketsModule: ${warning}`);
  }

  private warnOfIgnoredOrigins(): void {
    const { origins, server } = this.options;
    if (origins === undefined || originsOfCors(server.cors) === undefined) return;
    this.logger.warn(
      'SocketsModule: server.cors.origin has no effect beside the option "origins", which alone says which other ' +
        'origins may connect. Leave one of the two out.',
    );
  }

  private warnOfServerOptions(gateway: object & { name?: string }): void {
    const { options = {}, port = 0 } = gatewayMetadataOf(gateway) ?? {};
    const serverOptions = Object.keys(options).filter((key) => key !== 'namespace');
    if (serverOptions.length === 0 || asksForOwnServer(port, options.path, this.options)) return;
    const movable = serverOptions.filter((key) => key !== 'cors');
    const moves =
      movable.length > 0 ? ` Move them to SocketsModule.forRoot({ server: { ${movable.join(', ')} } }).` : '';
    const origins = movable.length < serverOptions.length ? ` ${this.whoMayConnect(options.cors)}` : '';
    this.logger.warn(
      `${gateway.name}: @WebSocketGateway({ ${serverOptions.join(', ')} }) sets options of the server that all ` +
        `gateways share, where they have no effect.${moves}${origins}`,
    );
  }

  /** Says what counts instead of a gateway's option `cors`. */
  private whoMayConnect(cors: unknown): string {
    const { origins, server } = this.options;
    const example = `SocketsModule.forRoot({ origins: ${exampleOf(originsOfCors(cors as ServerOptions['cors']))} })`;
    const rule = 'Instead of "cors", the option "origins" says which other origins may connect';
    const allowed = origins ?? originsOfCors(server.cors);
    if (allowed === undefined) return `${rule}; so far none may, and their pages are refused. Name them: ${example}.`;
    if (allowed === '*') return `${rule}; at present all may.`;
    return `${rule}; pages of any other than those are refused.`;
  }
}

/** Returns what the option "origins" would have to be for a gateway to let in the pages that it means. */
function exampleOf(wanted: AllowedOrigins | undefined): string {
  const list = Array.isArray(wanted) ? (wanted as Array<string | RegExp>) : [];
  const entries = list.map((entry) => (typeof entry === 'string' ? `'${entry}'` : String(entry)));
  return entries.length > 0 ? `[${entries.join(', ')}]` : "['https://app.example.com']";
}
