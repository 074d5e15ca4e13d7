import { Body, Controller, Get, Injectable, Post, type Type } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  InjectResource,
  OnPublication,
  PublishOnCreate,
  Resourceful,
  type ResourceChannel,
  ResourcefulPubSub,
  SocketsModule,
  SubscribeOnRead,
  SubscribesTo,
  UnknownResourceError,
} from '../../../../src/index.js';
import { type ApplicationOptions, start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';
import { expectRefusal } from '../../../support/refusal.js';

@Controller('users')
@Resourceful('user')
class UsersController {
  @Get()
  @SubscribeOnRead({ watch: 'all' })
  find() {
    return [];
  }

  @Post()
  @PublishOnCreate()
  create(@Body() user: object) {
    return user;
  }
}

async function warningsOf(options: ApplicationOptions, about: string): Promise<string[]> {
  const logs = new Logs();
  await start({ ...options, main: logs.open });
  return logs.naming(about).warnings;
}

describe('At boot, a name that is probably a mistake is warned of, with the nearest one:', () => {
  it('of an injected channel', async () => {
    @Injectable()
    class UsersService {
      constructor(@InjectResource('usr') readonly users: ResourceChannel<object>) {}
    }

    expect(await warningsOf({ controllers: [UsersController], providers: [UsersService] }, '"usr"')).toEqual([
      expect.stringMatching(
        /@InjectResource\('usr'\).*forRoot\({ resources: { "usr": {} } }\)\. Did you mean "user"\? There are .*"user"/,
      ),
    ]);
  });

  it('of a resource that is published, and that nothing can subscribe to', async () => {
    @Controller('accounts')
    class AccountsController {
      @Post()
      @PublishOnCreate('users')
      create() {
        return { id: 1 };
      }
    }

    expect(await warningsOf({ controllers: [UsersController, AccountsController] }, '"users"')).toEqual([
      expect.stringMatching(
        /which @PublishOnCreate\('users'\) on AccountsController\.create\(\) publishes.*@SubscribeOnRead\(\).*Did you mean "user"\?/,
      ),
    ]);
  });

  it('and of one that its own controller declares', async () => {
    @Controller('notes')
    @Resourceful('note')
    class NotesController {
      @Post()
      @PublishOnCreate()
      create() {
        return { id: 1 };
      }
    }

    expect(await warningsOf({ controllers: [UsersController, NotesController] }, '"note"')).toEqual([
      expect.stringMatching(/^Nobody can hear of "note", which its routes publish: .* There are .*"user"/),
    ]);
  });

  it('of a resource that is subscribed to, and that nothing publishes', async () => {
    @Controller('accounts')
    class AccountsController {
      @Get()
      @SubscribeOnRead('usre')
      find() {
        return [];
      }
    }

    expect(await warningsOf({ controllers: [UsersController, AccountsController] }, '"usre"')).toEqual([
      expect.stringMatching(/^Nothing publishes "usre".*AccountsController\.find\(\).*Did you mean "user"\?/),
    ]);
  });

  it('of a channel that is opened later', async () => {
    const logs = new Logs();
    const app = await start({ controllers: [UsersController], main: logs.open });

    app.get(ResourcefulPubSub).of('user');
    app.get(ResourcefulPubSub).of('usr');
    app.get(ResourcefulPubSub).of('usr');

    expect(logs.naming('ResourcefulPubSub.of(').warnings).toEqual([
      expect.stringMatching(/^ResourcefulPubSub\.of\('usr'\): .*Did you mean "user"\? There are .*"user"/),
    ]);
  });
});

describe('At boot, an unknown name is refused with the nearest one:', () => {
  @WebSocketGateway()
  @SubscribesTo('usr')
  class TypoGateway {}
  @Injectable()
  class TypoListener {
    @OnPublication('users')
    listen() {}
  }
  @Controller('pets')
  @Resourceful('pet', { relations: { owner: belongsTo('User', 'pets') } })
  class TypoController {}

  it.each<[string, Type[], Type[], string]>([
    ['of a gateway', [], [TypoGateway], '@SubscribesTo on TypoGateway'],
    ['of a listener', [], [TypoListener], 'TypoListener.listen()'],
    ['of a relation', [TypoController], [], 'The relation pet.owner'],
  ])('%s', async (_, controllers, providers, where) => {
    await expectRefusal(
      start({ controllers: [UsersController, ...controllers], providers }),
      UnknownResourceError,
      'UNKNOWN_RESOURCE',
      where,
      'Did you mean "user"?',
      /Known are: .*"user"/,
    );
  });
});

describe('At boot, nothing is said of the name of a resource', () => {
  @Controller('news')
  class NewsController {
    @Post()
    @PublishOnCreate('news')
    create() {
      return { id: 1 };
    }
  }
  @Controller('news')
  class ToLobby {
    @Post()
    @PublishOnCreate('news', { to: 'lobby' })
    create() {
      return { id: 1 };
    }
  }
  @Injectable()
  class Editor {
    constructor(@InjectResource('news') readonly news: ResourceChannel<object>) {}
  }
  @Injectable()
  class AnyChannel {
    constructor(readonly pubsub: ResourcefulPubSub) {}
  }
  @Injectable()
  class Listener {
    @OnPublication('news')
    listen() {}
  }
  @WebSocketGateway()
  @SubscribesTo('news', { watch: true })
  class NewsGateway {}

  const resources = SocketsModule.forRoot({ resources: { news: {} } });
  it.each<[string, ApplicationOptions]>([
    ['that a controller declares, publishes and subscribes to', {}],
    ['whose channel is injected', { controllers: [NewsController], providers: [Editor] }],
    ['whose channel may be opened', { controllers: [NewsController], providers: [AnyChannel] }],
    ['that the server listens to', { controllers: [NewsController], providers: [Listener] }],
    ['that a gateway lets clients watch', { controllers: [NewsController], providers: [NewsGateway] }],
    ['that goes to a room', { controllers: [ToLobby] }],
    ['that the module declares, for code', { imports: [resources], providers: [Editor] }],
  ])('%s', async (_, { controllers = [], ...options }) => {
    const application = { ...options, controllers: [UsersController, ...controllers] };

    expect(await warningsOf(application, '"news"')).toEqual([]);
  });
});
