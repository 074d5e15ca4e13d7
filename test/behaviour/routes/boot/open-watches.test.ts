import {
  type CanActivate,
  Controller,
  createParamDecorator,
  Get,
  Headers,
  Inject,
  Injectable,
  type ModuleMetadata,
  Param,
  Query,
  Req,
  Session,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD, REQUEST } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import {
  InvalidSubscriberError,
  Resourceful,
  type ResourceOptions,
  SocketsModule,
  type SocketsModuleOptions,
  SocketUser,
  SubscribeOnRead,
  type SubscribeOnReadOptions,
} from '../../../../src/index.js';
import { type ApplicationOptions, start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';
import { expectRefusal } from '../../../support/refusal.js';

@Injectable()
class SignedIn implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/** As those of @nestjs/throttler are: they extend a class of that name. */
class ThrottlerGuard extends SignedIn {}
class ThrottlerBehindProxyGuard extends ThrottlerGuard {}

const Tenant = createParamDecorator(() => 'acme');

/** A controller whose list is watched, and the options that say more. */
function reading(watch: SubscribeOnReadOptions = { watch: true }, resource: ResourceOptions = {}): Type {
  @Controller('orders')
  @Resourceful('order', resource)
  class OrdersController {
    @Get()
    @SubscribeOnRead(watch)
    find() {
      return [];
    }
  }
  return OrdersController;
}

async function warningsOf(options: ApplicationOptions, sockets: SocketsModuleOptions = {}): Promise<string[]> {
  const logs = new Logs();
  await start({ imports: [SocketsModule.forRoot(sockets)], ...options, main: logs.open });
  return logs.naming('from then on').warnings;
}

const authenticate = () => ({ id: 1 });

describe('At boot, a route that lets its readers watch everything, in an application that knows users, is warned of', () => {
  @Controller('orders')
  @Resourceful('order')
  class Guarded {
    @Get()
    @UseGuards(SignedIn)
    @SubscribeOnRead({ watch: true })
    find() {
      return [];
    }
  }
  @Controller('orders')
  @Resourceful('order')
  @UseGuards(new SignedIn())
  class GuardedWhole {
    @Get()
    @SubscribeOnRead({ watch: ['created'] })
    find() {
      return [];
    }
  }
  @Controller('orders/requested')
  @Resourceful('order')
  class TakesRequest {
    @Get()
    @SubscribeOnRead({ watch: true })
    find(@Req() _request: unknown) {
      return [];
    }
  }
  @Controller('orders')
  @Resourceful('order')
  class TakesSession {
    @Get()
    @SubscribeOnRead({ watch: true })
    find(@Session() _session: unknown) {
      return [];
    }
  }
  @Controller('orders')
  @Resourceful('order')
  class TakesToken {
    @Get()
    @SubscribeOnRead({ watch: true })
    find(@Headers('Authorization') _token: string) {
      return [];
    }
  }
  @Controller('orders')
  @Resourceful('order')
  class TakesTenant {
    @Get()
    @SubscribeOnRead({ watch: true })
    find(@Tenant() _tenant: string) {
      return [];
    }
  }
  @Controller('orders')
  @Resourceful('order')
  class TakesUser {
    @Get()
    @SubscribeOnRead({ watch: true })
    find(@SocketUser() _user: unknown) {
      return [];
    }
  }
  @Controller('orders')
  @Resourceful('order')
  class PerRequest {
    constructor(@Inject(REQUEST) readonly request: unknown) {}

    @Get()
    @SubscribeOnRead({ watch: true })
    find() {
      return [];
    }
  }
  @Controller('orders')
  @Resourceful('order')
  @SubscribeOnRead({ watch: true })
  class WholeClass {
    @Get('mine')
    findMine(@Req() _request: unknown) {
      return [];
    }
  }

  const cases: Array<[string, ModuleMetadata, SocketsModuleOptions, string]> = [
    ['`authenticate`', { controllers: [reading()] }, { authenticate }, 'the option "authenticate"'],
    ['a guard of the route', { controllers: [Guarded] }, {}, 'guarded by SignedIn'],
    ['a guard of the class, an instance', { controllers: [GuardedWhole] }, {}, 'guarded by SignedIn'],
    [
      'a global guard',
      { controllers: [reading()], providers: [{ provide: APP_GUARD, useClass: SignedIn }] },
      {},
      'guarded by SignedIn',
    ],
    ['@Req()', { controllers: [TakesRequest] }, {}, 'takes @Req()'],
    ['@Session()', { controllers: [TakesSession] }, {}, 'takes @Session()'],
    ['the header Authorization', { controllers: [TakesToken] }, {}, 'takes @Headers()'],
    ["a parameter decorator of the application's own", { controllers: [TakesTenant] }, {}, 'takes an argument by'],
    ['@SocketUser()', { controllers: [TakesUser] }, {}, 'takes an argument by'],
    ['a controller that injects the request', { controllers: [PerRequest] }, {}, 'made for each request'],
    ['a decorator on the class', { controllers: [WholeClass] }, {}, 'WholeClass.findMine() (takes @Req())'],
  ];

  it.each(cases)('%s', async (_, application, sockets, because) => {
    const warnings = await warningsOf(application, sockets);

    expect(warnings).toEqual([expect.stringContaining('"order"')]);
    for (const words of [
      '@SubscribeOnRead() on ',
      because,
      "@Resourceful('order', { slices: ",
      "@Resourceful('order', { authorize: ",
      "@SubscribeOnRead({ watch: 'all' })",
    ]) {
      expect(warnings[0]).toContain(words);
    }
  });

  it('once for each resource, naming all of its routes', async () => {
    const warnings = await warningsOf({ controllers: [Guarded, TakesRequest] });

    expect(warnings).toEqual([expect.stringMatching(/Guarded\.find\(\).*, .*TakesRequest\.find\(\)/)]);
  });
});

describe('At boot, nothing is said', () => {
  @Controller('boards/:boardId/orders')
  @Resourceful('order', { slices: ['boardId'] })
  class Sliced {
    @Get()
    @SubscribeOnRead({ watch: true })
    find(@Param('boardId') _boardId: string) {
      return [];
    }

    @Get('all')
    @SubscribeOnRead({ watch: 'all' })
    findAll() {
      return [];
    }
  }
  @Controller('orders')
  @Resourceful('order')
  class Open {
    @Get()
    @SubscribeOnRead({ watch: true })
    find(@Query('page') _page: string, @Headers('accept-language') _language: string) {
      return [];
    }
  }
  const fine: Array<[string, ApplicationOptions, SocketsModuleOptions]> = [
    ['where nobody is known', { controllers: [Open] }, {}],
    [
      'where the only guard counts requests',
      { controllers: [reading()], providers: [{ provide: APP_GUARD, useClass: ThrottlerBehindProxyGuard }] },
      {},
    ],
    ['where all may know all', { controllers: [reading({ watch: 'all' })] }, { authenticate }],
    [
      'where all may know all, of some verbs',
      { controllers: [reading({ watch: ['created'], slice: false })] },
      { authenticate },
    ],
    ['with slices', { controllers: [Sliced] }, { authenticate }],
    [
      'with a policy',
      { controllers: [reading({ watch: true }, { authorize: { canSubscribe: () => true } })] },
      { authenticate },
    ],
    ['without `watch`', { controllers: [reading({})] }, { authenticate }],
  ];
  it.each(fine)('%s', async (_, application, sockets) => {
    expect(await warningsOf(application, sockets)).toEqual([]);
  });
});

describe("`watch: 'all'`", () => {
  it('watches all records, of a resource with slices too', async () => {
    @Controller('orders')
    @Resourceful('order', { slices: ['ownerId'] })
    class OrdersController {
      @Get()
      @SubscribeOnRead({ watch: 'all' })
      find() {
        return [];
      }
    }
    const app = await start({ controllers: [OrdersController] });
    const reader = await app.connect();
    await reader.socket.emitWithAck('get', { url: '/orders' });

    await app.channel('order').publishCreate([
      { id: 1, ownerId: 1 },
      { id: 2, ownerId: 2 },
    ]);

    await app.settle();
    expect(reader.heard('order')).toMatchObject([{ id: 1 }, { id: 2 }]);
  });

  it('beside a slice that no request can name is refused', async () => {
    await expectRefusal(
      start({ controllers: [reading({ watch: 'all', slice: { ownerId: 'id' } }, { slices: ['ownerId'] })] }),
      InvalidSubscriberError,
      'INVALID_SUBSCRIBER',
      'OrdersController.find',
      "watch: 'all'",
      'the route has no parameter "id"',
    );
  });
});
