import { Body, Controller, Injectable, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { AddressInfo } from 'node:net';
import type { Server } from 'socket.io';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  InjectResource,
  PublishOnCreate,
  Resourceful,
  resourceToken,
  ServerNotReadyError,
  SocketsModule,
  SocketsService,
  type ResourceChannel,
} from '../../../src/index.js';
import { TestApplication } from '../../support/application.js';
import { platform } from '../../support/platforms.js';
import { opened } from './support/http.js';

@Injectable()
class Greeter {
  constructor(private readonly sockets: SocketsService) {}

  greet(): Promise<void> {
    return this.sockets.blast('hello', 'everybody');
  }
}

@Controller('users')
@Resourceful('user')
class UsersController {
  constructor(
    private readonly greeter: Greeter,
    @InjectResource('user') private readonly users: ResourceChannel<{ id: number }>,
  ) {}

  @Post()
  @PublishOnCreate()
  async create(@Body() body: object) {
    await this.greeter.greet();
    await this.users.message(1, 'soon');
    return { id: 1, ...body };
  }
}

@WebSocketGateway()
class PlainGateway {
  @WebSocketServer() server!: Server;
}

const metadata = { controllers: [UsersController], providers: [Greeter] };

describe('Test.createTestingModule', () => {
  it('gives an application that works as any other, on a free port', async () => {
    const imports = [SocketsModule.forRoot({ server: { pingInterval: 4_321 } })];
    const testing = await Test.createTestingModule({ imports, ...metadata }).compile();
    const nest = testing.createNestApplication(platform.adapter(), { logger: false });
    onTestFinished(() => nest.close());
    await nest.listen(0, '127.0.0.1');
    const { port } = nest.getHttpServer().address() as AddressInfo;
    const app = new TestApplication(nest, `http://127.0.0.1:${port}`);
    const client = await app.connect();
    await app.channel('user').watch(client.id);

    await app.request('POST', '/users', { name: 'ada' });
    await app.settle();

    expect(client.heard('hello')).toEqual(['everybody']);
    expect(client.heard('user')).toEqual([
      { verb: 'messaged', id: 1, data: 'soon' },
      { verb: 'created', id: 1, data: { id: 1, name: 'ada' } },
    ]);
    expect(app.sockets.server.httpServer).toBe(nest.getHttpServer());
    expect((await opened(app.url)).pingInterval).toBe(4_321);
  });

  it('gives an application that need not listen: services work, and it closes', async () => {
    const testing = await Test.createTestingModule({
      imports: [SocketsModule.forRoot()],
      controllers: metadata.controllers,
      providers: [Greeter, PlainGateway],
    }).compile();
    const nest = testing.createNestApplication(platform.adapter(), { logger: false });
    await nest.init();

    await nest.get(Greeter).greet();
    expect(nest.get(PlainGateway).server).toBe(nest.get(SocketsService).server);
    expect(await nest.get(SocketsService).rooms()).toEqual([]);
    await nest.close();
  });

  it('lets SocketsService be overridden', async () => {
    const blast = vi.fn<SocketsService['blast']>().mockResolvedValue(undefined);
    const testing = await Test.createTestingModule({ imports: [SocketsModule.forRoot()], ...metadata })
      .overrideProvider(SocketsService)
      .useValue({ blast })
      .compile();
    const nest = testing.createNestApplication(platform.adapter(), { logger: false });
    onTestFinished(() => nest.close());
    await nest.init();

    await nest.get(Greeter).greet();

    expect(blast).toHaveBeenCalledExactlyOnceWith('hello', 'everybody');
  });

  it('lets the channel of a resource be overridden', async () => {
    const message = vi.fn<ResourceChannel<{ id: number }>['message']>().mockResolvedValue(undefined);
    const testing = await Test.createTestingModule({ imports: [SocketsModule.forRoot()], ...metadata })
      .overrideProvider(resourceToken('user'))
      .useValue({ message })
      .compile();
    const nest = testing.createNestApplication(platform.adapter(), { logger: false });
    onTestFinished(() => nest.close());
    await nest.init();

    await nest.get(UsersController).create({});

    expect(message).toHaveBeenCalledExactlyOnceWith(1, 'soon');
  });
});

describe('a testing module without an application', () => {
  it('resolves and closes, and says that there is no server yet', async () => {
    const testing = await Test.createTestingModule({ imports: [SocketsModule.forRoot()], ...metadata }).compile();
    await testing.init();

    expect(() => testing.get(SocketsService).server).toThrow(ServerNotReadyError);
    await testing.close();
  });

  it('needs no SocketsModule where its services are replaced', async () => {
    const testing = await Test.createTestingModule({ ...metadata })
      .useMocker((token) =>
        token === SocketsService ? { blast: () => Promise.resolve() } : { message: () => undefined },
      )
      .compile();

    expect(await testing.get(UsersController).create({ name: 'ada' })).toEqual({ id: 1, name: 'ada' });
  });
});
