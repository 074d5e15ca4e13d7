import { Controller, Injectable, Post, type Type } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import {
  ForeignNamespaceError,
  InvalidGatewayError,
  OnPublication,
  PublishOnCreate,
  Resourceful,
  SubscribesTo,
  UnknownResourceError,
  type SocketTargets,
  type SubscribesToOptions,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { freePort } from '../../../support/free-port.js';
import { expectRefusal } from '../../../support/refusal.js';

@Controller('users')
@Resourceful('user')
class UsersController {
  @Post()
  @PublishOnCreate()
  create() {
    return { id: 1 };
  }
}

@Controller('pets')
@Resourceful('pet')
class PetsController {}

@WebSocketGateway({ namespace: 'admin' })
@SubscribesTo('user')
class AdminGateway {}

@WebSocketGateway({ namespace: 'admin' })
@SubscribesTo('user', { only: true })
class OnlyAdminGateway {}

@WebSocketGateway({ namespace: '/staff' })
@SubscribesTo('pet', { only: true })
@SubscribesTo('user')
class StaffGateway {}

@WebSocketGateway()
@SubscribesTo('user')
class DefaultGateway {}

@Injectable()
class Scribe {
  readonly heard: unknown[] = [];

  @OnPublication('user')
  write(message: unknown): void {
    this.heard.push(message);
  }
}

const controllers = [UsersController, PetsController];

describe('@SubscribesTo', () => {
  it('publishes the resource in the namespace of the gateway too, and goes on in the default one', async () => {
    const app = await start({ controllers, providers: [AdminGateway] });
    const [admin, otherAdmin, user] = [
      await app.connect({ namespace: '/admin' }),
      await app.connect({ namespace: '/admin' }),
      await app.connect(),
    ];
    await app.channel('user').watch([admin.id, user.id]);

    await app.request('POST', '/users');
    await app.channel('user').publishUpdate(1, { name: 'ada' });

    await app.settle();
    for (const client of [admin, user]) {
      expect(client.heard('user')).toEqual([
        { verb: 'created', id: 1, data: { id: 1 } },
        { verb: 'updated', id: 1, data: { name: 'ada' } },
      ]);
    }
    expect(otherAdmin.heard('user')).toEqual([]);
    expect((await app.channel('user').watchers()).toSorted()).toEqual([admin.id, user.id].toSorted());
  });

  it('with { only: true } publishes it there, and not in the default namespace', async () => {
    const app = await start({ controllers, providers: [OnlyAdminGateway] });
    const [admin, user] = [await app.connect({ namespace: '/admin' }), await app.connect()];
    await app.channel('user').watch(admin.id);
    // Even one who is in a room of that name by hand.
    await app.sockets.join(user.id, ['resource:user', 'resource:user/1'], { trusted: true });

    await app.request('POST', '/users');

    await app.settle();
    expect(admin.heard('user')).toEqual([{ verb: 'created', id: 1, data: { id: 1 } }]);
    expect(user.heard('user')).toEqual([]);
    expect(await app.channel('user').watchers()).toEqual([admin.id]);
  });

  it('with { only: true } on one of several gateways publishes it in the namespaces of all of them', async () => {
    const app = await start({ controllers, providers: [OnlyAdminGateway, StaffGateway] });
    const [admin, staff, user] = [
      await app.connect({ namespace: '/admin' }),
      await app.connect({ namespace: '/staff' }),
      await app.connect(),
    ];
    await app.channel('user').watch([admin.id, staff.id]);
    await app.sockets.join(user.id, 'resource:user', { trusted: true });

    await app.channel('user').publishCreate({ id: 1 });

    await app.settle();
    expect([admin, staff, user].map((client) => client.heard('user').length)).toEqual([1, 1, 0]);
  });

  it('omits the socket of the namespace that the request names', async () => {
    const app = await start({ controllers, providers: [AdminGateway] });
    const [actor, watcher] = [await app.connect({ namespace: '/admin' }), await app.connect({ namespace: '/admin' })];
    await app.channel('user').watch([actor.id, watcher.id]);

    await app.request('POST', '/users', undefined, { 'x-socket-id': actor.id });

    await app.settle();
    expect([actor.heard('user'), watcher.heard('user')]).toEqual([[], [{ verb: 'created', id: 1, data: { id: 1 } }]]);
  });
});

describe('@SubscribesTo', () => {
  it('leaves resources that no gateway claims in the default namespace', async () => {
    const app = await start({ controllers, providers: [AdminGateway] });
    const [admin, user] = [await app.connect({ namespace: '/admin' }), await app.connect()];
    await app.channel('pet').watch(user.id);

    await app.channel('pet').publishCreate({ id: 1 });

    await app.settle();
    expect(user.heard('pet')).toEqual([{ verb: 'created', id: 1, data: { id: 1 } }]);
    expect(admin.heard('pet')).toEqual([]);
  });

  it('may be said of several gateways: each namespace hears it, and the server once', async () => {
    const app = await start({ controllers, providers: [AdminGateway, StaffGateway, DefaultGateway, Scribe] });
    const [admin, staff, user] = [
      await app.connect({ namespace: '/admin' }),
      await app.connect({ namespace: '/staff' }),
      await app.connect(),
    ];
    await app.channel('user').watch([admin.id, staff.id, app.sockets.get(user.id)]);
    await app.channel('pet').watch(staff.id);

    await app.channel('user').publishCreate({ id: 1 });
    await app.channel('pet').publishCreate({ id: 2 });
    await app.channel('user').publishDestroy(1);

    await app.settle();
    const messages = [
      { verb: 'created', id: 1, data: { id: 1 } },
      { verb: 'destroyed', id: 1 },
    ];
    for (const client of [admin, staff, user]) expect(client.heard('user')).toEqual(messages);
    expect([admin, staff, user].map((client) => client.heard('pet').length)).toEqual([0, 1, 0]);
    expect(app.get(Scribe).heard).toEqual(messages);
    expect((await app.channel('user').watchers()).toSorted()).toEqual([admin.id, staff.id, user.id].toSorted());
  });

  describe('makes it a typed error to subscribe what is connected elsewhere:', () => {
    const targets: Array<
      [string, (app: TestApplication, client: TestClient) => SocketTargets | Promise<SocketTargets>]
    > = [
      ['a socket', (app, { id }) => app.sockets.get(id)],
      ["a socket's id", (_, { id }) => id],
      [
        'a room',
        async (app, { id }) => {
          await app.sockets.join(id, 'lobby');
          return 'lobby';
        },
      ],
    ];

    it.each(targets)('%s', async (_, targetOf) => {
      const app = await start({ controllers, providers: [OnlyAdminGateway] });
      const user = await app.connect();
      const target = await targetOf(app, user);

      for (const attempt of [
        app.channel('user').watch(target),
        app.channel('user').subscribe(target, 1),
        app.channel('user').subscribe([target].flat(), [1, 2]),
      ]) {
        await expectRefusal(
          attempt,
          ForeignNamespaceError,
          'FOREIGN_NAMESPACE',
          /user\.(watch|subscribe): /,
          'connected to the namespace "/"',
          '"/admin"',
          '@SubscribesTo',
        );
      }
      expect([...app.sockets.get(user.id).rooms].filter((room) => room.startsWith('resource:'))).toEqual([]);
    });

    it('but not a room with a member where the resource is carried, an empty room, or who has gone', async () => {
      const app = await start({ controllers, providers: [OnlyAdminGateway] });
      const [user, admin] = [await app.connect(), await app.connect({ namespace: '/admin' })];
      await app.sockets.join(user.id, 'lobby');
      await app.sockets.of('/admin').join(admin.id, 'lobby');

      await app.channel('user').watch('lobby');
      await app.channel('user').watch(['an empty room', 'AAAAAAAAAAAAAAAAAAAB']);
      await app.channel('user').unwatch(user.id);

      expect(await app.channel('user').watchers()).toEqual([admin.id]);
    });
  });
});

describe('at boot @SubscribesTo refuses', () => {
  async function expectBootRefusal(gateway: Type, ...words: string[]): Promise<void> {
    await expectRefusal(
      start({ controllers, providers: [gateway] }),
      InvalidGatewayError,
      'INVALID_GATEWAY',
      `@SubscribesTo on ${gateway.name}`,
      ...words,
    );
  }

  it('a class that is not a gateway', async () => {
    @Injectable()
    @SubscribesTo('user')
    class NoGateway {}

    await expectBootRefusal(NoGateway, 'not a gateway', '@WebSocketGateway()');
  });

  it('a controller', async () => {
    @Controller()
    @SubscribesTo('user')
    class SomeController {}

    await expectRefusal(
      start({ controllers: [UsersController, SomeController] }),
      InvalidGatewayError,
      'INVALID_GATEWAY',
      '@SubscribesTo on SomeController',
    );
  });

  it('a gateway with a port of its own', async () => {
    @WebSocketGateway(await freePort())
    @SubscribesTo('user')
    class PortGateway {}

    await expectBootRefusal(PortGateway, 'Remove its port');
  });

  it('a gateway with a path of its own', async () => {
    @WebSocketGateway({ path: '/live' })
    @SubscribesTo('user')
    class PathGateway {}

    await expectBootRefusal(PathGateway, 'path');
  });

  it('a gateway whose namespace is a pattern', async () => {
    @WebSocketGateway({ namespace: /^\/board-\d+$/ })
    @SubscribesTo('user')
    class PatternGateway {}

    await expectBootRefusal(PatternGateway, 'pattern');
  });

  it('an exclusive claim that the default namespace contradicts', async () => {
    @WebSocketGateway()
    @SubscribesTo('user', { only: true })
    class OnlyDefaultGateway {}

    await expectBootRefusal(OnlyDefaultGateway, '{ only: true }', "the gateway's own", 'Leave the option out');
    await expectRefusal(
      start({ controllers, providers: [DefaultGateway, OnlyAdminGateway] }),
      InvalidGatewayError,
      'INVALID_GATEWAY',
      '@SubscribesTo on OnlyAdminGateway: { only: true }',
      '@SubscribesTo on DefaultGateway',
      'Keep one of them',
    );
  });

  const wrong: Array<[options: object, words: string[]]> = [
    [{ olny: true }, ['there is no option "olny"', 'only, watch']],
    [{ only: 'yes' }, ['the option "only" must be true or false']],
    [{ watch: 'some' }, ['the option "watch" must be', "'all'", 'an array of verbs']],
    [[], ['its options must be an object']],
  ];
  it.each(wrong)('the options %j', async (options, words) => {
    const declare = (): void => {
      @SubscribesTo('user', options as SubscribesToOptions)
      class WrongGateway {}
      new WrongGateway();
    };
    await expectRefusal(declare, InvalidGatewayError, 'INVALID_GATEWAY', '@SubscribesTo on WrongGateway', ...words);
  });

  it('a resource that nobody declared, and names those that there are', async () => {
    @WebSocketGateway()
    @SubscribesTo('user', 'usr')
    class TypoGateway {}

    await expectRefusal(
      start({ controllers, providers: [TypoGateway] }),
      UnknownResourceError,
      'UNKNOWN_RESOURCE',
      '@SubscribesTo on TypoGateway: there is no resource "usr"',
      '"user", "pet"',
    );
  });
});
