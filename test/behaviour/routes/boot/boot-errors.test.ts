import {
  All,
  Controller,
  createParamDecorator,
  Delete,
  Get,
  Head,
  Injectable,
  Next,
  Options,
  Patch,
  Post,
  Put,
  Redirect,
  Render,
  Res,
  Search,
  Sse,
  StreamableFile,
  type Type,
} from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  InvalidPublisherError,
  Publish,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnRemove,
  PublishOnReplace,
  PublishOnUpdate,
  Resourceful,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
@Controller('plain')
class Plain {}

function boot(controller: Type, providers: Type[] = []): Promise<unknown> {
  return start({ controllers: [controller], providers });
}

/** The class and the method, and beside them what is wrong and what to do. */
async function expectRefusal(controller: Type, ...parts: string[]): Promise<void> {
  const error = await boot(controller).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InvalidPublisherError);
  for (const part of parts) expect((error as Error).message).toContain(part);
}

describe('a publishing decorator that cannot work is refused at boot, with the class, the method and the fix', () => {
  it('@Res() and @Next() without passthrough', async () => {
    @Controller('a')
    @Resourceful('user')
    class WithRes {
      @Post()
      @PublishOnCreate()
      create(@Res() _response: unknown) {}
    }
    @Controller('b')
    @Resourceful('user')
    class WithNext {
      @Post()
      @PublishOnCreate()
      create(@Next() _next: unknown) {}
    }
    await expectRefusal(WithRes, '@PublishOnCreate()', 'WithRes.create()', '@Res({ passthrough: true })');
    await expectRefusal(WithNext, 'WithNext.create()', '@Res({ passthrough: true })');
  });

  it('but not @Next() with @Res({ passthrough: true }), nor custom parameter decorators of any name', async () => {
    /** Nest keys these by random hexadecimal; one in eight begins with the number of @Res() or @Next(). */
    const customs = Array.from({ length: 100 }, () => createParamDecorator(() => 'custom'));
    @Controller('a')
    @Resourceful('user')
    class Fine {
      @Post()
      @PublishOnCreate()
      create(@Res({ passthrough: true }) _response: unknown, @Next() _next: unknown) {}

      @Put()
      @PublishOnUpdate()
      update(_first?: unknown, _second?: unknown) {}
    }
    for (const custom of customs) custom()(Fine.prototype, 'update', 0);
    await boot(Fine);
  });

  it('a method that is not a route', async () => {
    @Controller('a')
    @Resourceful('user')
    class NoRoute {
      @PublishOnUpdate()
      helper() {}
    }
    await expectRefusal(NoRoute, 'NoRoute.helper()', 'not a route', '@Get()');
  });

  it('a provider, a gateway, a whole class that is not a controller', async () => {
    @Injectable()
    class UsersService {
      @PublishOnCreate('user')
      create() {}
    }
    @WebSocketGateway()
    class UsersGateway {
      @PublishOnCreate('user')
      create() {}
    }
    @Injectable()
    @PublishOnUpdate('user')
    class WholeService {}
    const providers: Array<[Type, string]> = [
      [UsersService, 'UsersService.create()'],
      [UsersGateway, 'UsersGateway.create()'],
      [WholeService, 'WholeService'],
    ];
    for (const [provider, where] of providers) {
      const refused = boot(Plain, [provider]);
      await expect(refused).rejects.toThrow(`on ${where}: ${provider.name} is not a controller`);
      await expect(refused).rejects.toThrow('@InjectResource');
    }
  });

  it('a static method or a getter, already where it is declared', () => {
    const declare = (): void => {
      class Static {
        @PublishOnCreate('user')
        static create() {}
      }
      new Static();
    };
    expect(declare).toThrow(InvalidPublisherError);
    expect(declare).toThrow('Static.create: it belongs on a method of a controller');
  });

  it('no resource, or one whose name cannot be', async () => {
    @Controller('a')
    class Nameless {
      @Post()
      @PublishOnCreate()
      create() {}
    }
    @Controller('b')
    class BadName {
      @Post()
      @PublishOnCreate('us/er')
      create() {}
    }
    await expectRefusal(Nameless, 'Nameless.create()', "@Resourceful('name')");
    await expectRefusal(BadName, "@PublishOnCreate('us/er') on BadName.create()", 'letters, digits');
  });

  it('an id that the path does not say, where it must', async () => {
    @Controller('a')
    @Resourceful('user')
    class NoId {
      @Delete()
      @PublishOnDestroy()
      clear() {}
    }
    @Controller('b')
    @Resourceful('user')
    class EitherId {
      @Delete(':id/users/:userId')
      @PublishOnDestroy()
      remove() {}
    }
    @Controller('c')
    @Resourceful('user')
    class NoParent {
      @Put('pets')
      @PublishOnReplace('pets')
      replace() {}
    }
    @Controller('d')
    @Resourceful('user')
    class NamedButAbsent {
      @Put(':slug/pets/:petId')
      @PublishOnAdd('pets', { id: 'name' })
      add() {}
    }
    @Controller('orgs/:org/users')
    @Resourceful('user')
    class Doubtful {
      @Post(':slug/pets')
      @PublishOnAdd('pets')
      add() {}
    }
    await expectRefusal(NoId, 'NoId.clear()', 'Put it into the path as ":id"', '{ id: (record, { params }) => … }');
    await expectRefusal(EitherId, 'EitherId.remove()', 'beyond doubt', "{ id: 'parameter' }");
    await expectRefusal(NoParent, 'NoParent.replace()', ':id');
    await expectRefusal(NamedButAbsent, 'NamedButAbsent.add()', '":name"');
    await expectRefusal(Doubtful, 'Doubtful.add()', 'beyond doubt');
  });

  it('a record of the collection that neither the path nor the response says', async () => {
    @Controller('a')
    @Resourceful('user')
    class NoChild {
      @Delete(':id/pets')
      @PublishOnRemove('pets')
      remove() {}
    }
    @Controller('b')
    @Resourceful('user')
    class NamedChild {
      @Put(':id/pets/:petId')
      @PublishOnAdd('pets', { child: 'pet' })
      add() {}
    }
    await expectRefusal(
      NoChild,
      'NoChild.remove()',
      'the other record',
      '{ child: (response, { params, body }) => … }',
    );
    await expectRefusal(NamedChild, 'NamedChild.add()', '":pet"');
  });

  it('a declared answer that is a primitive or a stream', async () => {
    @Controller('a')
    @Resourceful('user')
    class AnswersText {
      @Post()
      @PublishOnCreate()
      create(): string {
        return '1';
      }
    }
    @Controller('b')
    @Resourceful('user')
    class AnswersFile {
      @Patch(':id')
      @PublishOnUpdate()
      update(): StreamableFile {
        return new StreamableFile(Buffer.from('file'));
      }
    }
    @Controller('c')
    @Resourceful('user')
    class AnswersBuffer {
      @Patch(':id')
      @PublishOnUpdate()
      update(): Buffer {
        return Buffer.from('file');
      }
    }
    @Controller('d')
    @Resourceful('user')
    class Generates {
      @Patch(':id')
      @PublishOnUpdate()
      async *update() {
        yield 1;
      }
    }
    await expectRefusal(AnswersText, 'AnswersText.create()', 'the response is a string', 'say where the id is');
    await expectRefusal(AnswersFile, 'AnswersFile.update()', 'stream', 'ResourceChannel');
    await expectRefusal(AnswersBuffer, 'AnswersBuffer.update()', 'stream');
    await expectRefusal(Generates, 'Generates.update()', 'stream');
  });

  it('server-sent events', async () => {
    @Controller('a')
    @Resourceful('user')
    class Events {
      @Sse('events')
      @Publish('seen')
      events() {
        return of({ data: 1 });
      }
    }
    await expectRefusal(Events, 'Events.events()', 'server-sent events', 'ResourceChannel');
  });

  it('a page or a redirect, which says nothing of the record, unless a view does', async () => {
    @Controller('a')
    @Resourceful('user')
    class Page {
      @Post()
      @Render('user')
      @PublishOnCreate()
      create() {}
    }
    @Controller('b')
    @Resourceful('user')
    class Elsewhere {
      @Post()
      @Redirect('/users')
      @PublishOnCreate()
      create() {}
    }
    @Controller('c')
    @Resourceful('user')
    class Fine {
      @Post()
      @Redirect('/users')
      @PublishOnCreate({ view: ({ id }: { id: number }) => ({ id }) })
      create() {}

      @Delete(':id')
      @Redirect('/users')
      @PublishOnDestroy()
      remove() {}
    }
    await expectRefusal(Page, 'Page.create()', 'a page or a redirect', '{ view: … }');
    await expectRefusal(Elsewhere, 'Elsewhere.create()', '{ view: … }');
    await boot(Fine);
  });

  it('a decorator on a class that has no such route', async () => {
    @Controller('a')
    @Resourceful('user')
    @PublishOnDestroy()
    class NothingToDelete {
      @Get()
      find() {}
    }
    await expectRefusal(NothingToDelete, '@PublishOnDestroy() on NothingToDelete', 'Put it on a method instead');
  });

  it('a decorator on a class none of whose routes has the path of the collection or of one record', async () => {
    @Controller('a')
    @Resourceful('user')
    @PublishOnCreate()
    class Authentication {
      @Post('login')
      logIn() {}

      @Post('logout')
      logOut() {}
    }
    await expectRefusal(
      Authentication,
      '@PublishOnCreate() on Authentication',
      'none has the path of the collection or of one record',
      'POST login (logIn) and POST logout (logOut)',
    );
  });

  it.each([
    ['GET', Get],
    ['HEAD', Head],
    ['OPTIONS', Options],
    ['SEARCH', Search],
    ['@All()', All],
  ])('a change by %s, which changes nothing', async (name, method) => {
    const decorators = [
      PublishOnCreate(),
      PublishOnUpdate(),
      PublishOnDestroy(),
      PublishOnAdd('pets'),
      PublishOnRemove('pets'),
      PublishOnReplace('pets'),
    ];
    for (const decorator of decorators) {
      @Controller('a')
      @Resourceful('user')
      class Reading {
        @method(':id/pets/:petId')
        @decorator
        read() {}
      }
      await expectRefusal(Reading, 'Reading.read()', name, 'changes nothing', '@Post()', '@Delete()');
    }
  });

  it('but not a verb of the application’s own, which may be about reading', async () => {
    @Controller('a')
    @Resourceful('user')
    class Reading {
      @Get(':id')
      @Publish('seen')
      read() {}

      @All('any/:id')
      @Publish('asked')
      any() {}
    }
    await boot(Reading);
  });

  it('the same twice', async () => {
    @Controller('a')
    @Resourceful('user')
    class Twice {
      @Post()
      @PublishOnCreate()
      @PublishOnCreate({ mirror: true })
      create() {}
    }
    await expectRefusal(Twice, 'Twice.create()', 'twice', 'Keep one');
  });

  it('a view that is a class without @Expose()', async () => {
    class Bare {
      id!: number;
    }
    @Controller('a')
    @Resourceful('user')
    class BareView {
      @Post()
      @PublishOnCreate({ view: Bare })
      create() {}
    }
    await expectRefusal(BareView, 'BareView.create()', 'the view Bare shows nothing', '@Expose()');
  });
});
