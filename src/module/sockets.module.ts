import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Injectable,
  Module,
  type NestModule,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryModule,
  ExternalContextCreator,
  HttpAdapterHost,
  ModuleRef,
  ModulesContainer,
} from '@nestjs/core';
import type { BootParticipant } from '../common/boot/boot-participant.js';
import { Connections } from '../connections/connections.js';
import { SocketRequests } from '../requests/socket-requests.js';
import { resourceProviders } from '../resources/pubsub/injected-resources.js';
import { ResourceChannels } from '../resources/pubsub/resource-channels.js';
import { ResourcefulPubSub } from '../resources/pubsub/resourceful-pubsub.js';
import { Resources } from '../resources/resources.js';
import { Rooms } from '../rooms/rooms.js';
import { SocketsService } from '../rooms/sockets.service.js';
import { ResourcefulPubSubInterceptor } from '../routes/resourceful-pubsub.interceptor.js';
import { RoutePubSub } from '../routes/route-pubsub.js';
import { AdapterInstaller } from '../server/adapter/adapter-installer.js';
import type { ClusterIntegration } from '../server/cluster/cluster.options.js';
import { Departure } from '../server/adapter/departure.js';
import { Cluster } from '../server/cluster/cluster.js';
import { SOCKETS_HEALTH } from '../server/cluster/health/health-token.js';
import { SocketsHealth } from '../server/cluster/health/sockets-health.js';
import { DuplicateSocketsModuleError } from '../server/server.errors.js';
import { SOCKETS_SERVER_OPTIONS } from '../server/options/server.options.js';
import { Outbound } from '../server/outbound/outbound.js';
import { SocketsServer } from '../server/sockets-server.js';
import { Transactions } from '../transactions/transactions.js';
import { surroundRoutes } from './intercepted-routes.js';
import { SOCKETS_MODULE_OPTIONS } from './options-token.js';
import {
  assertIsAsyncOptions,
  assertIsGlobal,
  assertIsOptions,
  resolveOptions,
  type SocketsModuleOptions,
} from './sockets.options.js';

const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<SocketsModuleOptions>({ optionsInjectionToken: SOCKETS_MODULE_OPTIONS })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createSocketsOptions')
    .setExtras({ isGlobal: true }, (definition, { isGlobal }) => ({ ...definition, global: isGlobal }))
    .build();

/** Token of what the option `cluster` has asked Nest for. */
const INJECTED_INTO_CLUSTER = Symbol('INJECTED_INTO_CLUSTER');

/**
 * Boots the library: installs the WebSocket adapter, then asks the rooms, phase by phase. Each phase asks them in the
 * order of the array, so that a room can rely on what those before it did in the same phase.
 */
@Injectable()
class Boot implements OnModuleInit {
  private readonly rooms: readonly BootParticipant[];
  private isDeclared = false;

  constructor(
    server: SocketsServer,
    transactions: Transactions,
    connections: Connections,
    rooms: Rooms,
    requests: SocketRequests,
    resources: Resources,
    routes: RoutePubSub,
    outbound: Outbound,
    health: SocketsHealth,
    private readonly adapter: AdapterInstaller,
  ) {
    // A socket's user is known before rooms hear of the connection.
    server.setAttachments([outbound, connections, rooms, health]);
    server.setUnservedServer(() => adapter.makeUnserved());
    // Relays reserve events, which no resource may have; routes declare resources that channels and relations name.
    this.rooms = [transactions, rooms, requests, resources, routes];
  }

  /** @throws DuplicateSocketsModuleError if another module of the application has installed it */
  installAdapter(): void {
    if (this.adapter.isInstalled) throw new DuplicateSocketsModuleError();
    this.adapter.install();
  }

  /** Also declares, and listens, in an application without an HTTP server, where Nest never calls `configure()`. */
  async onModuleInit(): Promise<void> {
    this.declare();
    if (this.adapter.makeUnserved()) this.listen();
    for (const room of this.rooms) await room.prepare?.();
  }

  /** Collects what the application declares, and refuses what cannot work. Does so once, however often it is called. */
  declare(): void {
    if (this.isDeclared) return;
    this.isDeclared = true;
    for (const room of this.rooms) room.declare?.();
    for (const room of this.rooms) room.check?.();
  }

  listen(): void {
    for (const room of this.rooms) room.listen?.();
  }

  /** The server of another adapter may be none of Socket.IO. */
  assertAdapter(): void {
    this.adapter.assertNotReplaced();
  }
}

