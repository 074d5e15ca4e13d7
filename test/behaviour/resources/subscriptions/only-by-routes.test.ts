import { Controller, ForbiddenException, Get, NotFoundException, Param } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Relay, Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { start } from '../../../support/application.js';

@Controller('cards')
@Resourceful('card')
class CardsController {
  @Get(':id')
  @SubscribeOnRead({ watch: true })
  findOne(@Param('id') id: string): object {
    if (id === 'absent') throw new NotFoundException();
    if (id === 'forbidden') throw new ForbiddenException();
    return { id };
  }
}

@Relay('typing', { to: 'board:{boardId}' })
class TypingSignal {}

/** Every event that the library listens to, and some that others have. */
const EVENTS = [
  'get',
  'post',
  'put',
  'patch',
  'delete',
  'head',
  'options',
  'sockets:unsubscribe',
  'reauthenticate',
  'typing',
  'subscribe',
  'watch',
  'join',
  'room',
  'card',
  'revoked',
  'presence',
  'sockets:mutated',
];

const ROOM = 'resource:card/1';

/** Arguments that might be taken for a way in. */
const arguments_ = (otherSocket: string): unknown[][] => [
  [],
  [ROOM],
  [[ROOM]],
  [otherSocket],
  [{ room: ROOM, rooms: [ROOM], to: ROOM }],
  [{ resource: 'card', ids: [1] }],
  [{ resource: 'card', ids: [ROOM] }],
  [{ resource: { name: 'card' }, ids: { 0: 1, length: 1 } }],
  [{ resource: 'card', ids: Array.from({ length: 100_000 }, (_, id) => id) }],
  [{ url: ROOM }],
  [{ url: `/${ROOM}`, data: { room: ROOM } }],
  [{ url: '/cards/forbidden', headers: { 'x-socket-id': otherSocket } }],
  [{ url: '/cards/absent', params: { id: 1 } }],
  [{ boardId: [ROOM] }],
  [{ boardId: ROOM }],
  [{ __proto__: { rooms: [ROOM] } }],
  [null, ROOM, [ROOM], otherSocket],
];

describe('A client', () => {
  it('is in no room but those that a route gave it, whatever it sends', async () => {
    const app = await start({
      imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.user })],
      controllers: [CardsController],
      providers: [TypingSignal],
    });
    const client = await app.connect({ auth: { user: { id: 'ada' } } });
    const other = await app.connect({ auth: { user: { id: 'bob' } } });
    const own = [client.id, 'sockets:user/ada'];

    for (const event of EVENTS) {
      for (const args of arguments_(other.id)) client.socket.emit(event, ...args);
    }
    // Answered after all that was sent before.
    const absent = await client.socket.emitWithAck('get', { url: '/cards/absent' });
    const forbidden = await client.socket.emitWithAck('get', { url: '/cards/forbidden' });
    await app.settle();

    expect(absent).toMatchObject({ statusCode: 404 });
    expect(forbidden).toMatchObject({ statusCode: 403 });
    expect(await app.sockets.socketRooms(client.id)).toEqual(own);
    expect(await app.sockets.socketRooms(other.id)).toEqual([other.id, 'sockets:user/bob']);
    expect(client.heard('revoked')).toEqual([]);

    await client.socket.emitWithAck('get', { url: '/cards/1' });
    expect(await app.sockets.socketRooms(client.id)).toEqual([...own, ROOM, 'resource:card']);
  });
});
