import * as common from '@nestjs/common';
import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Injectable,
  Module,
  Patch,
  Post,
  SerializeOptions,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type ModuleMetadata,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { RouteSchema } from '@nestjs/platform-fastify';
import { Exclude, Expose, Transform, Type as Nested } from 'class-transformer';
import { map, type Observable } from 'rxjs';
import { describe, expect, inject, it } from 'vitest';
import { PublishOnCreate, PublishOnUpdate, Resourceful, SocketsModule } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { StandardSchemaSerializerInterceptor as Serializer } from '../../../support/platform-differences.js';
import { express, fastify } from '../../../support/platforms.js';
import { recordFrames } from '../support/frames.js';

const SECRET = 'correct-horse-battery-staple';

class Profile {
  constructor(
    public city: string,
    token: string,
  ) {
    this.token = token;
  }

  @Exclude() token: string;
}

class User {
  id = 1;
  @Transform(({ value }) => String(value).toUpperCase()) name = 'ada';
  @Exclude() password = SECRET;
  @Nested(() => Profile) profile = new Profile('london', `nested-${SECRET}`);

  @Expose() get initial(): string {
    return this.name.charAt(0);
  }
}

const SHOWN = { id: 1, name: 'ADA', profile: { city: 'london' }, initial: 'a' };

@Injectable()
class Envelope implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** Posts to `/users` and expects that subscribers hear what the caller receives, and no frame holds the secret. */
async function expectEventIsResponse(app: TestApplication, shown: unknown, response: unknown = shown): Promise<void> {
  const [watcher, bystander] = [await app.connect(), await app.connect()];
  const frames = [watcher, bystander].map(recordFrames);
  await app.channel('user').watch(watcher.id);

  const answer = await app.request('POST', '/users', {});
  await app.settle();

  expect(answer.status).toBe(201);
  expect(answer.body).toEqual(response);
  expect(watcher.heard('user')).toEqual([{ verb: 'created', id: 1, data: shown }]);
  expect(frames.flat().join()).toContain('created');
  expect(frames.flat().join()).not.toContain(SECRET);
}

function usersController(...decorators: Array<ClassDecorator & MethodDecorator>): Type {
  @Controller('users')
  @Resourceful('user')
  class UsersController {
    @Post()
    @common.applyDecorators(...decorators)
    @PublishOnCreate()
    create() {
      return new User();
    }
  }
  return UsersController;
}

interface Binding {
  name: string;
  metadata: () => ModuleMetadata;
  main?: (app: INestApplication) => void;
}

@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: ClassSerializerInterceptor }] })
class SerializingModule {}

const bindings: Binding[] = [
  {
    name: 'useGlobalInterceptors',
    metadata: () => ({ controllers: [usersController()] }),
    main: (app) => void app.useGlobalInterceptors(new ClassSerializerInterceptor(app.get(Reflector))),
  },
  {
    name: 'APP_INTERCEPTOR of AppModule',
    metadata: () => ({
      controllers: [usersController()],
      providers: [{ provide: APP_INTERCEPTOR, useClass: ClassSerializerInterceptor }],
    }),
  },
  {
    name: 'APP_INTERCEPTOR of a module that is imported before SocketsModule',
    metadata: () => ({ controllers: [usersController()], imports: [SerializingModule, SocketsModule.forRoot()] }),
  },
  {
    name: 'APP_INTERCEPTOR of a module that is imported after SocketsModule',
    metadata: () => ({ controllers: [usersController()], imports: [SocketsModule.forRoot(), SerializingModule] }),
  },
  {
    name: 'the controller',
    metadata: () => {
      const controller = usersController();
      UseInterceptors(ClassSerializerInterceptor)(controller);
      return { controllers: [controller] };
    },
  },
  {
    name: 'the method',
    metadata: () => ({ controllers: [usersController(UseInterceptors(ClassSerializerInterceptor))] }),
  },
];

