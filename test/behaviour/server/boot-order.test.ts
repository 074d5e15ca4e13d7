import { Controller, Get, Global, Injectable, Module, Param, ParseIntPipe, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WebSocketGateway, type OnGatewayInit } from '@nestjs/websockets';
import type { Server } from 'socket.io';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  InjectResource,
  OnPublication,
  Resourceful,
  ResourceChannel,
  ServerNotReadyError,
  SocketsModule,
  SocketsService,
  SubscribesTo,
  UnknownResourceError,
} from '../../../src/index.js';
import { start } from '../../support/application.js';

interface User {
  id: number;
}

@Injectable()
class Heard {
  readonly messages: unknown[] = [];

  @OnPublication('user')
  hear(message: unknown): void {
    this.messages.push(message);
  }
}

/** Says, by its parameter, that the ids of users are numbers. */
@Controller('users')
@Resourceful('user')
class UsersController {
  @Get(':id')
  find(@Param('id', ParseIntPipe) id: number): User {
    return { id };
  }
}

@WebSocketGateway({ namespace: 'people' })
@SubscribesTo('user')
class PeopleGateway {}

/** What a provider of the application finds ready when it is initialized. */
abstract class Early implements OnModuleInit {
  found: { server?: Server; rooms?: string[]; room?: string; subscribers?: string[] } = {};

  constructor(
    private readonly sockets: SocketsService,
    @InjectResource('user') private readonly users: ResourceChannel<User>,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.users.publishUpdate(7, {});
    this.found = {
      server: this.sockets.server,
      rooms: await this.sockets.rooms(),
      room: this.users.getRoomName('7'),
      subscribers: await this.users.subscribers(7),
    };
  }
}

@Injectable()
class EarlyInAppModule extends Early {}

@Injectable()
class EarlyInFeature extends Early {}

@Injectable()
class EarlyInGlobal extends Early {}

@Module({ providers: [EarlyInFeature], exports: [EarlyInFeature] })
class FeatureModule {}

@Global()
@Module({ providers: [EarlyInGlobal] })
class GlobalModule {}

describe('while an application boots', () => {
  it.each([
    ['imported first', [SocketsModule.forRoot(), FeatureModule, GlobalModule]],
    ['imported last', [GlobalModule, FeatureModule, SocketsModule.forRoot()]],
    [
      'with its options from a factory',
      [GlobalModule, SocketsModule.forRootAsync({ useFactory: () => ({}) }), FeatureModule],
    ],
  ])('onModuleInit of every provider can use the server and the channels: %s', async (_how, imports) => {
    const app = await start({
      imports,
      controllers: [UsersController],
      providers: [EarlyInAppModule, Heard, PeopleGateway],
    });

    for (const provider of [EarlyInAppModule, EarlyInFeature, EarlyInGlobal]) {
      const { server, ...rest } = app.get<Early>(provider).found;
      expect(server, provider.name).toBe(app.sockets.server);
      // The number is proof that the controllers have been read by then.
      expect(rest, provider.name).toEqual({ rooms: [], room: 'resource:user/7', subscribers: [] });
    }
    // Proof that listeners have been found by then.
    expect(app.get(Heard).messages).toMatchObject([7, 7, 7].map((id) => ({ verb: 'updated', id })));
  });

  it('afterInit of a gateway can use the server, whichever gateway is met first', async () => {
    const found: Array<[server: Server, known: Server]> = [];

    @WebSocketGateway()
    class FirstGateway implements OnGatewayInit {
      constructor(protected readonly sockets: SocketsService) {}

      afterInit(server: Server): void {
        found.push([server, this.sockets.server]);
      }
    }

    @WebSocketGateway()
    class OtherGateway extends FirstGateway {}

    @Module({ providers: [OtherGateway] })
    class GatewayModule {}

    const app = await start({ imports: [SocketsModule.forRoot(), GatewayModule], providers: [FirstGateway] });

    expect(found).toEqual([
      [app.sockets.server, app.sockets.server],
      [app.sockets.server, app.sockets.server],
    ]);
  });

  it('a constructor cannot use the server yet, and is told from when on it can', async () => {
    @Injectable()
    class Hasty {
      constructor(sockets: SocketsService) {
        sockets.server.emit('too early');
      }
    }

    const app = start({ imports: [SocketsModule.forRoot()], providers: [Hasty] });

    await expect(app).rejects.toThrow(ServerNotReadyError);
  });

  it('what is wrong with a decorator is said before any onModuleInit of the application', async () => {
    const initialized: string[] = [];

    @Injectable()
    class Lost {
      @OnPublication('nobody')
      hear(): void {}

      onModuleInit(): void {
        initialized.push('Lost');
      }
    }

    const app = start({ imports: [SocketsModule.forRoot()], providers: [Lost] });

    await expect(app).rejects.toThrow(UnknownResourceError);
    expect(initialized).toEqual([]);
  });
});

describe('while an application context boots', () => {
  it('controllers and listeners are read too', async () => {
    @Injectable()
    class Lost {
      @OnPublication('nobody')
      hear(): void {}
    }

    @Module({ imports: [SocketsModule.forRoot()], providers: [Lost] })
    class WorkerModule {}

    const booting = NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false });
    void booting.then((context) => onTestFinished(() => context.close())).catch(() => undefined);

    await expect(booting).rejects.toThrow(UnknownResourceError);
  });
});
