import { Controller, Get, Inject, Injectable, Module, Param, Scope } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import {
  InjectResource,
  InvalidResourceError,
  ResourceChannel,
  ResourcefulPubSub,
  resourceToken,
  SocketsModule,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { messages } from '../../../support/messages.js';

interface User {
  id: number;
  name: string;
  pets?: number[];
}

const METHODS = [
  'subscribe',
  'unsubscribe',
  'watch',
  'unwatch',
  'publishCreate',
  'publishUpdate',
  'publishDestroy',
  'publishAdd',
  'publishRemove',
  'publishReplace',
  'publish',
  'message',
  'publishVerb',
  'subscribers',
  'watchers',
  'getRoomName',
] as const satisfies readonly (keyof ResourceChannel)[];

@Injectable()
class UsersService {
  @InjectResource('user') readonly byProperty!: ResourceChannel<User>;

  constructor(@InjectResource('user') readonly users: ResourceChannel<User>) {}
}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedService {
  @InjectResource('user') readonly byProperty!: ResourceChannel<User>;

  constructor(@InjectResource('user') readonly users: ResourceChannel<User>) {}
}

@Controller('users')
class UsersController {
  @InjectResource('user') readonly byProperty!: ResourceChannel<User>;

  constructor(@InjectResource('user') readonly users: ResourceChannel<User>) {}

  @Get(':id/rename/:name')
  async rename(@Param('id') id: string, @Param('name') name: string) {
    await this.users.publishUpdate(id, { name });
    await this.byProperty.publishUpdate(id, { name });
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class RequestScopedController {
  @InjectResource('user') readonly byProperty!: ResourceChannel<User>;

  constructor(
    @InjectResource('user') readonly users: ResourceChannel<User>,
    private readonly service: RequestScopedService,
  ) {}

  @Get(':id/rename/:name')
  async rename(@Param('id') id: string, @Param('name') name: string) {
    await this.users.publishUpdate(id, { name });
    await this.byProperty.publishUpdate(id, { name });
    await this.service.users.publishUpdate(id, { name });
    await this.service.byProperty.publishUpdate(id, { name });
  }
}

@WebSocketGateway()
class UsersGateway {
  @InjectResource('user') readonly byProperty!: ResourceChannel<User>;

  constructor(@InjectResource('user') readonly users: ResourceChannel<User>) {}

  @SubscribeMessage('follow')
  async follow(@ConnectedSocket() socket: Socket, @MessageBody() id: number) {
    await this.users.subscribe(socket, id);
    return (await this.byProperty.subscribers(id)).length;
  }
}

const classes = {
  controllers: [UsersController, RequestScopedController],
  providers: [UsersService, RequestScopedService, UsersGateway],
};

describe('a channel', () => {
  it('comes from ResourcefulPubSub.of, the same each time, with every method', async () => {
    const app = await start();
    const pubsub = app.get(ResourcefulPubSub);

    const users = pubsub.of<User>('user');

    expect(users).toBeInstanceOf(ResourceChannel);
    expect(users.name).toBe('user');
    expect(pubsub.of<User>('user')).toBe(users);
    expect(pubsub.of('pet')).not.toBe(users);
    expect(METHODS.filter((method) => typeof users[method] !== 'function')).toEqual([]);
  });

  it('is injected into providers, controllers and gateways, by constructor and by property', async () => {
    const app = await start(classes);
    const users = app.channel<User>('user');

    for (const type of [UsersService, UsersController, UsersGateway]) {
      const instance = app.get<{ users: unknown; byProperty: unknown }>(type);
      expect(instance.users, type.name).toBe(users);
      expect(instance.byProperty, type.name).toBe(users);
    }
  });

  it.each(['/users/1/rename/ada', '/scoped/1/rename/ada'])('publishes from a controller: %s', async (path) => {
    const app = await start(classes);
    const watcher = await app.connect();
    await app.channel('user').watch(watcher.id);

    expect((await app.request('GET', path)).status).toBe(200);
    await app.settle();

    const count = path.startsWith('/scoped') ? 4 : 2;
    expect(messages(watcher)).toEqual(
      Array.from({ length: count }, () => ['user', { verb: 'updated', id: '1', data: { name: 'ada' } }]),
    );
  });

  it('subscribes from a gateway', async () => {
    const app = await start(classes);
    const client = await app.connect();

    expect(await client.socket.emitWithAck('follow', 5)).toBe(1);

    await app.channel('user').message(5, 'hello');
    await app.settle();
    expect(messages(client)).toEqual([['user', { verb: 'messaged', id: 5, data: 'hello' }]]);
  });

  it('is injected into a module that does not import SocketsModule, with forRootAsync too', async () => {
    @Module({ providers: [UsersService], exports: [UsersService] })
    class UsersModule {}

    const app = await start({
      imports: [SocketsModule.forRootAsync({ useFactory: () => ({ resources: { user: { id: 'no' } } }) }), UsersModule],
    });

    expect(app.get(UsersService).users.getRoomName({ no: 7 } as never)).toBe('resource:user/7');
  });

  it('is found by its token', async () => {
    @Injectable()
    class Consumer {
      constructor(@Inject(resourceToken('user')) readonly users: ResourceChannel<User>) {}
    }
    const app = await start({ providers: [Consumer, UsersService] });

    expect(app.get(Consumer).users).toBe(app.channel('user'));
  });

  it('belongs to its application, when there are several in the process', async () => {
    const [one, other] = await Promise.all([start(classes), start(classes)]);
    const [here, there] = await Promise.all([one.connect(), other.connect()]);
    await one.channel('user').watch(here.id);
    await other.channel('user').watch(there.id);

    await one.get(UsersService).users.publishUpdate(1, { name: 'ada' });
    await Promise.all([one.settle(), other.settle()]);

    expect(here.heard('user')).toHaveLength(1);
    expect(there.heard('user')).toEqual([]);
  });
});

describe('a name that no resource can have', () => {
  const names = ['', '5', 'a/b', 'a#b', 'a b', 'user\n', '__proto__', 'disconnect', 'newListener', 'käse'];

  it.each(names)('is refused by @InjectResource where it stands, and by of(): %j', async (name) => {
    expect(() => InjectResource(name)).toThrow(InvalidResourceError);
    const app = await start();
    expect(() => app.channel(name)).toThrow(InvalidResourceError);
    expect(() => app.channel(name)).toThrow(/cannot be the name of a resource.*Use letters/);
  });

  it.each([undefined, null, 5, {}, Symbol('user')])('is refused when it is not a string: %s', async (name) => {
    expect(() => InjectResource(name as string)).toThrow(InvalidResourceError);
    const app = await start();
    expect(() => app.channel(name as string)).toThrow(InvalidResourceError);
  });
});