describe('row 59: the event is the response', () => {
  it.each(bindings)('with the serializer bound by $name', async ({ metadata, main }) => {
    await expectEventIsResponse(await start({ ...metadata(), main }), SHOWN);
  });

  it('with a request-scoped global serializer', async () => {
    @Injectable({ scope: common.Scope.REQUEST })
    class PerRequest extends ClassSerializerInterceptor {}
    const app = await start({
      controllers: [usersController()],
      providers: [{ provide: APP_INTERCEPTOR, useClass: PerRequest }],
    });
    await expectEventIsResponse(app, SHOWN);
  });

  it('with the options of @SerializeOptions', async () => {
    class UserDto {
      @Expose() id!: number;
    }
    const app = await start({
      controllers: [
        usersController(
          UseInterceptors(ClassSerializerInterceptor),
          SerializeOptions({ type: UserDto, strategy: 'excludeAll' }),
        ),
      ],
    });
    await expectEventIsResponse(app, { id: 1 });
  });

  it('with an envelope around it, of which select takes the record', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post()
      @PublishOnCreate({ select: 'data' })
      create() {
        return new User();
      }
    }
    const app = await start({
      controllers: [UsersController],
      main: (nest) =>
        void nest.useGlobalInterceptors(new Envelope(), new ClassSerializerInterceptor(nest.get(Reflector))),
    });
    await expectEventIsResponse(app, SHOWN, { data: SHOWN });
  });

  it('with a toJSON() of the record’s own, which also select and id cannot look behind', async () => {
    class Hidden {
      id = `internal-${SECRET}`;
      record = { password: SECRET };

      toJSON() {
        return { id: 1, record: { id: 1, name: 'shown' } };
      }
    }
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post()
      @PublishOnCreate({ select: 'record', id: (_record, { request }) => (request ? 1 : 2) })
      create() {
        return new Hidden();
      }
    }
    const app = await start({ controllers: [UsersController] });
    await expectEventIsResponse(app, { id: 1, name: 'shown' }, { id: 1, record: { id: 1, name: 'shown' } });
  });

  it('as it was when it was sent, whatever becomes of the object afterwards', async () => {
    const stored = { id: 1, name: 'ada' };
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post()
      @PublishOnCreate()
      create() {
        queueMicrotask(() => setImmediate(() => (stored.name = SECRET)));
        return stored;
      }
    }
    const app = await start({
      controllers: [UsersController],
      main: (nest) =>
        void nest.useGlobalInterceptors({
          intercept: (_: ExecutionContext, next: CallHandler) => next.handle().pipe(map((value: unknown) => value)),
        }),
    });
    await expectEventIsResponse(app, { id: 1, name: 'ada' });
  });

  it('nothing but the id when the status lets no body through', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch(':id')
      @common.HttpCode(204)
      @PublishOnUpdate()
      update() {
        return new User();
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await app.connect();
    const frames = recordFrames(watcher);
    await app.channel('user').watch(watcher.id);

    expect((await app.request('PATCH', '/users/1', {})).body).toBe('');
    await app.settle();

    expect(watcher.heard('user')).toEqual([{ verb: 'updated', id: '1', data: { id: '1' } }]);
    expect(frames.join()).not.toContain(SECRET);
  });

  it('a request-scoped handler, an array and an array of arrays of relations keep it too', async () => {
    @Controller({ path: 'users', scope: common.Scope.REQUEST })
    @Resourceful('user')
    class UsersController {
      @Post()
      @UseInterceptors(ClassSerializerInterceptor)
      @PublishOnCreate()
      create(@Body() _body: unknown) {
        return [new User()];
      }
    }
    const app = await start({ controllers: [UsersController] });
    await expectEventIsResponse(app, SHOWN, [SHOWN]);
  });

  it('with the StandardSchemaSerializerInterceptor, which came with Nest 12', async () => {
    expect(Serializer === undefined).toBe(inject('nest') === 11);
    if (!Serializer) return;
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: ({ id, name }: User) => ({ value: { id, name } }),
      },
    };
    const app = await start({
      controllers: [usersController(UseInterceptors(Serializer), SerializeOptions({ schema } as object))],
    });
    await expectEventIsResponse(app, { id: 1, name: 'ada' });
  });
});

describe('row 59: what a platform hides when it writes the response stays hidden', () => {
  it('the response schema of a route on Fastify', async () => {
    const schema = { type: 'object', properties: { id: { type: 'number' }, name: { type: 'string' } } };
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post()
      @RouteSchema({ response: { 201: schema } })
      @PublishOnCreate()
      create() {
        return { id: 1, name: 'ada', password: SECRET };
      }
    }
    const app = await start({ platform: fastify, controllers: [UsersController] });
    await expectEventIsResponse(app, { id: 1, name: 'ada' });
  });

  it('the "json replacer" of Express', async () => {
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post()
      @PublishOnCreate()
      create() {
        return { id: 1, password: SECRET };
      }
    }
    const app = await start({
      platform: express,
      controllers: [UsersController],
      main: (nest) =>
        (nest as NestExpressApplication).set('json replacer', (key: string, value: unknown) =>
          key === 'password' ? undefined : value,
        ),
    });
    await expectEventIsResponse(app, { id: 1 });
  });
});
