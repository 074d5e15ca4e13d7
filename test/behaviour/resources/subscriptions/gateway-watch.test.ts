import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  Injectable,
  Post,
  Scope,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import {
  InvalidGatewayError,
  PublishOnCreate,
  Resourceful,
  SocketsModule,
  SubscribesTo,
  type SubscriptionPolicy,
  UnknownVerbError,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { expectRefusal } from '../../../support/refusal.js';

@Controller('users')
@Resourceful('user')
class UsersController {
  @Get()
  find() {
    return [];
  }

  @Post()
  @PublishOnCreate()
  create() {
    return { id: 1 };
  }
}

const CREATED = { verb: 'created', id: 1, data: { id: 1 } };

@WebSocketGateway({ namespace: 'admin' })
@SubscribesTo('user', { watch: true })
class AdminGateway {}

describe('@SubscribesTo with { watch: true }', () => {
  it('lets whoever connects to the gateway watch the resource, and nobody else', async () => {
    const app = await start({ controllers: [UsersController], providers: [AdminGateway] });
    const [admin, user] = [await app.connect({ namespace: '/admin' }), await app.connect()];

    await app.request('POST', '/users');

    await app.settle();
    expect(admin.heard('user')).toEqual([CREATED]);
    expect(user.heard('user')).toEqual([]);
    expect(await app.channel('user').watchers()).toEqual([admin.id]);
  });

  it('works in the default namespace, and again after each reconnect', async () => {
    @WebSocketGateway()
    @SubscribesTo('user', { watch: true })
    class DefaultGateway {}
    const app = await start({ controllers: [UsersController], providers: [DefaultGateway] });
    const client = await app.connect();
    const reconnected = new Promise((resolve) => client.socket.once('connect', () => resolve(undefined)));
    client.socket.disconnect().connect();
    await reconnected;

    await app.request('POST', '/users');

    await app.settle();
    expect(client.heard('user')).toEqual([CREATED]);
  });

  it('with an array lets them watch these verbs only', async () => {
    @WebSocketGateway({ namespace: 'admin' })
    @SubscribesTo('user', { watch: ['destroyed'] })
    class EndsGateway {}
    const app = await start({ controllers: [UsersController], providers: [EndsGateway] });
    const admin = await app.connect({ namespace: '/admin' });

    await app.channel('user').publishCreate({ id: 1 });
    await app.channel('user').publishDestroy(1);

    await app.settle();
    expect(admin.heard('user')).toEqual([{ verb: 'destroyed', id: 1 }]);
  });

  it('lets nobody watch whom `authenticate` refuses', async () => {
    const authenticate = ({ auth }: Socket['handshake']): unknown => {
      if (auth.key === 'open sesame') return true;
      throw new ForbiddenException('Staff only.');
    };
    const app = await start({
      imports: [SocketsModule.forRoot({ authenticate })],
      controllers: [UsersController],
      providers: [AdminGateway],
    });
    const admin = await app.connect({ namespace: '/admin', auth: { key: 'open sesame' } });
    await expect(app.connect({ namespace: '/admin' })).rejects.toThrow('Staff only.');

    expect(await app.channel('user').watchers()).toEqual([admin.id]);
  });

  describe('asks', () => {
    @Injectable()
    class StaffOnly implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        if (context.getType() !== 'ws') return false;
        return context.switchToWs().getClient<Socket>().handshake.auth.staff === true;
      }
    }
    @Injectable()
    class Throwing implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        if (context.switchToWs().getClient<Socket>().handshake.auth.staff !== true) throw new ForbiddenException();
        return true;
      }
    }
    @Injectable()
    class Broken implements CanActivate {
      async canActivate(context: ExecutionContext): Promise<boolean> {
        if (context.switchToWs().getClient<Socket>().handshake.auth.staff !== true) throw new Error('out of order');
        return true;
      }
    }

    it.each<[string, Type<CanActivate>]>([
      ['says no', StaffOnly],
      ['throws an exception', Throwing],
      ['fails', Broken],
    ])("the guards of the gateway's class; where one %s, the client stays and is told", async (_, guard) => {
      @WebSocketGateway({ namespace: 'admin' })
      @UseGuards(guard)
      @SubscribesTo('user', { watch: true })
      class GuardedGateway {}
      const app = await start({ controllers: [UsersController], providers: [GuardedGateway] });
      const staff = await app.connect({ namespace: '/admin', auth: { staff: true } });
      const other = await app.connect({ namespace: '/admin' });

      await app.request('POST', '/users');

      await app.settle();
      expect(staff.heard('user')).toEqual([CREATED]);
      expect([staff.heard('revoked'), other.heard('revoked')]).toEqual([[], [{ resource: 'user' }]]);
      expect(other.heard('user')).toEqual([]);
      expect(other.socket.connected).toBe(true);
    });

    it('the policy of the resource, with the user of the socket', async () => {
      class OnlyAda implements SubscriptionPolicy {
        canSubscribe(user: unknown): boolean {
          return user === 'ada';
        }
      }
      @Controller('notes')
      @Resourceful('note', { authorize: OnlyAda })
      class NotesController {}
      @WebSocketGateway({ namespace: 'admin' })
      @SubscribesTo('note', { watch: true })
      class NotesGateway {}
      const app = await start({
        imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.user as string })],
        controllers: [NotesController],
        providers: [NotesGateway],
      });
      const ada = await app.connect({ namespace: '/admin', auth: { user: 'ada' } });
      const grace = await app.connect({ namespace: '/admin', auth: { user: 'grace' } });

      await app.channel('note').publishCreate({ id: 1 });

      await app.settle();
      expect([ada.heard('note').length, grace.heard('note').length]).toEqual([1, 0]);
      expect(grace.heard('revoked')).toEqual([{ resource: 'note' }]);
    });

    it('no guard that is made for each request: that is refused at boot', async () => {
      @Injectable({ scope: Scope.REQUEST })
      class PerRequest implements CanActivate {
        canActivate(): boolean {
          return true;
        }
      }
      @WebSocketGateway({ namespace: 'admin' })
      @UseGuards(PerRequest)
      @SubscribesTo('user', { watch: true })
      class ScopedGateway {}

      await expectRefusal(
        start({ controllers: [UsersController], providers: [ScopedGateway] }),
        InvalidGatewayError,
        'INVALID_GATEWAY',
        '@SubscribesTo on ScopedGateway: its guard PerRequest',
        'default scope',
      );
    });
  });

  describe('for a resource with slices', () => {
    @Controller('cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {}

    it('is refused at boot, with the ways out', async () => {
      await expectRefusal(
        start({ controllers: [CardsController], providers: [gatewayThat(true)] }),
        InvalidGatewayError,
        'INVALID_GATEWAY',
        '@SubscribesTo on CardsGateway',
        'slices boardId',
        '@SubscribeOnRead',
        'ResourceChannel.watch(socket',
        "{ watch: 'all' }",
      );
    });

    it("means the records of all slices by 'all'", async () => {
      const app = await start({ controllers: [CardsController], providers: [gatewayThat('all')] });
      const admin = await app.connect({ namespace: '/admin' });

      await app.channel('card').publishCreate([
        { id: 1, boardId: 7 },
        { id: 2, boardId: 8 },
      ]);

      await app.settle();
      expect(admin.heard('card')).toMatchObject([{ id: 1 }, { id: 2 }]);
    });

    function gatewayThat(watch: true | 'all'): Type {
      @WebSocketGateway({ namespace: 'admin' })
      @SubscribesTo('card', { watch })
      class CardsGateway {}
      return CardsGateway;
    }
  });

  it('and a verb that the resource has not is refused at boot', async () => {
    @WebSocketGateway({ namespace: 'admin' })
    @SubscribesTo('user', { watch: ['archvied'] })
    class TypoGateway {}

    await expectRefusal(
      start({ controllers: [UsersController], providers: [TypoGateway] }),
      UnknownVerbError,
      'UNKNOWN_VERB',
      '@SubscribesTo on TypoGateway, option "watch": "archvied"',
    );
  });

  it('says nothing in the log', async () => {
    let log: Logs | undefined;
    await start({
      controllers: [UsersController],
      providers: [AdminGateway],
      main: (app) => {
        log = listenTo(app);
      },
    });
    expect(log?.naming('AdminGateway')).toMatchObject({ warnings: [], errors: [] });
  });
});