/**
 * Adds realtime to the application. Import it once, in the root module; it is global, and `main.ts` needs no change.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { SocketsModule } from 'nestjs-sockets';
 *
 * @Module({ imports: [SocketsModule.forRoot({ origins: ['https://app.example.com'] })] })
 * export class AppModule {}
 * ```
 */
@Module({
  imports: [DiscoveryModule],
  providers: [
    {
      provide: SOCKETS_SERVER_OPTIONS,
      useFactory: resolveOptions,
      // Absent when the class itself is imported; then the error should be ours.
      inject: [{ token: SOCKETS_MODULE_OPTIONS, optional: true }],
    },
    {
      provide: Cluster,
      useFactory: (
        { cluster, journal }: ReturnType<typeof resolveOptions>,
        host: HttpAdapterHost,
        injected?: unknown[],
      ) => Cluster.open(cluster, journal, injected, host),
      inject: [SOCKETS_SERVER_OPTIONS, HttpAdapterHost, { token: INJECTED_INTO_CLUSTER, optional: true }],
    },
    Boot,
    AdapterInstaller,
    Departure,
    Connections,
    Outbound,
    Rooms,
    SocketsServer,
    {
      provide: Transactions,
      useFactory: ({ transactions }: SocketsModuleOptions, providers: ModuleRef, modules: ModulesContainer) =>
        new Transactions(transactions, providers, modules),
      inject: [SOCKETS_SERVER_OPTIONS, ModuleRef, ModulesContainer],
    },
    SocketsHealth,
    { provide: SOCKETS_HEALTH, useExisting: SocketsHealth },
    SocketsService,
    SocketRequests,
    Resources,
    { provide: ResourceChannels, useFactory: ({ channels }: Resources) => channels, inject: [Resources] },
    ResourcefulPubSub,
    RoutePubSub,
    ResourcefulPubSubInterceptor,
  ],
  exports: [
    SOCKETS_SERVER_OPTIONS,
    SocketsService,
    SocketsHealth,
    SOCKETS_HEALTH,
    ResourcefulPubSub,
    ResourcefulPubSubInterceptor,
    // What the two above inject, for where an application applies them by hand.
    ResourceChannels,
    RoutePubSub,
  ],
})
export class SocketsModule extends ConfigurableModuleClass implements NestModule {
  /** @internal */
  constructor(
    private readonly config: ApplicationConfig,
    private readonly interceptor: ResourcefulPubSubInterceptor,
    private readonly boot: Boot,
    private readonly contexts: ExternalContextCreator,
  ) {
    super();
    boot.installAdapter();
  }

  /** @throws InvalidOptionsError, at boot, when an option is wrong */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    assertIsOptions(options);
    assertIsGlobal(options.isGlobal);
    return withResources(withInjected(super.forRoot(options), options.cluster));
  }

  /**
   * Adds realtime with options of a factory, which may inject providers.
   *
   * @throws InvalidOptionsError, at boot, when an option is wrong
   */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    assertIsAsyncOptions(options);
    return withResources(super.forRootAsync(options));
  }

  /**
   * Makes the interceptor the outermost of all. Nest calls this after `main.ts`, and before it reads the list of
   * interceptors to register routes; anywhere else, the interceptor would see records before serializers do. It is also
   * earlier than any `onModuleInit`, so that each of them can publish.
   */
  configure(): void {
    // In preview mode Nest makes no providers.
    if (!(this.boot as Boot | undefined)) return;
    this.boot.assertAdapter();
    this.config.getGlobalInterceptors().unshift(this.interceptor);
    surroundRoutes(this.contexts, this.interceptor);
    this.boot.declare();
    this.boot.listen();
  }
}

/** Has Nest find what joins the servers, such as a client of Redis that the application has already. */
function withInjected(
  module: DynamicModule,
  { imports = [], inject }: Partial<ClusterIntegration> = {},
): DynamicModule {
  if (!inject) return module;
  const injected = { provide: INJECTED_INTO_CLUSTER, useFactory: (...all: unknown[]) => all, inject: [...inject] };
  return {
    ...module,
    imports: [...(module.imports ?? []), ...imports],
    providers: [...(module.providers ?? []), injected],
  };
}

/**
 * Adds a provider for each channel that `@InjectResource` names. Nest reads the list when it scans the module; by then
 * every class of the application is loaded, and all names are known.
 */
function withResources(module: DynamicModule): DynamicModule {
  const { providers = [], exports = [] } = module;
  return {
    ...module,
    get providers(): Provider[] {
      return [...providers, ...resourceProviders()];
    },
    get exports(): NonNullable<DynamicModule['exports']> {
      return [...exports, ...resourceProviders()];
    },
  };
}
