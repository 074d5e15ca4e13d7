import {
  BadRequestException,
  Body,
  ClassSerializerInterceptor,
  Controller,
  Delete,
  ForbiddenException,
  Injectable,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Res,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CallHandler,
  type ExecutionContext,
  type ModuleMetadata,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { Transform } from 'class-transformer';
import { concat, EMPTY, mergeMap, of, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  ResourcefulPubSub,
  Resourceful,
} from '../../../../src/index.js';
import { start, type ApplicationOptions } from '../../../support/application.js';

interface Row {
  id: number;
}

/** The response of Express, or that of Fastify around Node's own. */
interface ServerSide {
  raw?: ServerSide;
  statusCode: number;
  writeHead(status: number, ...rest: unknown[]): unknown;
  end(...args: unknown[]): unknown;
}

/** A transaction around the handler whose commit fails, once everything in it has succeeded. */
@Injectable()
class FailingTransaction implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(mergeMap(() => Promise.reject(new BadRequestException('commit failed'))));
  }
}

@Controller('users')
@Resourceful('user')
class UsersController {
  @Post()
  @PublishOnCreate()
  create(@Body() body: Row) {
    return body;
  }
}

function bound(decorator: ClassDecorator & MethodDecorator, where: 'class' | 'method'): Type {
  @Controller('users')
  @Resourceful('user')
  class BoundController {
    @Post()
    @PublishOnCreate()
    create(@Body() body: Row) {
      return body;
    }
  }
  if (where === 'class') decorator(BoundController);
  else {
    const { prototype } = BoundController;
    decorator(prototype, 'create', Object.getOwnPropertyDescriptor(prototype, 'create')!);
  }
  return BoundController;
}

/** The request fails with this status, and nobody hears of it; neither is it an error of ours. */
async function expectNothing(
  options: ApplicationOptions,
  [method, path]: [string, string],
  status: number,
): Promise<void> {
  const app = await start(options);
  const watcher = await app.connect();
  await app.channel('user').watch(watcher.id);

  const answer = await app.request(method, path, { id: 1 });
  await app.settle();

  expect(answer.status).toBe(status);
  expect(watcher.heard('user')).toEqual([]);
  expect(app.get(ResourcefulPubSub).counters).toEqual({ published: 0, failed: 0, skipped: 0 });
}

describe('row 52: only what happened is published', () => {
  it('nothing when a pipe fails', async () => {
    @Controller('users')
    @Resourceful('user')
    class Piped {
      @Patch(':id')
      @PublishOnUpdate({ previous: () => ({ id: 1 }) })
      update(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }
    }
    await expectNothing({ controllers: [Piped] }, ['PATCH', '/users/none'], 400);
    const failing = {
      transform: () => {
        throw new BadRequestException();
      },
    };
    const controller = bound(UsePipes(failing), 'class');
    await expectNothing({ controllers: [controller] }, ['POST', '/users'], 400);
  });

  it('nothing when a guard fails', async () => {
    const refusing = {
      canActivate: () => {
        throw new ForbiddenException();
      },
    };
    for (const where of ['class', 'method'] as const) {
      await expectNothing({ controllers: [bound(UseGuards(refusing), where)] }, ['POST', '/users'], 403);
    }
    await expectNothing(
      { controllers: [UsersController], main: (nest) => void nest.useGlobalGuards(refusing) },
      ['POST', '/users'],
      403,
    );
  });

  it('nothing when the handler throws, rejects, or its Observable fails after it has emitted', async () => {
    @Controller('users')
    @Resourceful('user')
    class Failing {
      @Post('throws')
      @PublishOnCreate()
      throws() {
        throw new BadRequestException();
      }

      @Post('rejects')
      @PublishOnCreate()
      async rejects() {
        return Promise.reject(new BadRequestException());
      }

      @Post('emits')
      @PublishOnCreate()
      emits() {
        return concat(
          of({ id: 1 }),
          throwError(() => new BadRequestException()),
        );
      }
    }
    for (const path of ['throws', 'rejects', 'emits']) {
      await expectNothing({ controllers: [Failing] }, ['POST', `/users/${path}`], 400);
    }
  });

  it('nothing when the handler’s Observable ends without a value, which is an error to Nest', async () => {
    @Controller('users')
    @Resourceful('user')
    class Empty {
      @Delete(':id')
      @PublishOnDestroy()
      remove() {
        return EMPTY;
      }
    }
    await expectNothing({ controllers: [Empty] }, ['DELETE', '/users/1'], 500);
  });

  it('nothing when the handler says by the status that it failed', async () => {
    @Controller('users')
    @Resourceful('user')
    class Conflicting {
      @Post()
      @PublishOnCreate()
      create(@Body() body: Row, @Res({ passthrough: true }) response: { status(code: number): unknown }) {
        response.status(409);
        return body;
      }
    }
    await expectNothing({ controllers: [Conflicting] }, ['POST', '/users'], 409);
  });

  it('nothing when the response turns out to fail while it is sent', async () => {
    @Controller('users')
    @Resourceful('user')
    class Unsendable {
      @Post()
      @PublishOnCreate()
      create(@Body() body: Row, @Res({ passthrough: true }) response: ServerSide) {
        const { raw = response } = response;
        const [writeHead, end] = [raw.writeHead.bind(raw), raw.end.bind(raw)];
        raw.writeHead = (_status, ...rest) => writeHead(503, ...rest);
        raw.end = (...args) => {
          raw.statusCode = 503;
          return end(...args);
        };
        return body;
      }
    }
    await expectNothing({ controllers: [Unsendable] }, ['POST', '/users'], 503);
  });

  const levels: Array<{ level: string; options: () => ModuleMetadata & Pick<ApplicationOptions, 'main'> }> = [
    { level: 'the method', options: () => ({ controllers: [bound(UseInterceptors(FailingTransaction), 'method')] }) },
    {
      level: 'the controller',
      options: () => ({ controllers: [bound(UseInterceptors(FailingTransaction), 'class')] }),
    },
    {
      level: 'useGlobalInterceptors',
      options: () => ({
        controllers: [UsersController],
        main: (nest) => void nest.useGlobalInterceptors(new FailingTransaction()),
      }),
    },
    {
      level: 'APP_INTERCEPTOR',
      options: () => ({
        controllers: [UsersController],
        providers: [{ provide: APP_INTERCEPTOR, useClass: FailingTransaction }],
      }),
    },
  ];
  it.each(levels)(
    'nothing when a transaction around the handler, bound by $level, fails to commit',
    async ({ options }) => {
      await expectNothing(options(), ['POST', '/users'], 400);
    },
  );

  it('nothing when the serializer fails', async () => {
    class Unserializable {
      id = 1;
      @Transform(() => {
        throw new BadRequestException('not serializable');
      })
      name = 'ada';
    }
    @Controller('users')
    @Resourceful('user')
    class Serialized {
      @Post()
      @PublishOnCreate()
      create() {
        return new Unserializable();
      }
    }
    await expectNothing(
      {
        controllers: [Serialized],
        main: (nest) => void nest.useGlobalInterceptors(new ClassSerializerInterceptor(nest.get(Reflector))),
      },
      ['POST', '/users'],
      400,
    );
  });
});
