import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import {
  InvalidRecordIdError,
  InvalidRevocationError,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  SubscribesTo,
  UnknownResourceError,
  type RevokeOptions,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { expectRefusal } from '../../../support/refusal.js';

@Controller('cards')
@Resourceful('card', { slices: ['boardId', ['boardId', 'done']] })
class CardsController {
  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id, boardId: 7 };
  }
}

@Controller('users')
@Resourceful('user')
class UsersController {
  @Get()
  @SubscribeOnRead({ watch: true })
  find(): object[] {
    return [{ id: 'ada' }, { id: 'bob' }];
  }
}

@WebSocketGateway({ namespace: 'admin' })
@SubscribesTo('card', 'user')
class AdminGateway {}

@WebSocketGateway()
@SubscribesTo('card', 'user')
class DefaultGateway {}

const read = ({ socket }: TestClient, url: string): Promise<unknown> => socket.emitWithAck('get', { url });

describe('Revoking', () => {
  const startApp = (): Promise<TestApplication> =>
    start({
      imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.user })],
      controllers: [CardsController, UsersController],
      providers: [AdminGateway, DefaultGateway],
    });
  const as = (id: unknown, namespace?: string) => ({ namespace, auth: { user: { id } } });
  const rooms = async (app: TestApplication, client: TestClient, namespace = '/'): Promise<string[]> =>
    (await app.sockets.of(namespace).socketRooms(client.id)).filter(
      (room) => room !== client.id && !room.startsWith('sockets:'),
    );

  it('takes all sockets of a user out of a room, in all namespaces, and tells those that were in it', async () => {
    const app = await startApp();
    const one = await app.connect(as(5));
    const two = await app.connect(as('5', '/admin'));
    const outside = await app.connect(as(5));
    const other = await app.connect(as(6));
    await app.sockets.join([one.id, other.id], ['board:7', 'board:8']);
    await app.sockets.of('admin').join(two.id, 'board:7');

    await app.sockets.revoke({ user: 5, room: 'board:7' });
    await app.sockets.broadcast('board:7', 'news', 1);
    await app.settle();

    expect([one, two, outside, other].map((client) => client.heard('revoked'))).toEqual([
      [{ room: 'board:7' }],
      [{ room: 'board:7' }],
      [],
      [],
    ]);
    expect([one, two, outside, other].map((client) => client.heard('news'))).toEqual([[], [], [], [1]]);
    expect(await rooms(app, one)).toEqual(['board:8']);
  });

  it('ends subscriptions to records, of whatever verbs, and tells a socket of those only that it had', async () => {
    const app = await startApp();
    const client = await app.connect(as(5));
    await read(client, '/cards/1');
    await app.channel('card').subscribe(client.id, 2, { verbs: 'destroyed' });
    await read(client, '/cards/3');

    await app.sockets.revoke({ user: 5, resource: 'card', ids: [1, 2, 4] });
    await app.channel('card').publishUpdate(1, { title: 'secret' });
    await app.channel('card').publishDestroy(2);
    await app.channel('card').publishUpdate(3, { title: 'open' });
    await app.settle();

    expect(client.heard('revoked')).toEqual([{ resource: 'card', ids: [1, 2] }]);
    expect(client.heard('card')).toEqual([expect.objectContaining({ verb: 'updated', id: 3 })]);
  });

  it('ends all of a resource, watching included, and nothing of another whose name begins like it', async () => {
    const app = await startApp();
    const client = await app.connect(as(5));
    app.channel('users.more');
    await read(client, '/users');
    await app.sockets.join(client.id, ['resource:user.more', 'resource:user-x/1'], { trusted: true });

    await app.sockets.revoke({ user: 5, resource: 'user' });
    await app.channel('user').publishCreate({ id: 'eve' });
    await app.channel('user').publishUpdate('ada', { name: 'ada' });
    await app.settle();

    expect(client.heard('revoked')).toEqual([{ resource: 'user' }]);
    expect(client.heard('user')).toEqual([]);
    expect(await rooms(app, client)).toEqual(['resource:user.more', 'resource:user-x/1']);
  });

  it('ends a slice, narrower ones, and all single records, which may be in it; not other slices', async () => {
    const app = await startApp();
    const client = await app.connect(as(5));
    await read(client, '/cards/1');
    const slices = [
      'resource:card@boardId=7',
      'resource:card#created@boardId=7',
      'resource:card@boardId=7&done=true',
      'resource:card@boardId=8',
      'resource:card@boardId=8&done=true',
      'resource:card@boardId=77',
    ];
    await app.sockets.join(client.id, slices, { trusted: true });

    await app.sockets.revoke({ user: 5, resource: 'card', slice: { boardId: 7 } });
    await app.settle();

    expect(await rooms(app, client)).toEqual([
      'resource:card@boardId=8',
      'resource:card@boardId=8&done=true',
      'resource:card@boardId=77',
    ]);
    expect(client.heard('revoked')).toEqual([
      { resource: 'card', slice: { boardId: 7 } },
      { resource: 'card', ids: [1] },
    ]);
  });

  it('a narrower slice leaves the wider one', async () => {
    const app = await startApp();
    const client = await app.connect(as(5));
    await app.sockets.join(client.id, ['resource:card@boardId=7', 'resource:card@boardId=7&done=true'], {
      trusted: true,
    });
    await app.sockets.revoke({ user: 5, resource: 'card', slice: { done: true, boardId: 7 } });
    expect(await rooms(app, client)).toEqual(['resource:card@boardId=7']);
  });

  it('takes everything from a user who is named alone, and leaves the connection', async () => {
    const app = await startApp();
    const client = await app.connect(as(5));
    await read(client, '/users');
    await app.sockets.join(client.id, 'board:7');

    await app.sockets.revoke({ user: 5 });
    await app.settle();

    expect(client.heard('revoked')).toEqual([{ everything: true }]);
    expect(await rooms(app, client)).toEqual([]);
    expect(client.socket.connected).toBe(true);
    // Who is the same user hears of the next one, too.
    await app.sockets.join(client.id, 'board:8');
    await app.sockets.revoke({ user: 5, room: 'board:8' });
    await app.settle();
    expect(client.heard('revoked')).toEqual([{ everything: true }, { room: 'board:8' }]);
  });

  it('what is read afterwards counts again', async () => {
    const app = await startApp();
    const client = await app.connect(as(5));
    await read(client, '/cards/1');
    await app.sockets.revoke({ user: 5, resource: 'card' });
    await read(client, '/cards/1');
    await app.channel('card').publishUpdate(1, { title: 'open' });
    await app.settle();
    expect(client.heard('card')).toHaveLength(1);
  });

  it('the same is heard of what there is not as of what one may not: nothing', async () => {
    const app = await startApp();
    const client = await app.connect(as(5));
    await app.sockets.revoke({ user: 5, resource: 'card', ids: 999 });
    await app.sockets.revoke({ user: 5, room: 'no-such-room' });
    await app.sockets.revoke({ user: 'nobody' });
    await app.settle();
    expect(client.heard('revoked')).toEqual([]);
  });

  it('wrong arguments are typed errors, and take nothing away', async () => {
    const app = await startApp();
    const client = await app.connect(as(5));
    await read(client, '/users');
    const attempt = (options: unknown): Promise<void> => app.sockets.revoke(options as RevokeOptions);
    const wrong: Array<[unknown, string | RegExp]> = [
      [undefined, /undefined/],
      ['5', /a string/],
      [{}, '"user"'],
      [{ user: '' }, '"user"'],
      [{ user: NaN }, '"user"'],
      [{ user: { id: 5 } }, '"user"'],
      [{ user: 5, rooms: ['a'] }, '"rooms"'],
      [{ user: 5, room: undefined }, '"room"'],
      [{ user: 5, resource: 'user', ids: undefined }, '"ids"'],
      [{ user: 5, room: '' }, '"room"'],
      [{ user: 5, room: ['a'] }, '"room"'],
      [{ user: 5, room: 'a', resource: 'user' }, 'together'],
      [{ user: 5, room: 'sockets:user/5' }, '"room"'],
      [{ user: 5, ids: [1] }, '"resource"'],
      [{ user: 5, resource: 'card', ids: [1], slice: { boardId: 7 } }, 'together'],
      [{ user: 5, resource: 'card', slice: {} }, '"slice"'],
      [{ user: 5, resource: 'card', slice: { title: 'x' } }, 'boardId'],
      [{ user: 5, resource: 'card', slice: { boardId: null } }, '"boardId"'],
      [{ user: 5, resource: 'user', slice: { boardId: 7 } }, 'It has no slices'],
    ];
    for (const [options, words] of wrong) {
      await expectRefusal(
        attempt(options),
        InvalidRevocationError,
        'INVALID_REVOCATION',
        words,
        /revoke\(\{ user, room/,
      );
    }
    await expectRefusal(attempt({ user: 5, resource: 'dog' }), UnknownResourceError, 'UNKNOWN_RESOURCE', '"dog"');
    await expectRefusal(
      attempt({ user: 5, resource: 'card', ids: [{ id: 1 }] }),
      InvalidRecordIdError,
      'INVALID_RECORD_ID',
    );
    await app.settle();
    expect(client.heard('revoked')).toEqual([]);
    expect(await rooms(app, client)).toHaveLength(3);
  });
});
