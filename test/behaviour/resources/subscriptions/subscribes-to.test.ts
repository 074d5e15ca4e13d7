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
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
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

@WebSocketGateway({ namespace: '/staff' })
@SubscribesTo('user', 'pet')
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
  it('publishes the resource in the namespace of the gateway, and not in the default one', async () => {
    const app = await start({ controllers, providers: [AdminGateway] });
    const [admin, otherAdmin, user] = [
      await app.connect({ namespace: '/admin' }),
      await app.connect({ namespace: '/admin' }),
      await app.connect(),
    ];
    await app.channel('user').watch(admin.id);
    // Even one who is in a room of that name by hand.
    await app.sockets.join(user.id, ['resource:user', 'resource:user/1']);

    await app.request('POST', '/users');
    await app.channel('user').publishUpdate(1, { name: 'ada' });

    await app.settle();
    expect(admin.heard('user')).toEqual([
      { verb: 'created', id: 1, data: { id: 1 } },
      { verb: 'updated', id: 1, data: { name: 'ada' } },
    ]);
    expect([otherAdmin.heard('user'), user.heard('user')]).toEqual([[], []]);
    expect(await app.channel('user').watchers()).toEqual([admin.id]);
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

  it('refuses a socket of a namespace that does not carry the resource, and says how to mend it', async () => {
    const app = await start({ controllers, providers: [AdminGateway] });
    const user = await app.connect();

    await expectRefusal(
      app.channel('user').watch(app.sockets.get(user.id)),
      ForeignNamespaceError,
      'FOREIGN_NAMESPACE',
      'user.watch: ',
      '"/"',
      '"/admin"',
      '@SubscribesTo',
    );
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
