import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  ParseIntPipe,
  ParseUUIDPipe,
  Patch,
  type Type,
} from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  hasMany,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
  type ResourceOptions,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';

async function warningsOf(words: string, ...controllers: Type[]): Promise<string[]> {
  const log = new Logs();
  await start({ controllers, main: log.open });
  return log.naming(words).warnings;
}

describe('a resource with relations', () => {
  @Controller('boards')
  @Resourceful('board')
  class BoardsController {}

  const cards = (options: ResourceOptions, update: object, destroy: object): Type => {
    @Controller('cards')
    @Resourceful('card', { idType: 'number', ...options })
    class CardsController {
      @Patch(':id')
      @PublishOnUpdate(update)
      update(@Param('id') _id: string) {}

      @Delete(':id')
      @HttpCode(204)
      @PublishOnDestroy(destroy)
      remove(@Param('id') _id: string) {}
    }
    return CardsController;
  };
  const relations = { board: belongsTo('board', 'cards') };
  const previous = (): object => ({});

  it('whose changes do not say what it was: a warning for the resource, with the routes and both ways out', async () => {
    const [warning, ...others] = await warningsOf('has the relations', cards({ relations }, {}, {}), BoardsController);
    expect(others).toEqual([]);
    for (const words of [
      '"card" has the relations board',
      'CardsController.update()',
      'CardsController.remove()',
      '"previous"',
      '{ noReverse: true }',
    ]) {
      expect(warning).toContain(words);
    }
  });

  it.each<[string, ResourceOptions, object, object]>([
    ['says what it was', { relations, view: ({ id }: { id: number }) => ({ id }) }, { previous }, { previous }],
    ['says that nobody else is concerned', { relations }, { noReverse: true }, { noReverse: true }],
    ['has no other side', { relations: { board: belongsTo('board') } }, {}, {}],
    ['is only named by the other side', {}, {}, {}],
  ])('that %s: no warning', async (_, options, update, destroy) => {
    @Controller('boards')
    @Resourceful('board', 'relations' in options ? {} : { relations: { cards: hasMany('card', 'board') } })
    class OtherBoardsController {}
    const controllers = [cards(options, update, destroy), OtherBoardsController];
    expect(await warningsOf('has the relations', ...controllers)).toEqual([]);
  });
});

describe('a record that is read as it was before it is gone', () => {
  const users = (options: ResourceOptions, status = 204, view?: (user: { id: number }) => object): Type => {
    @Controller('users')
    @Resourceful('user', { idType: 'number', ...options })
    class UsersController {
      @Delete(':id')
      @HttpCode(status)
      @PublishOnDestroy({ previous: () => ({ id: 1 }), view })
      remove(@Param('id') _id: string) {}
    }
    return UsersController;
  };
  const idOnly = ({ id }: { id: number }): object => ({ id });

  it('is told by nothing but its id, says a warning, where the response is empty and there is no view', async () => {
    expect(await warningsOf('nothing but its id will be', users({}))).toEqual([
      expect.stringMatching(/^@PublishOnDestroy\(\) on UsersController\.remove\(\): .*\{ view: … \}/),
    ]);
  });

  it('is told in a view, or as the response shows it, without a warning', async () => {
    for (const controller of [users({ view: idOnly }), users({}, 200), users({}, 204, idOnly)])
      expect(await warningsOf('nothing but its id will be', controller)).toEqual([]);
  });
});

describe('a record that only the URL names, as a text', () => {
  const words = 'only the URL says';

  @Controller('tasks')
  @Resourceful('task')
  class UnreadController {
    @Delete(':id')
    @PublishOnDestroy()
    remove(@Param('id') _id: string) {}
  }

  it('is asked about at boot, once for the resource, where no route reads its records', async () => {
    expect(await warningsOf(words, UnreadController)).toEqual([
      expect.stringContaining("@Resourceful('task', { idType: 'number' })"),
    ]);
  });

  @Controller('tasks')
  @Resourceful('task')
  class ReadController extends UnreadController {
    @Get()
    @SubscribeOnRead({ watch: true })
    findAll() {
      return [];
    }
  }

  @Controller('tasks')
  @Resourceful('task', { idType: 'string' })
  class TypedController extends UnreadController {}

  @Controller('tasks')
  @Resourceful('task')
  class PipedController {
    @Delete('number/:id')
    @PublishOnDestroy()
    number(@Param('id', ParseIntPipe) _id: number) {}
  }

  @Controller('tasks')
  @Resourceful('task')
  class UuidController {
    @Delete('uuid/:id')
    @PublishOnDestroy()
    uuid(@Param('id', ParseUUIDPipe) _id: string) {}
  }

  @Controller('tasks')
  @Resourceful('task')
  class AnsweringController {
    @Patch(':id')
    @PublishOnUpdate()
    update(@Param('id') id: string) {
      return { id };
    }
  }

  it.each([ReadController, TypedController, PipedController, UuidController, AnsweringController])(
    'is not asked about where a read, an option, a pipe or the response tells the type: %o',
    async (controller) => {
      expect(await warningsOf(words, controller)).toEqual([]);
    },
  );
});
