import { Controller, Post } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import {
  InvalidNamespaceError,
  InvalidResourceError,
  Publish,
  Resourceful,
  SocketsModule,
  SubscribesTo,
} from '../../../src/index.js';
import { start } from '../../support/application.js';
describe('what is easily mistaken', () => {
  it('row 30: null is data like any other', async () => {
    const app = await start();
    const subscriber = await app.connect();
    await app.channel('user').subscribe(subscriber.id, 1);

    await app.channel('user').publish(1, null);

    const [data] = await subscriber.next('user');
    expect(data).toBeNull();
  });

  it('a verb of every resource is not a verb of the application, neither on a route nor in the options', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post(':id')
      @Publish('destroyed')
      remove() {
        return { id: 1 };
      }
    }
    const onRoute = start({ controllers: [UsersController] });
    await expect(onRoute).rejects.toThrow(InvalidResourceError);
    await expect(onRoute).rejects.toThrow(/UsersController\.remove\(\).*"destroyed" is a verb that every resource has/);

    const inOptions = start({
      imports: [SocketsModule.forRoot({ resources: { user: { verbs: ['updated'] } } })],
    });
    await expect(inOptions).rejects.toThrow(/"updated" is a verb that every resource has/);
  });

  it('a gateway that names the path of the shared server is on the shared server', async () => {
    @WebSocketGateway({ path: '/socket.io', namespace: 'admin' })
    @SubscribesTo('user')
    class AdminGateway {}
    const app = await start({
      imports: [SocketsModule.forRoot({ resources: { user: {} } })],
      providers: [AdminGateway],
    });
    const admin = await app.connect({ namespace: '/admin' });
    await app.channel('user').watch(admin.id);

    await app.channel('user').publishDestroy(1);

    const [message] = await admin.next('user');
    expect(message).toEqual({ verb: 'destroyed', id: 1 });
  });

  it('a namespace has a name', async () => {
    const { sockets } = await start();
    expect(() => sockets.of(undefined as never)).toThrow(InvalidNamespaceError);
    expect(() => sockets.of('')).toThrow(/of: an empty string is not a namespace/);
  });
});
