import { Module, type INestApplication, type WebSocketAdapter } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { AbstractWsAdapter, WebSocketGateway } from '@nestjs/websockets';
import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import type { Server, ServerOptions } from 'socket.io';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ForeignAdapterError, SocketsIoAdapter, SocketsModule, type SocketsModuleOptions } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { platform } from '../../support/platforms.js';
import { handshake, opened } from './support/http.js';

@WebSocketGateway()
class PlainGateway {}

@WebSocketGateway({ namespace: 'staff' })
class StaffGateway {}

@WebSocketGateway({ path: '/own' })
class OwnPathGateway {}

class OwnAdapter extends IoAdapter {}

class HandWrittenAdapter implements WebSocketAdapter {
  static readonly touched: string[] = [];

  create(): unknown {
    HandWrittenAdapter.touched.push('create');
    return {};
  }
  bindClientConnect(): void {
    HandWrittenAdapter.touched.push('bindClientConnect');
  }
  bindMessageHandlers(): void {
    HandWrittenAdapter.touched.push('bindMessageHandlers');
  }
  close(): void {
    HandWrittenAdapter.touched.push('close');
  }
}

class CountingAdapter extends SocketsIoAdapter {
  readonly made: Server[] = [];

  override createIOServer(port: number, options?: Partial<ServerOptions>): Server {
    const server = super.createIOServer(port, options);
    if (!this.made.includes(server)) this.made.push(server);
    return server;
  }
}

const options: SocketsModuleOptions = {
  origins: ['https://friend.example'],
  server: { path: '/realtime', pingInterval: 11_111 },
};

describe('useWebSocketAdapter', () => {
  it.each([
    ['without a gateway', []],
    ['with a gateway', [PlainGateway]],
  ])('with an adapter that is not ours fails the boot with what to do, %s', async (_which, providers) => {
    const app = start({ providers, main: (nest) => nest.useWebSocketAdapter(new OwnAdapter(nest)) });
    const error = await app.then(
      () => 'it booted',
      (thrown: unknown) => thrown,
    );

    expect(error).toBeInstanceOf(ForeignAdapterError);
    expect(error).toMatchObject({ code: 'FOREIGN_ADAPTER' });
    expect((error as Error).message).toContain('useWebSocketAdapter(new OwnAdapter(…))');
    expect((error as Error).message).toContain('Remove that call, or let OwnAdapter extend SocketsIoAdapter');
    expect((error as Error).message).toContain('new OwnAdapter(app)');
  });

  it("with Nest's own adapter fails just so", async () => {
    const app = start({ main: (nest) => nest.useWebSocketAdapter(new IoAdapter(nest)) });

    await expect(app).rejects.toThrow(
      /useWebSocketAdapter\(new IoAdapter\(…\)\) replaces the adapter of SocketsModule/,
    );
  });

  it('with an adapter for another protocol fails just so', async () => {
    class PlainWebSockets extends AbstractWsAdapter {
      create(): unknown {
        return Object.assign(new EventEmitter(), { close: (closed?: () => void) => closed?.() });
      }
      bindMessageHandlers(): void {}
    }
    const app = start({ main: (nest) => nest.useWebSocketAdapter(new PlainWebSockets(nest)) });

    await expect(app).rejects.toBeInstanceOf(ForeignAdapterError);
  });

  const foreign: Array<[what: string, make: (nest: INestApplication) => unknown, called: string]> = [
    ['that of the package ws', (nest) => new WsAdapter(nest), 'new WsAdapter(…)'],
    ['one that somebody wrote', () => new HandWrittenAdapter(), 'new HandWrittenAdapter(…)'],
    ['a plain object', () => ({ create: () => expect.unreachable(), close: () => undefined }), 'useWebSocketAdapter(a'],
    ['undefined', () => undefined, 'useWebSocketAdapter(undefined)'],
    ['null', () => null, 'useWebSocketAdapter(null)'],
  ];

  it.each(foreign)('with %s fails before it touches a server, whatever the gateways', async (_what, make, called) => {
    for (const providers of [[], [PlainGateway], [StaffGateway], [OwnPathGateway, PlainGateway]]) {
      const app = start({ providers, main: (nest) => nest.useWebSocketAdapter(make(nest) as IoAdapter) });
      const error = await app.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ForeignAdapterError);
      expect((error as Error).message).toContain(called);
      expect((error as Error).message).toContain('Remove that call');
    }
    expect(HandWrittenAdapter.touched).toEqual([]);
  });

  it.each(foreign)('with %s after init() throws, and leaves everything as it is', async (_what, make, called) => {
    const app = await start({ providers: [PlainGateway] });

    expect(() => app.nest.useWebSocketAdapter(make(app.nest) as IoAdapter)).toThrow(called);
    const client = await app.connect();
    await app.sockets.broadcast(client.id, 'hello');
    await client.next('hello');
  });

  it('with a foreign adapter, and ours after it, boots', async () => {
    const app = await start({
      main: (nest) => {
        nest.useWebSocketAdapter(new WsAdapter(nest));
        nest.useWebSocketAdapter(new CountingAdapter(nest));
      },
    });
    await app.connect();
  });

  it('with a subclass of SocketsIoAdapter makes the server by it, with all options of the module', async () => {
    let adapter: CountingAdapter | undefined;
    const app = await start({
      imports: [SocketsModule.forRoot(options)],
      providers: [PlainGateway],
      main: (nest) => nest.useWebSocketAdapter((adapter = new CountingAdapter(nest))),
    });
    const client = await app.connect({ path: '/realtime' });

    await app.sockets.broadcast(client.id, 'hello');
    await client.next('hello');

    expect(adapter?.made).toEqual([app.sockets.server]);
    expect(await opened(app.url, '/realtime')).toMatchObject({ pingInterval: 11_111 });
    expect((await handshake(app.url, 'https://friend.example', '/realtime')).status).toBe(200);
    expect((await handshake(app.url, 'https://stranger.example', '/realtime')).status).toBe(403);
  });

  it('with a subclass that was given the HTTP server, as other adapters are, says what it needs', async () => {
    @Module({ imports: [SocketsModule.forRoot()] })
    class AppModule {}

    const app = await NestFactory.create(AppModule, platform.adapter(), { logger: false });
    onTestFinished(() => app.close());

    expect(() => new CountingAdapter(app.getHttpServer())).toThrow(
      'CountingAdapter: give it the application, as in new',
    );
    expect(() => new CountingAdapter(createServer() as never)).toThrow('new CountingAdapter(app)');
  });
});
