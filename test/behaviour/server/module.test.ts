import { Controller, Get, Inject, Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  DuplicateSocketsModuleError,
  InjectResource,
  InvalidOptionsError,
  ResourceChannel,
  ResourcefulPubSub,
  ServerNotReadyError,
  SocketsModule,
  SocketsService,
  type SocketsModuleOptions,
  type SocketsOptionsFactory,
} from '../../../src/index.js';
import { start } from '../../support/application.js';
import { Logs } from '../../support/logs.js';
import { platform } from '../../support/platforms.js';
import { opened } from './support/http.js';

const PING = Symbol('PING');

@Module({ providers: [{ provide: PING, useValue: 1_234 }], exports: [PING] })
class ConfigurationModule {}

@Injectable()
class Configuration implements SocketsOptionsFactory {
  @Inject(PING) private readonly pingInterval!: number;

  async createSocketsOptions(): Promise<SocketsModuleOptions> {
    await Promise.resolve();
    return { server: { pingInterval: this.pingInterval } };
  }
}

@Module({ imports: [ConfigurationModule], providers: [Configuration], exports: [Configuration] })
class ExistingConfigurationModule {}

@Controller('rooms')
class RoomsController {
  constructor(
    private readonly sockets: SocketsService,
    @InjectResource('room') private readonly room: ResourceChannel<{ id: number }>,
  ) {}

  @Get()
  async list() {
    return { rooms: await this.sockets.rooms(), channel: this.room.name };
  }
}

/** Imports nothing, as a feature module of an application does. */
@Module({ controllers: [RoomsController] })
class FeatureModule {}

const configurations = [
  {
    how: 'useFactory, inject and imports',
    module: () =>
      SocketsModule.forRootAsync({
        imports: [ConfigurationModule],
        inject: [PING],
        useFactory: async (pingInterval: number) => Promise.resolve({ server: { pingInterval } }),
      }),
  },
  {
    how: 'useClass and imports',
    module: () => SocketsModule.forRootAsync({ imports: [ConfigurationModule], useClass: Configuration }),
  },
  {
    how: 'useExisting and imports',
    module: () => SocketsModule.forRootAsync({ imports: [ExistingConfigurationModule], useExisting: Configuration }),
  },
];

