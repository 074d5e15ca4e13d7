import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { ReservedRoomError, SocketsModule, SocketsService, userRoom } from '../../../src/index.js';
import { start } from '../../support/application.js';
import { withCluster } from '../../support/cluster.js';

const startCluster = withCluster();

/** Lets clients choose their rooms, as an application on Sails does. */
@WebSocketGateway()
class JoinGateway {
  constructor(private readonly sockets: SocketsService) {}

  @SubscribeMessage('join')
  async join(@ConnectedSocket() socket: Socket, @MessageBody() room: string): Promise<string> {
    return this.sockets.join(socket, room).then(
      () => 'joined',
      (error: unknown) => (error as ReservedRoomError).code,
    );
  }
}

describe('A room that code puts sockets into', () => {
  const startApp = () =>
    start({
      imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => ({ id: auth.user }) })],
      providers: [JoinGateway],
    });

  it('is none of the library and none of another socket, so that a client that chooses it hears nothing', async () => {
    const app = await startApp();
    const ada = await app.connect({ auth: { user: 'ada' } });
    const eve = await app.connect({ auth: { user: 'eve' } });
    const rooms = [
      'resource:card',
      'resource:card/1',
      'resource:card@boardId=7',
      'resource:card#destroyed/1',
      'resource:card~admin/1',
      userRoom('ada'),
      'sockets:anything',
      ada.id,
    ];
    for (const room of rooms)
      expect([room, await eve.socket.emitWithAck('join', room)]).toEqual([room, 'RESERVED_ROOM']);
    expect(await app.sockets.socketRooms(eve.id)).toEqual([eve.id, userRoom('eve')]);

    await app.channel('card').publishUpdate(1, { title: 'secret' });
    await app.sockets.broadcast(ada.id, 'inbox', 'for ada');
    await app.sockets.broadcast(userRoom('ada'), 'inbox', 'for ada');
    await app.settle();
    expect([eve.heard('card'), eve.heard('inbox'), ada.heard('inbox')]).toEqual([[], [], ['for ada', 'for ada']]);
  });

  it('may have any other name, that of the own socket included', async () => {
    const app = await startApp();
    const eve = await app.connect({ auth: { user: 'eve' } });
    for (const room of ['lobby', 'Resource:card', ' resource:card', 'x'.repeat(20), eve.id, 'AAAAAAAAAAAAAAAAAAAA']) {
      expect([room, await eve.socket.emitWithAck('join', room)]).toEqual([room, 'joined']);
    }
  });

  it('may be one of those where code says that it trusts the name, and the error says how', async () => {
    const app = await startApp();
    const [ada, eve] = [await app.connect({ auth: { user: 'ada' } }), await app.connect({ auth: { user: 'eve' } })];
    const { sockets } = app;
    await sockets.join(ada.id, 'staff');
    const refused = [
      sockets.join(eve.id, ['fine', 'resource:card']),
      sockets.join([eve.id, ada.id], ada.id),
      sockets.join('staff', eve.id),
      sockets.addRoomMembersToRooms('staff', 'resource:card'),
      sockets.addRoomMembersToRooms('staff', eve.id),
      sockets.of('/').join(eve.id, userRoom('ada')),
      sockets.leave(eve.id, userRoom('eve')),
      sockets.removeRoomMembersFromRooms('staff', userRoom('ada')),
    ];
    for (const one of refused) await expect(one).rejects.toThrow(ReservedRoomError);
    await expect(refused[0]).rejects.toThrow('join(…, { trusted: true })');
    await expect(refused[1]).rejects.toThrow('is the id of another socket');
    expect(await sockets.socketRooms(eve.id)).toEqual([eve.id, userRoom('eve')]);

    await sockets.join(eve.id, ['resource:card', ada.id], { trusted: true });
    await sockets.addRoomMembersToRooms('staff', 'resource:card', { trusted: true });
    await sockets.leave(eve.id, [userRoom('eve')], { trusted: true });
    expect((await sockets.socketRooms(eve.id)).toSorted()).toEqual(['resource:card', ada.id, eve.id].toSorted());
    await expect(sockets.join(eve.id, 'a', { trust: true } as never)).rejects.toThrow('trusted');
  });

  it('is none of a socket that is connected to another server', async (context) => {
    const cluster = await startCluster(context, {});
    const here = await cluster.connect(cluster.a);
    const there = await cluster.connect(cluster.b);
    await expect(cluster.a.sockets.join(here.id, there.id)).rejects.toThrow(ReservedRoomError);
    await expect(cluster.a.sockets.addRoomMembersToRooms('lobby', there.id)).rejects.toThrow(ReservedRoomError);
    await cluster.a.sockets.join(here.id, 'x'.repeat(20));
    expect(await cluster.a.sockets.socketRooms(here.id)).toEqual([here.id, 'x'.repeat(20)]);
  });
});
