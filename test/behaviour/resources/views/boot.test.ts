import {
  ClassSerializerInterceptor,
  Controller,
  Get,
  Logger,
  Patch,
  Post,
  Put,
  Redirect,
  SerializeOptions,
  UseInterceptors,
  type Type,
} from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  InvalidPublisherError,
  InvalidResourceError,
  PublishOnCreate,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  type ResourceOptions,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';
import { AdminUser, asRole, audience, PublicUser, startPeople } from './support/people.js';

class Nothing {}

/** Options as somebody who is not checked by TypeScript writes them. */
const untyped = (options: object): ResourceOptions => options;

describe('Views at boot', () => {
  afterEach(() => void vi.restoreAllMocks());

  const startWith = (options: ResourceOptions, forRoot: ResourceOptions = {}): Promise<TestApplication> => {
    @Controller('users')
    @Resourceful('user', options)
    class UsersController {}
    return start({
      imports: [SocketsModule.forRoot({ resources: { user: forRoot } })],
      controllers: [UsersController],
    });
  };

  it.each<[string, ResourceOptions, RegExp]>([
    ['a view that is none', untyped({ view: 'PublicUser' }), /"view" must be a class, a Standard Schema or a function/],
    ['a class that exposes nothing', { view: Nothing }, /"view".*Nothing shows nothing.*@Expose\(\)/],
    ['such a class for an audience', { views: { admin: Nothing }, audience }, /"views", admin.*Nothing shows nothing/],
    ['views in a list', untyped({ views: [PublicUser], audience }), /"views" must be an object of views by audience/],
    ['no views at all', { views: {}, audience }, /"views" must be an object/],
    [
      'an audience whose name would be part of another room',
      { views: { 'a/b': PublicUser }, audience },
      /"views" must/,
    ],
    ['views that nobody is chosen for', { views: { admin: AdminUser } }, /"user" has "views".*audience:/],
    ['an audience without views', { audience }, /"audience" and no "views"/],
    [
      'an audience that is not a function',
      untyped({ views: { admin: AdminUser }, audience: 'admin' }),
      /"audience" must/,
    ],
  ])('refuses %s', async (_case, options, words) => {
    await expectRefusal(startWith(options), InvalidResourceError, 'INVALID_RESOURCE', words);
  });

  it('refuses two places that declare different views', async () => {
    const twice = startWith({ view: PublicUser }, { view: AdminUser });
    await expectRefusal(twice, InvalidResourceError, 'INVALID_RESOURCE', /"view".*declared differently elsewhere/);
    const views = startWith({ views: { admin: AdminUser }, audience }, { views: { admin: PublicUser } });
    await expectRefusal(views, InvalidResourceError, 'INVALID_RESOURCE', /"views".*declared differently elsewhere/);
  });

  it('takes the halves of a declaration from two places', async () => {
    await startWith({ views: { admin: AdminUser } }, { view: PublicUser, audience });
  });

  it('lets a route that answers a page publish in the view of the resource, and in that alone', async () => {
    const startPages = (options: ResourceOptions): Promise<TestApplication> => {
      @Controller('users')
      @Resourceful('user', options)
      class PagesController {
        @Post() @Redirect('/') @PublishOnCreate() create(): object {
          return { id: 1 };
        }
      }
      return start({ controllers: [PagesController] });
    };
    await startPages({ view: PublicUser });
    const rejected = startPages({ views: { admin: AdminUser }, audience });
    await expectRefusal(rejected, InvalidPublisherError, 'INVALID_PUBLISHER', /page or a redirect/);
  });

  describe('where routes of a resource serialize differently', () => {
    const warningsOf = async (options: ResourceOptions, controller: (options: ResourceOptions) => Type) => {
      const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
      await start({ controllers: [controller(options)] });
      return warn.mock.calls.map(([message]) => String(message)).filter((message) => message.includes('serialize'));
    };

    const different = (options: ResourceOptions): Type => {
      @Controller('users')
      @Resourceful('user', options)
      @UseInterceptors(ClassSerializerInterceptor)
      class UsersController {
        @Get() find(): object[] {
          return [];
        }
        @Post() @PublishOnCreate() @SerializeOptions({ type: PublicUser }) create(): object {
          return {};
        }
        @Patch(':id') @PublishOnUpdate() @SerializeOptions({ type: AdminUser }) update(): object {
          return {};
        }
      }
      return UsersController;
    };

    const alike = (options: ResourceOptions): Type => {
      @Controller('users')
      @Resourceful('user', options)
      @UseInterceptors(ClassSerializerInterceptor)
      class UsersController {
        @Get() @SerializeOptions({ type: AdminUser }) find(): object[] {
          return [];
        }
        @Post() @PublishOnCreate() @SerializeOptions({ groups: ['a'] }) create(): object {
          return {};
        }
        @Patch(':id') @PublishOnUpdate() @SerializeOptions({ groups: ['a'] }) update(): object {
          return {};
        }
      }
      return UsersController;
    };

    it('warns, and names the routes and the way out', async () => {
      const [warning, ...others] = await warningsOf({}, different);
      expect(warning).toMatch(/"user".*UsersController\.create\(\).*UsersController\.update\(\).*view:/);
      expect(others).toEqual([]);
    });

    it('warns with one route for each way', async () => {
      const threeWays = (): Type => {
        @Controller('users')
        @Resourceful('user')
        @UseInterceptors(ClassSerializerInterceptor)
        class UsersController {
          @Post() @PublishOnCreate() create(): object {
            return {};
          }
          @Post('again') @PublishOnCreate() createAgain(): object {
            return {};
          }
          @Patch(':id') @PublishOnUpdate() @SerializeOptions({ type: PublicUser }) update(): object {
            return {};
          }
          @Put(':id') @PublishOnUpdate() @SerializeOptions({ type: AdminUser }) replace(): object {
            return {};
          }
        }
        return UsersController;
      };
      const [warning] = await warningsOf({}, threeWays);
      expect(warning).toContain(
        'as UsersController.create(), UsersController.update() and UsersController.replace() do',
      );
    });

    it('warns of interceptors on one of them only', async () => {
      const ofOne = (): Type => {
        @Controller('users')
        @Resourceful('user')
        class UsersController {
          @Post() @PublishOnCreate() create(): object {
            return {};
          }
          @Patch(':id') @PublishOnUpdate() @UseInterceptors(ClassSerializerInterceptor) update(): object {
            return {};
          }
        }
        return UsersController;
      };
      expect(await warningsOf({}, ofOne)).toHaveLength(1);
    });

    it('is content with a view, and with routes that do the same', async () => {
      expect(await warningsOf({ view: PublicUser }, different)).toEqual([]);
      expect(await warningsOf({}, alike)).toEqual([]);
    });
  });

  it.each<[string, (user: object) => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no role');
      },
    ],
    ['names none of the views', () => 'stranger'],
    ['gives a promise', async () => 'admin'],
  ])('shows everybody the default view where the audience %s, and says so once', async (_case, broken) => {
    const log = [
      vi.spyOn(Logger.prototype, 'warn').mockReturnValue(),
      vi.spyOn(Logger.prototype, 'error').mockReturnValue(),
    ];
    @Controller('users')
    @Resourceful('user', { view: PublicUser, views: { admin: AdminUser }, audience: broken as () => string })
    class UsersController {}
    const app = await startPeople({ controllers: [UsersController] });
    const client = await app.connect(asRole('admin'));
    await app.channel('user').watch(client.id);
    await app.channel('user').subscribe(client.id, [1, 2, 3]);
    await app.channel('user').publishCreate({ id: 1, name: 'ada', salary: 1 });
    await client.next('user');
    expect(client.heard('user')).toEqual([{ verb: 'created', id: 1, data: { id: 1, name: 'ada' } }]);
    const said = log.flatMap(({ mock }) => mock.calls).filter(([message]) => String(message).includes('"audience"'));
    expect(said).toHaveLength(1);
  });
});
