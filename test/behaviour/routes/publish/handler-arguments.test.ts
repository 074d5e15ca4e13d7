import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Scope,
  SetMetadata,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { lastValueFrom, of, toArray } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { PublishOnUpdate, Resourceful, type PublishContext } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';

async function watch(app: TestApplication, resource = 'user'): Promise<TestClient> {
  const watcher = await app.connect();
  await app.channel(resource).watch(watcher.id);
  return watcher;
}

/** What each function among the options was given of the handler's arguments. */
class Seen {
  readonly args: unknown[] = [];
  readonly note = ({ args }: PublishContext): true => {
    this.args.push([...args]);
    return true;
  };
}

describe('what the functions of an option know of the handler', () => {
  it('are its arguments, in its order and after its pipes', async () => {
    const seen = new Seen();
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch(':id')
      @PublishOnUpdate({
        previous: seen.note,
        when: (_record, context) => seen.note(context),
        to: (_record, context) => String(seen.note(context)),
      })
      update(@Body() body: { name: string }, @Param('id', ParseIntPipe) id: number) {
        return { id, ...body };
      }
    }
    const app = await start({ controllers: [UsersController] });
    await watch(app);

    await app.request('PATCH', '/users/07', { name: 'ada' });
    await app.settle();

    const args = [{ name: 'ada' }, 7];
    expect(seen.args).toEqual([args, args, args]);
  });

  it('are read before the handler does its work, and not at all where a pipe refuses', async () => {
    const order: string[] = [];
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch(':id')
      @PublishOnUpdate({ previous: async ({ args }) => void order.push(`previous ${args[0]}`) })
      update(@Param('id', ParseIntPipe) id: number) {
        order.push(`handler ${id}`);
        return { id };
      }
    }
    const app = await start({ controllers: [UsersController] });

    expect((await app.request('PATCH', '/users/nobody', {})).status).toBe(400);
    await app.request('PATCH', '/users/1', {});

    expect(order).toEqual(['previous 1', 'handler 1']);
  });

  it('are its own, of many requests at once, whether controllers are singletons or request-scoped', async () => {
    for (const scope of [Scope.DEFAULT, Scope.REQUEST]) {
      const resource = scope === Scope.DEFAULT ? 'user' : 'pet';
      @Controller({ path: 'users', scope })
      @Resourceful(resource)
      class UsersController {
        private readonly name = 'this is there';

        @Patch(':id')
        @PublishOnUpdate({ previous: ({ args: [id] }) => ({ id, name: `before ${id}` }) })
        async update(@Param('id', ParseIntPipe) id: number) {
          await new Promise((resolve) => setImmediate(resolve));
          return { id, name: this.name };
        }
      }
      const app = await start({ controllers: [UsersController] });
      const watcher = await watch(app, resource);
      const ids = Array.from({ length: 20 }, (_value, index) => index + 1);

      await Promise.all(ids.map((id) => app.request('PATCH', `/users/${id}`, {})));
      await app.settle();

      const heard = watcher.heard(resource) as Array<{ id: number; previous: unknown }>;
      expect(heard.toSorted((one, other) => one.id - other.id)).toEqual(
        ids.map((id) => ({
          verb: 'updated',
          id,
          data: { id, name: 'this is there' },
          previous: { id, name: `before ${id}` },
        })),
      );
    }
  });

  it('are those of the request, where handlers call each other', async () => {
    const seen = new Seen();
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch('all')
      @PublishOnUpdate({ previous: seen.note })
      all() {
        return [1, 2].map((id) => this.one(id));
      }

      @Patch(':id')
      @PublishOnUpdate({ previous: seen.note })
      one(@Param('id', ParseIntPipe) id: number): object {
        return id > 2 ? this.one(1) : { id };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    await app.request('PATCH', '/users/all', {});
    await app.request('PATCH', '/users/3', {});
    await app.settle();

    expect(seen.args).toEqual([[], [3]]);
    expect(watcher.heard('user')).toMatchObject([{ id: 1 }, { id: 2 }, { id: 1 }]);
  });

  it('are those of the request, where an interceptor has called another handler before', async () => {
    const seen = new Seen();
    class Warming implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler) {
        const { users } = context.switchToHttp().getRequest<{ users: { one: (id: number) => object } }>();
        users.one(9);
        return next.handle();
      }
    }
    @Controller('users')
    @Resourceful('user')
    class UsersController implements CanActivate {
      canActivate(context: ExecutionContext) {
        context.switchToHttp().getRequest<{ users: UsersController }>().users = this;
        return true;
      }

      @Patch(':id')
      @PublishOnUpdate({ previous: seen.note })
      one(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }

      @Patch(':id/name')
      @UseInterceptors(Warming)
      @PublishOnUpdate({ previous: seen.note })
      rename(@Param('id', ParseIntPipe) id: number) {
        return { id, name: 'ada' };
      }
    }
    const main = (nest: INestApplication) => nest.useGlobalGuards(nest.get(UsersController));
    const app = await start({ controllers: [UsersController], main });

    await app.request('PATCH', '/users/1/name', {});

    expect(seen.args).toEqual([[1]]);
  });

  it('are those of an inherited handler, in each class that has it, and of one that calls its base’s', async () => {
    const seen = new Seen();
    class Base {
      @Patch(':id')
      @PublishOnUpdate({ previous: seen.note })
      update(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }
    }
    @Controller('users')
    @Resourceful('user')
    class UsersController extends Base {}
    @Controller('pets')
    @Resourceful('pet')
    class PetsController extends Base {
      @Patch(':id')
      @PublishOnUpdate({ previous: seen.note })
      override update(@Param('id', ParseIntPipe) id: number) {
        return super.update(id + 1);
      }
    }
    const app = await start({ controllers: [UsersController, PetsController] });
    const [users, pets] = [await watch(app), await watch(app, 'pet')];

    await app.request('PATCH', '/users/1', {});
    await app.request('PATCH', '/pets/5', {});
    await app.settle();

    expect(seen.args).toEqual([[1], [5]]);
    expect(users.heard('user')).toMatchObject([{ verb: 'updated', id: 1 }]);
    expect(pets.heard('pet')).toMatchObject([{ verb: 'updated', id: 6 }]);
  });

  it('are there in each of several applications of one class', async () => {
    const seen = new Seen();
    class Base {
      @Patch(':id')
      @PublishOnUpdate()
      update(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }
    }
    @Controller('users')
    @Resourceful('user')
    class Plain extends Base {}
    @Controller('users')
    @Resourceful('user')
    class Observing extends Base {
      @Patch('own/:id')
      @PublishOnUpdate({ previous: seen.note })
      own(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }
    }
    const apps = [];
    for (const controller of [Plain, Observing, Plain, Observing]) {
      apps.push(await start({ controllers: [controller] }));
    }
    for (const app of apps) {
      const watcher = await watch(app);
      await app.request('PATCH', '/users/1', {});
      await app.settle();
      expect(watcher.heard('user')).toEqual([{ verb: 'updated', id: 1, data: { id: 1 } }]);
    }
    await apps[3]?.request('PATCH', '/users/own/2', {});
    await apps[1]?.request('PATCH', '/users/own/3', {});
    expect(seen.args).toEqual([[2], [3]]);
  });

  it('change nothing of what the handler answers: a value, a promise, an Observable, a promise of one', async () => {
    const previous = () => undefined;
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch('value/:id')
      @PublishOnUpdate({ previous })
      value() {
        return { id: 1 };
      }

      @Patch('promise/:id')
      @PublishOnUpdate({ previous })
      async promise() {
        return { id: 2 };
      }

      @Patch('observable/:id')
      @PublishOnUpdate({ previous })
      observable() {
        return of({ id: 0 }, { id: 3 });
      }

      @Patch('both/:id')
      @PublishOnUpdate({ previous })
      async both() {
        return of({ id: 4 });
      }

      @Patch('throws/:id')
      @PublishOnUpdate({ previous })
      throws() {
        throw new Error('of the handler');
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    const answers = [];
    for (const path of ['value', 'promise', 'observable', 'both']) {
      answers.push((await app.request('PATCH', `/users/${path}/1`, {})).body);
    }
    expect((await app.request('PATCH', '/users/throws/1', {})).status).toBe(500);
    await app.settle();

    expect(answers).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }]);
    expect(watcher.heard('user')).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }]);
  });

  it('leave the handler what its decorators and metadata made of it, for guards and for Nest', async () => {
    const found: unknown[] = [];
    class RoleGuard implements CanActivate {
      canActivate(context: ExecutionContext) {
        const handler = context.getHandler();
        found.push(new Reflector().get('role', handler), handler.name, handler.length);
        return true;
      }
    }
    class Upper implements NestInterceptor {
      async intercept(_context: ExecutionContext, next: CallHandler) {
        const values = await lastValueFrom(next.handle().pipe(toArray()));
        return of({ ...(values.at(-1) as object), name: 'UPPER' });
      }
    }
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Post(':id')
      @HttpCode(202)
      @Header('x-own', 'yes')
      @SetMetadata('role', 'admin')
      @UseGuards(RoleGuard)
      @UseInterceptors(Upper)
      @PublishOnUpdate({ previous: ({ args: [id] }) => ({ id, name: 'before' }) })
      update(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }

      @Get()
      find() {
        return [];
      }
    }
    const app = await start({ controllers: [UsersController] });
    const watcher = await watch(app);

    const answer = await app.request('POST', '/users/1', {});
    await app.settle();

    expect([answer.status, answer.headers.get('x-own'), answer.body]).toEqual([202, 'yes', { id: 1, name: 'UPPER' }]);
    expect(found).toEqual(['admin', 'update', 1]);
    expect(watcher.heard('user')).toEqual([
      { verb: 'updated', id: 1, data: { id: 1, name: 'UPPER' }, previous: { id: 1, name: 'before' } },
    ]);
  });

  it('are those of a method that is spied on', async () => {
    const seen = new Seen();
    @Controller('users')
    @Resourceful('user')
    class UsersController {
      @Patch(':id')
      @PublishOnUpdate({ previous: seen.note })
      update(@Param('id', ParseIntPipe) id: number) {
        return { id };
      }
    }
    const app = await start({ controllers: [UsersController] });
    const spy = vi.spyOn(app.get(UsersController), 'update');
    await app.request('PATCH', '/users/1', {});
    app.get(UsersController).update(2);

    expect(seen.args).toEqual([[1]]);
    expect(spy).toHaveBeenCalledWith(2);
  });
});
