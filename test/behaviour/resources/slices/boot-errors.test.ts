import { Controller, Delete, Get, Param, Patch, Post, Put, Query, type Type } from '@nestjs/common';
import { Server, type ServerOptions } from 'socket.io';
import { describe, expect, it } from 'vitest';
import {
  InvalidPublisherError,
  InvalidResourceError,
  InvalidSubscriberError,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
  Unsubscribe,
  type PublisherOptions,
  type ResourceOptions,
  type SubscribeOnReadOptions,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';
import { Logs } from '../../../support/logs.js';
const boot = (controller: Type) => start({ controllers: [controller] });

/** A controller that watches by a path that says the board, and by a query that may say the owner. */
function reading(options: ResourceOptions, subscription: SubscribeOnReadOptions = { watch: true }): Type {
  @Controller('boards/:boardId/cards')
  @Resourceful('card', options)
  class CardsController {
    @Get()
    @SubscribeOnRead(subscription)
    find(@Query('ownerId') _ownerId: string) {
      return [];
    }
  }
  return CardsController;
}

function creating(options: ResourceOptions, publisher: PublisherOptions): Type {
  @Controller('cards')
  @Resourceful('card', options)
  class CardsController {
    @Post()
    @PublishOnCreate(publisher)
    create() {
      return { id: 1 };
    }
  }
  return CardsController;
}

describe('a slice is refused at boot', () => {
  it('that a route watches and cannot know, with the parameters that it has and the ways out', async () => {
    await expectRefusal(
      boot(reading({ slices: ['tenantId'] })),
      InvalidSubscriberError,
      'INVALID_SUBSCRIBER',
      '@SubscribeOnRead() on CardsController.find()',
      '"card" has the slices tenantId',
      'has the parameters boardId, ownerId',
      "{ slice: { field: 'parameter' } }",
      "{ watch: 'all' }",
    );
  });

  it('that might stand in a query of which the handler takes all, unless the decorator names it', async () => {
    @Controller('cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      find(@Query() _query: object) {
        return [];
      }
    }
    await expectRefusal(
      boot(CardsController),
      InvalidSubscriberError,
      'INVALID_SUBSCRIBER',
      'CardsController.find()',
      "only if it is named: { slice: { boardId: 'boardId' } }",
    );
  });

  it('that @Unsubscribe cannot know', async () => {
    @Controller('cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Delete('watch')
      @Unsubscribe({ watch: true })
      leave() {}
    }
    await expectRefusal(
      boot(CardsController),
      InvalidSubscriberError,
      'INVALID_SUBSCRIBER',
      'CardsController.leave()',
      'has no parameters',
    );
  });

  it('where two are meant equally well', async () => {
    @Controller('boards/:boardId/owners/:ownerId/cards')
    @Resourceful('card', { slices: ['boardId', 'ownerId'] })
    class CardsController {
      @Get()
      @SubscribeOnRead({ watch: true })
      find() {
        return [];
      }
    }
    await expectRefusal(
      boot(CardsController),
      InvalidSubscriberError,
      'INVALID_SUBSCRIBER',
      'not clear which slice is meant, boardId or ownerId',
    );
  });

  const wrongReading: Array<[ResourceOptions, SubscribeOnReadOptions, string]> = [
    [
      { slices: ['boardId'] },
      { watch: true, slice: { tenantId: 'boardId' } },
      'names "tenantId", by which "card" has no',
    ],
    [{ slices: ['tenantId'] }, { watch: true, slice: { tenantId: 'nothing' } }, 'not known which slice'],
    [{ slices: ['boardId'] }, { slice: { boardId: 'boardId' } }, 'is for what is watched'],
    [{}, { watch: true, slice: { boardId: 'boardId' } }, '"card" has none. Declare it'],
    [{ slices: ['boardId'] }, { watch: true, slice: 'boardId' as never }, 'the option "slice" must be false, or where'],
    [{ slices: ['boardId'] }, { watch: true, slice: { boardId: 7 } as never }, 'the option "slice" must be false, or'],
  ];
  it.each(wrongReading)('declared %j, read %j', async (options, subscription, words) => {
    await expectRefusal(boot(reading(options, subscription)), InvalidSubscriberError, 'INVALID_SUBSCRIBER', words);
  });

  const wrongCreating: Array<[ResourceOptions, PublisherOptions, string]> = [
    [{ slices: ['boardId'] }, { slice: { tenantId: () => 1 } }, 'names "tenantId", by which "card" has no slice'],
    [{}, { slice: { boardId: () => 1 } }, '"card" has no slices. Declare them'],
    [{ slices: ['boardId'] }, { slice: { boardId: 7 } as never }, 'must be an object of functions by field'],
    [{ slices: ['boardId'] }, { slice: (() => 7) as never }, 'must be an object of functions by field'],
  ];
  it.each(wrongCreating)('declared %j, published %j', async (options, publisher, words) => {
    const app = boot(creating(options, publisher));
    await expectRefusal(app, InvalidPublisherError, 'INVALID_PUBLISHER', 'CardsController.create()', words);
  });

  it('that a decorator names which is about others than the record', async () => {
    @Controller('cards')
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Put(':id/labels/:labelId')
      @PublishOnAdd('labels', { slice: { boardId: () => 7 } })
      add(@Param('id') _id: string, @Param('labelId') _labelId: string) {}
    }
    await expectRefusal(
      boot(CardsController),
      InvalidPublisherError,
      'INVALID_PUBLISHER',
      'CardsController.add()',
      'what becomes of the record itself',
    );
  });

  it.each([
    [{ slices: 'boardId' }],
    [{ slices: [''] }],
    [{ slices: [[]] }],
    [{ slices: [5] }],
    [{ slices: ['boardId', 'boardId'] }],
    [
      {
        slices: [
          ['a', 'b'],
          ['b', 'a'],
        ],
      },
    ],
    [{ slices: [['a', 'a']] }],
    [{ rememberedSlices: -1 }],
    [{ rememberedSlices: 1.5 }],
    [{ rememberedSlices: '1' }],
  ])('declared as %j', async (options) => {
    const app = boot(reading(options as never));
    await expectRefusal(app, InvalidResourceError, 'INVALID_RESOURCE', '@Resourceful on CardsController');
  });
});

