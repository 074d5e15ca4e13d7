import type { Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { Server, ServerOptions } from 'socket.io';
import { OriginPolicy } from './origin-policy.js';
import { SOCKETS_SERVER_OPTIONS, type ResolvedSocketsServerOptions } from './sockets-server.options.js';

/** What an adapter is made from: an application, or a `ModuleRef`. */
export interface ProviderSource {
  get<T>(token: Type<T> | symbol, options: { strict: false }): T;
}

/**
 * The WebSocket adapter that `SocketsModule` installs by itself. Extend it only when the server itself must be changed, and hand it the
 * application.
 *
 * @example
 * ```ts
 * import { NestFactory } from '@nestjs/core';
 * import { SocketsIoAdapter, SocketsModule } from 'nestjs-sockets';
 * import { Module } from '@nestjs/common';
 * import type { ServerOptions } from 'socket.io';
 *
 * @Module({ imports: [SocketsModule.forRoot()] })
 * class AppModule {}
 *
 * class CountingAdapter extends SocketsIoAdapter {
 *   override createIOServer(port: number, options?: Partial<ServerOptions>) {
 *     const server = super.createIOServer(port, options);
 *     server.engine.on('connection_error', () => console.log('one more'));
 *     return server;
 *   }
 * }
 *
 * const app = await NestFactory.create(AppModule);
 * app.useWebSocketAdapter(new CountingAdapter(app));
 * ```
 */
export class SocketsIoAdapter extends IoAdapter {
  constructor(private readonly source: ProviderSource) {
    super();
  }

  /**
   * Makes the server. On the application's own port and path the module's options win over those of the gateway that Nest happens to scan first;
   * a server that a gateway asked for itself, by a port or a path, keeps what the gateway says.
   */
  override createIOServer(port: number, gatewayOptions: Partial<ServerOptions> = {}): Server {
    this.findHttpServer();
    const options = this.source.get<ResolvedSocketsServerOptions>(SOCKETS_SERVER_OPTIONS, { strict: false });
    const origins = new OriginPolicy(options);
    const own = port !== 0 || gatewayOptions.path !== undefined;
    const merged = own ? { ...options.server, ...gatewayOptions } : { ...gatewayOptions, ...options.server };
    // It hands missed messages to a reconnecting client before anybody is authorized, and loses others without a word.
    delete merged.connectionStateRecovery;
    return super.createIOServer(port, {
      ...merged,
      cors: origins.cors() ?? gatewayOptions.cors,
      allowRequest: origins.allowRequest,
    } as ServerOptions) as Server;
  }

  /** Also under `forceCloseConnections`, where Nest's adapter leaves the clients' timers to the HTTP server it is about to cut. */
  override async close(server: Server): Promise<void> {
    if (this.forceCloseConnections) server.disconnectSockets(true);
    await super.close(server);
  }

  /** Late, because a testing module has no HTTP server yet when its providers are made. */
  private findHttpServer(): void {
    const host = this.source.get(HttpAdapterHost, { strict: false });
    (this as unknown as { httpServer: unknown }).httpServer = host.httpAdapter?.getHttpServer();
  }
}
