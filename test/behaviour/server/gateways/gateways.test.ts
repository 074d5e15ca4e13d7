import { Controller, Injectable, Module, Param, Post } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  type OnGatewayConnection,
} from '@nestjs/websockets';
import type { Namespace, Server, Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import {
  InjectResource,
  OnPublication,
  ServerNotReadyError,
  SocketsModule,
  SocketsService,
  SubscribesTo,
  type ResourceChannel,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';

interface Board {
  id: number;
  name: string;
}

/** A gateway as applications have them: handlers of its own, our services, and a hook. */
@WebSocketGateway()
class BoardsGateway implements OnGatewayConnection {
  readonly connected: string[] = [];
  readonly published: unknown[] = [];
  @WebSocketServer() readonly server!: Server;

  constructor(
    private readonly sockets: SocketsService,
    @InjectResource('board') private readonly boards: ResourceChannel<Board>,
  ) {}

  handleConnection(socket: Socket): void {
    this.connected.push(socket.id);
  }

  @SubscribeMessage('open')
  async open(@ConnectedSocket() socket: Socket, @MessageBody() board: number) {
    await this.sockets.join(socket, `board:${board}`);
    await this.boards.subscribe(socket, board);
    await this.sockets.broadcast(`board:${board}`, 'opened', { by: socket.id }, { except: socket });
    return { opened: board, rooms: await this.sockets.socketRooms(socket) };
  }

  @SubscribeMessage('rename')
  async rename(@ConnectedSocket() socket: Socket, @MessageBody() { id, name }: Board) {
    await this.boards.publishUpdate(id, { name }, { except: socket });
    return 'renamed';
  }

  @SubscribeMessage('echo')
  echo(@MessageBody() data: unknown) {
    return { event: 'echoed', data };
  }

  @OnPublication('board')
  hear(message: unknown): void {
    this.published.push(message);
  }

  /** What services call. */
  shout(text: string): void {
    this.server.emit('shout', text);
  }
}

/** A service that needs a gateway, which needs SocketsService. */
@Injectable()
class Town {
  constructor(
    private readonly gateway: BoardsGateway,
    private readonly sockets: SocketsService,
  ) {}

  async cry(text: string, room: string): Promise<void> {
    this.gateway.shout(text);
    await this.sockets.broadcast(room, 'cry', text);
  }
}

@Controller('cries')
class CriesController {
  constructor(private readonly town: Town) {}

  @Post(':room')
  async cry(@Param('room') room: string) {
    await this.town.cry('hear ye', room);
  }
}

@WebSocketGateway({ namespace: 'admin' })
@SubscribesTo('board')
class AdminGateway {
  @WebSocketServer() readonly namespace!: Namespace;

  constructor(
    readonly sockets: SocketsService,
    @InjectResource('board') private readonly boards: ResourceChannel<Board>,
  ) {}

  @SubscribeMessage('watch')
  async watch(@ConnectedSocket() socket: Socket) {
    await this.boards.watch(socket);
    return (await this.boards.watchers()).length;
  }
}

const imports = [SocketsModule.forRoot()];

describe('gateways of the application', () => {
  it('handle messages and acknowledge, join rooms and publish, beside all the rest', async () => {
    const app = await start({ imports, providers: [BoardsGateway] });
    const [a, b] = [await app.connect(), await app.connect()];

    const answers = [await a.socket.emitWithAck('open', 7), await b.socket.emitWithAck('open', 7)];
    const renamed = await b.socket.emitWithAck('rename', { id: 7, name: 'new' });
    a.socket.emit('echo', { n: 1 });

    await a.next('echoed');
    await app.settle();
    const rooms = (id: string): string[] => [id, 'board:7', 'resource:board/7'];
    expect(answers).toEqual([
      { opened: 7, rooms: rooms(a.id) },
      { opened: 7, rooms: rooms(b.id) },
    ]);
    expect(renamed).toBe('renamed');
    const message = { verb: 'updated', id: 7, data: { name: 'new' } };
    expect([a.heard('opened'), b.heard('opened')]).toEqual([[{ by: b.id }], []]);
    expect([a.heard('board'), b.heard('board')]).toEqual([[message], []]);
    expect(a.heard('echoed')).toEqual([{ n: 1 }]);
    expect(app.get(BoardsGateway).published).toEqual([message]);
    expect(app.get(BoardsGateway).connected).toEqual([a.id, b.id]);
  });

  it('are injected into services, and SocketsService into them, without circles', async () => {
    const app = await start({
      imports,
      controllers: [CriesController],
      providers: [BoardsGateway, Town],
    });
    const [member, other] = [await app.connect(), await app.connect()];
    await app.sockets.join(member.id, 'square');

    expect((await app.request('POST', '/cries/square')).status).toBe(201);

    await app.settle();
    expect([member.heard('cry'), other.heard('cry')]).toEqual([['hear ye'], []]);
    expect([member.heard('shout'), other.heard('shout')]).toEqual([['hear ye'], ['hear ye']]);
    expect(app.get(BoardsGateway).server).toBe(app.sockets.server);
  });

  it('stand in modules of their own, without importing SocketsModule there', async () => {
    @Module({ providers: [BoardsGateway], exports: [BoardsGateway] })
    class BoardsModule {}
    @Module({ imports: [BoardsModule], controllers: [CriesController], providers: [Town] })
    class TownModule {}
    const app = await start({ imports: [TownModule, BoardsModule, ...imports] });
    const client = await app.connect();

    expect((await app.request('POST', `/cries/${client.id}`)).status).toBe(201);
    expect((await client.socket.emitWithAck('open', 1)) as object).toMatchObject({ opened: 1 });
    await app.settle();
    expect(client.heard('cry')).toEqual(['hear ye']);
  });

  it('of another namespace watch there what they subscribe to, and of() speaks to it', async () => {
    const app = await start({ imports, providers: [AdminGateway], controllers: [] });
    const [admin, user] = [await app.connect({ namespace: '/admin' }), await app.connect()];

    expect(await admin.socket.emitWithAck('watch')).toBe(1);
    await app.channel('board').publishCreate({ id: 1, name: 'b' });
    await app.get(AdminGateway).sockets.of('admin').blast('hello', 1);

    await app.settle();
    expect(admin.heard('board')).toEqual([{ verb: 'created', id: 1, data: { id: 1, name: 'b' } }]);
    expect([admin.heard('hello'), user.heard('hello')]).toEqual([[1], []]);
    expect(user.heard('board')).toEqual([]);
    expect(app.sockets.server.of('/admin')).toBe(app.get(AdminGateway).namespace);
  });
});

describe('a provider that uses SocketsService', () => {
  it('in its constructor is told that it is too early, and from onModuleInit on it works', async () => {
    const refusals: Error[] = [];
    @Injectable()
    class Hasty {
      constructor(private readonly sockets: SocketsService) {
        try {
          void sockets.server;
        } catch (error) {
          refusals.push(error as Error);
        }
        sockets.blast('too early').catch((error: unknown) => refusals.push(error as Error));
      }

      async onModuleInit(): Promise<void> {
        await this.sockets.blast('in time');
      }
    }
    await start({ imports, providers: [Hasty] });

    expect(refusals).toHaveLength(2);
    for (const refusal of refusals) {
      await expectRefusal(
        () => {
          throw refusal;
        },
        ServerNotReadyError,
        'SERVER_NOT_READY',
        'not in a constructor',
      );
    }
  });
});