/** What is warned of at boot, where a record that changes or is gone may have to be looked up. */
async function warningsOf(options: ResourceOptions, publisher: PublisherOptions, adapter?: ServerOptions['adapter']) {
  @Controller('cards')
  @Resourceful('card', options)
  class CardsController {
    @Post()
    @PublishOnCreate()
    create() {
      return { id: 1 };
    }

    @Patch(':id')
    @PublishOnUpdate(publisher)
    update(@Param('id') id: string) {
      return { id };
    }

    @Delete(':id')
    @PublishOnDestroy(publisher)
    remove(@Param('id') _id: string) {}
  }
  const log = new Logs();
  const imports = [SocketsModule.forRoot(adapter ? { server: { adapter } } : {})];
  await start({ controllers: [CardsController], imports, main: log.open });
  return log.naming('"card" has the slices').warnings;
}

describe('the log says at boot', () => {
  const adapter = new Server().of('/').adapter.constructor as ServerOptions['adapter'];
  const previous = () => undefined;

  it('which routes do not say where a record was, if nothing is remembered', async () => {
    const warnings = await warningsOf({ slices: ['boardId'], rememberedSlices: 0 }, {});
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/"card" has the slices boardId.*rememberedSlices: 0.*"previous"/);
    expect(warnings[0]).toContain(
      '@PublishOnUpdate() on CardsController.update(), @PublishOnDestroy() on CardsController',
    );
    expect(warnings[0]).not.toContain('create()');
  });

  it('the same, if other servers may have moved it', async () => {
    const warnings = await warningsOf({ slices: ['boardId'] }, {}, adapter);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/other servers of the cluster.*CardsController\.update\(\)/);
  });

  it('nothing where they do, where one process remembers, or where there are no slices', async () => {
    expect(await warningsOf({ slices: ['boardId'], rememberedSlices: 0 }, { previous })).toEqual([]);
    expect(await warningsOf({ slices: ['boardId'] }, { previous }, adapter)).toEqual([]);
    expect(await warningsOf({ slices: ['boardId'] }, {})).toEqual([]);
    expect(await warningsOf({}, {}, adapter)).toEqual([]);
  });
});
