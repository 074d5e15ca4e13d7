import {
  Controller,
  Delete,
  Get,
  Injectable,
  Param,
  Post,
  Redirect,
  Render,
  Res,
  Sse,
  StreamableFile,
  type Type,
} from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { of } from 'rxjs';
import { describe, it } from 'vitest';
import {
  hasMany,
  InvalidPublisherError,
  InvalidSubscriberError,
  Publish,
  PublishOnCreate,
  Resourceful,
  SubscribeOnRead,
  Unsubscribe,
  UnknownVerbError,
  VerbsRequiredError,
  type SubscribeOnReadOptions,
  type UnsubscribeOptions,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';
function boot(...controllers: Type[]): Promise<unknown> {
  return start({ controllers });
}

function expectInvalid(controller: Type, ...words: string[]): Promise<void> {
  return expectRefusal(boot(controller), InvalidSubscriberError, 'INVALID_SUBSCRIBER', ...words);
}

function reading(options: unknown): Type {
  @Controller('a')
  @Resourceful('user', { relations: { pets: hasMany('pet') } })
  class UsersController {
    @Get()
    @SubscribeOnRead(options as SubscribeOnReadOptions)
    find() {
      return [];
    }

    @Get('pets')
    @SubscribeOnRead('pet')
    findPets() {
      return [];
    }
  }
  return UsersController;
}

describe('@SubscribeOnRead and @Unsubscribe are refused at boot, with the class, the method and the fix,', () => {
  it('on a method that is not a route', async () => {
    @Controller('a')
    @Resourceful('user')
    class NoRoute {
      @SubscribeOnRead()
      helper() {}
    }
    await expectInvalid(NoRoute, 'SubscribeOnRead() on NoRoute.helper()', 'not a route', '@Get');
  });

  it('where the handler answers by itself', async () => {
    @Controller('a')
    @Resourceful('user')
    class WithRes {
      @Get()
      @SubscribeOnRead()
      find(@Res() _response: unknown) {}
    }
    await expectInvalid(WithRes, 'WithRes.find', 'passthrough: true');
  });

  it('of streams and server-sent events', async () => {
    @Controller('a')
    @Resourceful('user')
    class Events {
      @Sse()
      @SubscribeOnRead()
      events() {
        return of({ data: 1 });
      }
    }
    @Controller('b')
    @Resourceful('user')
    class File {
      @Get()
      @SubscribeOnRead()
      file(): StreamableFile {
        return new StreamableFile(Buffer.from('file'));
      }
    }
    @Controller('c')
    @Resourceful('user')
    class Leaves {
      @Sse(':id')
      @Unsubscribe()
      events() {
        return of({ data: 1 });
      }
    }
    await expectInvalid(Events, 'Events.events', 'server-sent events', 'Subscribe through a ResourceChannel');
    await expectInvalid(File, 'File.file', 'stream', 'Subscribe through a ResourceChannel');
    await expectInvalid(Leaves, 'Unsubscribe() on Leaves.events', 'Unsubscribe through a ResourceChannel');
  });

  it('of pages and redirects', async () => {
    @Controller('a')
    @Resourceful('user')
    class Page {
      @Get()
      @Render('users')
      @SubscribeOnRead()
      find() {}
    }
    @Controller('b')
    @Resourceful('user')
    class Elsewhere {
      @Delete(':id')
      @Redirect('/users')
      @Unsubscribe()
      leave() {}
    }
    await expectInvalid(Page, 'Page.find', 'a page or a redirect', 'answers with data');
    await expectInvalid(Elsewhere, 'Elsewhere.leave', 'a page or a redirect');
  });

  it('where the handler declares to answer a text or a number', async () => {
    @Controller('a')
    @Resourceful('user')
    class Counts {
      @Get('count')
      @SubscribeOnRead()
      count(): number {
        return 1;
      }
    }
    await expectInvalid(Counts, 'Counts.count', 'the response is a number', 'Answer the record');
  });

  it('without a resource, or with one whose name cannot be', async () => {
    @Controller('a')
    class Nameless {
      @Get()
      @SubscribeOnRead()
      find() {}
    }
    @Controller('b')
    class BadName {
      @Get()
      @SubscribeOnRead('us/er')
      find() {}
    }
    await expectInvalid(Nameless, 'Nameless.find', "@Resourceful('name')");
    await expectInvalid(BadName, "@SubscribeOnRead('us/er') on BadName.find", 'letters, digits');
  });

  it('twice for one resource, or one beside the other; but not for two resources', async () => {
    @Controller('a')
    @Resourceful('user')
    class Twice {
      @Get()
      @SubscribeOnRead()
      @SubscribeOnRead({ watch: true })
      find() {}
    }
    @Controller('b')
    @Resourceful('user')
    class Both {
      @Get(':id')
      @SubscribeOnRead()
      @Unsubscribe()
      find() {}
    }
    @Controller('d')
    @Resourceful('user')
    class BothByName {
      @Get(':id')
      @SubscribeOnRead()
      @Unsubscribe('user')
      find() {}
    }
    @Controller('c')
    @Resourceful('user')
    class Fine {
      @Get(':id')
      @SubscribeOnRead()
      @Unsubscribe('pet')
      @Publish('read')
      find() {}
    }
    await expectInvalid(Twice, 'Twice.find', 'twice', 'Keep one');
    await expectInvalid(Both, 'Both.find', '@SubscribeOnRead() is there too', 'the opposite', 'Keep one');
    await expectInvalid(BothByName, 'BothByName.find', '@SubscribeOnRead() is there too', 'Keep one');
    await boot(Fine);
  });

  it('outside controllers, and on what is not a method', async () => {
    @Injectable()
    class UsersService {
      @SubscribeOnRead('user')
      find() {}
    }
    @WebSocketGateway()
    class UsersGateway {
      @SubscribeOnRead('user')
      @SubscribeMessage('find')
      find() {}
    }
    @Injectable()
    @SubscribeOnRead('user')
    class WholeService {}
    @Controller('plain')
    class Plain {}
    for (const [provider, where] of [
      [UsersService, 'UsersService.find'],
      [UsersGateway, 'UsersGateway.find'],
      [WholeService, 'WholeService'],
    ] as const) {
      await expectRefusal(
        start({ controllers: [Plain], providers: [provider] }),
        InvalidSubscriberError,
        'INVALID_SUBSCRIBER',
        `on ${where}`,
        `${provider.name} is not a controller`,
        'Subscribe through a ResourceChannel instead: @InjectResource',
      );
    }
    const declare = (): void => {
      class Static {
        @SubscribeOnRead('user')
        static find() {}
      }
      new Static();
    };
    await expectRefusal(declare, InvalidSubscriberError, 'INVALID_SUBSCRIBER', 'Static.find: it belongs on a method');
  });

  it('on a class without such a route; and where one of its routes cannot do it, saying where to put it', async () => {
    @Controller('a')
    @Resourceful('user')
    @SubscribeOnRead()
    class NothingToRead {
      @Post()
      create() {}
    }
    @Controller('b')
    @Resourceful('user')
    @SubscribeOnRead()
    class WithPicture {
      @Get(':id/picture')
      picture(@Res() _response: unknown) {}
    }
    @Controller('c')
    @Resourceful('user')
    @(Unsubscribe() as ClassDecorator)
    class Whole {
      @Get()
      find() {}
    }
    await expectInvalid(NothingToRead, 'on NothingToRead', 'Put it on a method instead');
    await expectInvalid(WithPicture, 'WithPicture.picture', 'is on the class', 'put it on the methods');
    await expectInvalid(Whole, 'on Whole', 'Put it on a method instead');
  });

  const wrong: Array<[options: object, words: string[]]> = [
    [{ wacth: true }, ['there is no option "wacth"', 'resource, id, select, slice, watch, verbs, relations']],
    [{ watch: 'created' }, ['the option "watch" must be true, false, \'all\' or an array of verbs']],
    [{ verbs: true }, ['the option "verbs" must be a verb or an array of verbs']],
    [{ id: 1 }, ['the option "id" must be']],
    [{ select: '' }, ['the option "select" must be']],
    [{ relations: 'pets' }, ['the option "relations" must be true, false or an array of attributes']],
    [{ relations: ['pets', 'petz'] }, ['"petz"', 'not a relation of "user"', 'Its relations are pets', '@Resourceful']],
  ];
  it.each(wrong)('with the options %j', async (options, words) => {
    await expectInvalid(reading(options), 'on UsersController.find()', ...words);
  });

  it('with options that @Unsubscribe has not', async () => {
    @Controller('a')
    @Resourceful('user')
    class Leaving {
      @Delete(':id')
      @Unsubscribe({ verbs: ['updated'] } as UnsubscribeOptions)
      leave(@Param('id') _id: string) {}
    }
    await expectInvalid(Leaving, 'Leaving.leave', 'there is no option "verbs"', 'resource, id, select, slice, watch');
  });

  it('with a verb that the resource has not, for the records or for the collection', async () => {
    for (const [options, option] of [
      [{ verbs: ['updated', 'archvied'] }, 'verbs'],
      [{ watch: ['archvied'] }, 'watch'],
    ] as const) {
      await expectRefusal(
        boot(reading(options)),
        UnknownVerbError,
        'UNKNOWN_VERB',
        `@SubscribeOnRead() on UsersController.find(), option "${option}": "archvied" is not a verb of "user"`,
      );
    }
  });

  it('but not with a verb that another controller publishes', async () => {
    @Controller('archive')
    class ArchiveController {
      @Post(':id')
      @Publish('archived', { resource: 'user' })
      archive() {}
    }
    await boot(reading({ verbs: ['archived'] }), ArchiveController);
  });

  it('without verbs, where the resource subscribes to none by itself', async () => {
    @Controller('a')
    @Resourceful('user', { autosubscribe: false })
    class Quiet {
      @Get()
      @SubscribeOnRead()
      find() {}
    }
    @Controller('b')
    @Resourceful('user', { autosubscribe: false })
    class Creating {
      @Post()
      @PublishOnCreate({ subscribe: true })
      create() {}
    }
    await expectRefusal(boot(Quiet), VerbsRequiredError, 'VERBS_REQUIRED', 'Quiet.find', 'autosubscribe: false');
    await expectRefusal(
      boot(Creating),
      InvalidPublisherError,
      'INVALID_PUBLISHER',
      'Creating.create',
      'option "subscribe"',
      'autosubscribe: false',
    );
  });

  it('with relations of a resource that has none, or that subscribes to nothing by itself', async () => {
    @Controller('a')
    @Resourceful('user')
    class Lonely {
      @Get()
      @SubscribeOnRead({ relations: true })
      find() {}
    }
    @Controller('b')
    @Resourceful('user', { relations: { logs: hasMany('log') } })
    class WithLogs {
      @Get()
      @SubscribeOnRead({ relations: ['logs'] })
      find() {}
    }
    @Controller('c')
    @Resourceful('log', { autosubscribe: false })
    class LogsController {}
    await expectInvalid(Lonely, 'Lonely.find', '"user", which has none', 'relations: ');
    await expectRefusal(
      boot(WithLogs, LogsController),
      InvalidSubscriberError,
      'INVALID_SUBSCRIBER',
      'WithLogs.find',
      '"logs"',
      'autosubscribe: false',
    );
  });
});
