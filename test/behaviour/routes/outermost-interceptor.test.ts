import {
  Controller,
  Injectable,
  Module,
  Post,
  Scope,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type ModuleMetadata,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { AddressInfo } from 'node:net';
import { map, type Observable } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PublishOnCreate, Resourceful, ResourcefulPubSubInterceptor, SocketsModule } from '../../../src/index.js';
import { start, TestApplication } from '../../support/application.js';
import { platform } from '../../support/platforms.js';

interface Marked {
  id: number;
  marks: string[];
}

/** An interceptor that puts its mark on whatever passes it, as a serializer changes it. */
function marking(mark: string, scope = Scope.DEFAULT): Type<NestInterceptor> {
  @Injectable({ scope })
  class MarkingInterceptor implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler<Marked>): Observable<Marked> {
      return next.handle().pipe(map((value) => ({ ...value, marks: [...value.marks, mark] })));
    }
  }
  return MarkingInterceptor;
}

@Controller('users')
@Resourceful('user')
@UseInterceptors(marking('controller'))
class UsersController {
  @Post()
  @PublishOnCreate()
  @UseInterceptors(marking('method'))
  create(): Marked {
    return { id: 1, marks: [] };
  }
}

@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: marking('APP_INTERCEPTOR of a module before') }] })
class ModuleBefore {}

@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: marking('APP_INTERCEPTOR of a module after') }] })
class ModuleAfter {}

const everywhere: ModuleMetadata = {
  imports: [ModuleBefore, SocketsModule.forRoot(), ModuleAfter],
  controllers: [UsersController],
  providers: [
    { provide: APP_INTERCEPTOR, useClass: marking('APP_INTERCEPTOR of AppModule') },
    { provide: APP_INTERCEPTOR, useClass: marking('request-scoped APP_INTERCEPTOR', Scope.REQUEST) },
  ],
};

/** The last word of `main.ts`. */
function main(nest: INestApplication): void {
  nest.useGlobalInterceptors(new (marking('useGlobalInterceptors'))(), new (marking('another of these'))());
}

const MARKS = [
  'method',
  'controller',
  'request-scoped APP_INTERCEPTOR',
  'APP_INTERCEPTOR of a module before',
  'APP_INTERCEPTOR of a module after',
  'APP_INTERCEPTOR of AppModule',
  'useGlobalInterceptors',
  'another of these',
];

describe('the publishing interceptor', () => {
  const expectAllMarks = async (app: TestApplication): Promise<void> => {
    const client = await app.connect();
    await app.channel('user').watch(client.id);

    const { body } = await app.request('POST', '/users');
    await app.settle();

    const { marks } = body as Marked;
    expect(marks.toSorted()).toEqual(MARKS.toSorted());
    expect(marks.slice(0, 2)).toEqual(['method', 'controller']);
    expect(client.heard('user')).toEqual([{ verb: 'created', id: 1, data: body }]);
  };

  it('is the outermost: what is published carries the mark of every other one, as the response does', async () => {
    await expectAllMarks(await start({ ...everywhere, main }));
  });

  it('is so with forRootAsync, in a testing module', async () => {
    const sockets = SocketsModule.forRootAsync({ useFactory: async () => Promise.resolve({}) });
    const imports = [ModuleBefore, sockets, ModuleAfter];
    const testing = await Test.createTestingModule({ ...everywhere, imports }).compile();
    const nest = testing.createNestApplication(platform.adapter(), { logger: false });
    onTestFinished(() => nest.close());
    main(nest);
    await nest.listen(0, '127.0.0.1');
    const { port } = nest.getHttpServer().address() as AddressInfo;

    await expectAllMarks(new TestApplication(nest, `http://127.0.0.1:${port}`));
  });

  it('publishes once, although an application applies it by hand too', async () => {
    @Controller('pets')
    @Resourceful('pet')
    @UseInterceptors(ResourcefulPubSubInterceptor, marking('controller'))
    class PetsController {
      @Post()
      @PublishOnCreate()
      create(): Marked {
        return { id: 1, marks: [] };
      }
    }

    const app = await start({
      imports: [SocketsModule.forRoot()],
      controllers: [PetsController],
      main: (nest) => nest.useGlobalInterceptors(nest.get(ResourcefulPubSubInterceptor)),
    });
    const client = await app.connect();
    await app.channel('pet').watch(client.id);

    await app.request('POST', '/pets');
    await app.settle();

    expect(client.heard('pet')).toEqual([{ verb: 'created', id: 1, data: { id: 1, marks: ['controller'] } }]);
  });
});