describe('SocketsModule', () => {
  it('needs no option and nothing in main.ts', async () => {
    const app = await start({ imports: [SocketsModule.forRoot()] });
    const client = await app.connect();

    await app.sockets.broadcast(client.id, 'hello', { from: 'server' });

    expect(await client.next('hello')).toEqual([{ from: 'server' }]);
  });

  it('serves the HTTP routes and the sockets on one port', async () => {
    const app = await start({ imports: [SocketsModule.forRoot(), FeatureModule] });

    expect(app.sockets.server.httpServer).toBe(app.nest.getHttpServer());
    expect((await app.request('GET', '/rooms')).status).toBe(200);
    await app.connect();
  });

  it.each(configurations)('takes its options from forRootAsync with $how', async ({ module }) => {
    const app = await start({ imports: [module()] });

    expect((await opened(app.url)).pingInterval).toBe(1_234);
  });

  it('is global: a feature module injects its services without importing it', async () => {
    const app = await start({ imports: [SocketsModule.forRoot(), FeatureModule] });
    const client = await app.connect();

    await app.sockets.join(client.id, 'lobby');

    const { body } = await app.request('GET', '/rooms');
    expect(body).toEqual({ rooms: expect.arrayContaining(['lobby']) as unknown, channel: 'room' });
  });

  it('is global with forRootAsync too', async () => {
    const app = await start({
      imports: [SocketsModule.forRootAsync({ useFactory: () => ({}) }), FeatureModule],
    });

    expect((await app.request('GET', '/rooms')).status).toBe(200);
  });

  it('keeps its services to who imports it with isGlobal: false', async () => {
    const sockets = SocketsModule.forRoot({ isGlobal: false });
    const importing = start({ imports: [sockets, FeatureModule] });
    await expect(importing).rejects.toThrow(/can't resolve dependencies of the RoomsController/);

    const async = SocketsModule.forRootAsync({ useFactory: () => ({}), isGlobal: false });
    await expect(start({ imports: [async, FeatureModule] })).rejects.toThrow(/RoomsController/);
  });

  it('serves a module that imports it with isGlobal: false', async () => {
    const sockets = SocketsModule.forRoot({ isGlobal: false });

    @Module({ imports: [sockets], controllers: [RoomsController] })
    class ImportingModule {}

    const app = await start({ imports: [sockets, ImportingModule] });

    expect((await app.request('GET', '/rooms')).body).toMatchObject({ channel: 'room' });
  });

  it('refuses to be set up twice, and says what to do', async () => {
    @Module({ imports: [SocketsModule.forRoot()] })
    class SecondModule {}

    const twice = start({ imports: [SocketsModule.forRoot(), SecondModule] });
    await expect(twice).rejects.toThrow(DuplicateSocketsModuleError);

    const mixed = start({
      imports: [SocketsModule.forRoot({ isGlobal: false }), SocketsModule.forRootAsync({ useFactory: () => ({}) })],
    });
    await expect(mixed).rejects.toThrow(/Import it once, in the root module/);
  });

  it('refuses to be imported without forRoot, and says what to do', async () => {
    await expect(start({ imports: [SocketsModule] })).rejects.toThrow(InvalidOptionsError);
    await expect(start({ imports: [SocketsModule] })).rejects.toThrow(/SocketsModule\.forRoot\(/);
  });

  it('refuses a feature module that imports the class beside forRoot', async () => {
    @Module({ imports: [SocketsModule], controllers: [RoomsController] })
    class CarefulModule {}

    const app = start({ imports: [SocketsModule.forRoot(), CarefulModule] });

    await expect(app).rejects.toThrow(/SocketsModule/);
  });

  it('passes on what a factory of options throws', async () => {
    const module = SocketsModule.forRootAsync({ useFactory: () => Promise.reject(new Error('no configuration')) });

    await expect(start({ imports: [module] })).rejects.toThrow('no configuration');
  });
});

describe('SocketsModule without an HTTP server', () => {
  it('boots in createApplicationContext, and says there that there is no server', async () => {
    @Module({ imports: [SocketsModule.forRoot()] })
    class WorkerModule {}

    const context = await NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false });
    onTestFinished(() => context.close());
    const sockets = context.get(SocketsService);

    expect(() => sockets.server).toThrow(ServerNotReadyError);
    expect(() => sockets.server).toThrow(/no HTTP server .*createApplicationContext.* give SocketsModule the cluster/);
    await expect(sockets.broadcast('room', 'event')).rejects.toThrow(ServerNotReadyError);
    await expect(context.get(ResourcefulPubSub).of('user').publishUpdate(1, {})).rejects.toThrow(ServerNotReadyError);
  });

  it('logs, where nobody waits for it, that nothing was sent', async () => {
    @Module({ imports: [SocketsModule.forRoot()] })
    class ScriptModule {}
    const logs = new Logs();
    const context = await NestFactory.createApplicationContext(ScriptModule, { logger: logs, abortOnError: false });
    onTestFinished(() => Logger.overrideLogger(false));
    onTestFinished(() => context.close());

    void context.get(SocketsService).blast('hello');
    void context.get(ResourcefulPubSub).of('script').publishCreate({ id: 1 });

    await expect.poll(() => logs.naming('There is no Socket.IO server in this application').warnings).toHaveLength(2);
  });

  it.each(['create', 'createApplicationContext'] as const)(
    'is there for tools that only look, by %s',
    async (method) => {
      @Module({ imports: [SocketsModule.forRoot()] })
      class PreviewModule {}
      const logs = new Logs();
      onTestFinished(() => Logger.overrideLogger(false));

      const options = { preview: true, logger: logs, abortOnError: false };
      const app =
        method === 'create'
          ? await NestFactory.create(PreviewModule, platform.adapter(), options)
          : await NestFactory.createApplicationContext(PreviewModule, options);
      await app.init();
      await app.close();

      expect(logs.naming('SocketsModule')).toEqual({ warnings: [], errors: [] });
    },
  );

  it('says in a constructor that it is too early', async () => {
    @Injectable()
    class Hasty {
      constructor(sockets: SocketsService) {
        expect(() => sockets.server).toThrow(/does not exist yet\. Use it from onModuleInit\(\) on/);
      }
    }

    await start({ providers: [Hasty] });
  });
});
