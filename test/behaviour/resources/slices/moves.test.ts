import { Controller, Get, Injectable, Param, ParseIntPipe, Patch, Put, type Type } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  belongsTo,
  InjectResource,
  OnPublication,
  PublishOnAdd,
  PublishOnUpdate,
  Resourceful,
  type ResourceChannel,
  SubscribeOnRead,
  type PublishContext,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { cardControllers, Cards, heard, read, type Card } from './support/cards.js';

interface Boards {
  app: TestApplication;
  seven: TestClient;
  eight: TestClient;
}

async function boards(controllers = cardControllers(), listeners: Type[] = []): Promise<Boards> {
  const app = await start({ controllers, providers: [Cards, ...listeners] });
  const [seven, eight] = [await app.connect(), await app.connect()];
  await read(seven, '/boards/7/cards');
  await read(eight, '/boards/8/cards');
  return { app, seven, eight };
}

/** Moves what comes to board 8 back to board 7. */
@Injectable()
class MoveBack {
  constructor(@InjectResource('card') private readonly cards: ResourceChannel<Card>) {}

  @OnPublication('card', 'updated')
  hear({ id, data }: { id: number; data: Card }): void {
    if (data.boardId === 8) void this.cards.publishUpdate(id, { boardId: 7 });
  }
}

const previous = (context: PublishContext): Card => ({ ...context.get(Cards).get(context.args[0] as number) });

describe('a record that moves to another slice', () => {
  it.each([
    { known: 'by the option "previous"', controllers: () => cardControllers({ rememberedSlices: 0 }, { previous }) },
    { known: 'from memory', controllers: () => cardControllers() },
  ])(
    'is `left` for the one, without data, and `entered` for the other, which is known $known',
    async ({ controllers }) => {
      const { app, seven, eight } = await boards(controllers());
      const [subscriber, all] = [await app.connect(), await app.connect()];
      await read(subscriber, '/cards/5');
      await read(all, '/cards');

      await app.request('PATCH', '/cards/5', { boardId: 8, title: 'secret' });
      await app.settle();

      expect(seven.heard('card')).toEqual([{ verb: 'left', id: 5 }]);
      expect(eight.heard('card')).toEqual([{ verb: 'entered', id: 5, data: { id: 5, boardId: 8, title: 'secret' } }]);
      expect([heard(subscriber), heard(all)]).toEqual([['updated 5'], ['updated 5']]);
    },
  );

  it('is where a listener has moved it on', async () => {
    const { app, seven, eight } = await boards(cardControllers(), [MoveBack]);

    await app.request('PATCH', '/cards/5', { boardId: 8 });
    await app.settle();

    expect(heard(seven)).toEqual(['left 5', 'entered 5']);
    expect(heard(eight)).toEqual(['entered 5', 'left 5']);
  });

  it('row 51: is nothing further to those whom it left: neither changes, nor its end', async () => {
    const { app, seven, eight } = await boards();

    await app.request('PATCH', '/cards/5', { boardId: 8 });
    await app.request('PATCH', '/cards/5', { title: 'x' });
    await app.request('PATCH', '/cards/5/title', { title: 'y' });
    await app.channel('card').message(5, 'z');
    await app.request('DELETE', '/cards/5');
    await app.settle();

    expect(heard(seven)).toEqual(['left 5']);
    expect(heard(eight)).toEqual(['entered 5', 'updated 5', 'updated 5', 'messaged 5', 'destroyed 5']);
  });

  it('is `updated`, `left` and `entered`, in this order, for whoever watches both and subscribes to it', async () => {
    const { app, seven } = await boards();
    await read(seven, '/boards/8/cards');
    await read(seven, '/cards/5');

    await app.request('PATCH', '/cards/5', { boardId: 8 });
    await app.settle();

    expect(heard(seven)).toEqual(['updated 5', 'left 5', 'entered 5']);
  });

  it('to none is `left` only, and from none `entered` only', async () => {
    const { app, seven, eight } = await boards();

    await app.request('PATCH', '/cards/5', { boardId: null });
    await app.request('PATCH', '/cards/5', { title: 'between' });
    await app.request('PATCH', '/cards/5', { boardId: 8 });
    await app.settle();

    expect(heard(seven)).toEqual(['left 5']);
    expect(heard(eight)).toEqual(['entered 5']);
  });

  it('and back again, and again, is told each time', async () => {
    const { app, seven, eight } = await boards();

    for (const boardId of [8, 7, 8]) await app.request('PATCH', '/cards/5', { boardId });
    await app.settle();

    expect(heard(seven)).toEqual(['left 5', 'entered 5', 'left 5']);
    expect(heard(eight)).toEqual(['entered 5', 'left 5', 'entered 5']);
  });

  it('stays where it is when only the written form of the value changes', async () => {
    const { app, seven } = await boards();

    await app.request('PATCH', '/cards/5', { boardId: '7' });
    await app.settle();

    expect(heard(seven)).toEqual(['updated 5']);
  });

  it('by code is told the same, with and without what it was', async () => {
    const { app, seven, eight } = await boards();
    const cards = app.channel<Card>('card');

    await cards.publishUpdate(5, { boardId: 8 });
    await cards.publishUpdate(40, { boardId: 8 }, { previous: { boardId: 7 } });
    await app.settle();

    expect(heard(seven)).toEqual(['left 5', 'left 40']);
    expect(eight.heard('card')).toEqual([
      { verb: 'entered', id: 5, data: { boardId: 8 } },
      { verb: 'entered', id: 40, data: { boardId: 8 } },
    ]);
  });

  it('of which it is not known where it was, is told where it is now, and the log says so once', async () => {
    const log = new Logs();
    const controllers = cardControllers({ rememberedSlices: 0 });
    const app = await start({ controllers, providers: [Cards], main: log.open });
    const [seven, eight] = [await app.connect(), await app.connect()];
    await read(seven, '/boards/7/cards');
    await read(eight, '/boards/8/cards');
    log.warnings.length = 0;

    for (const title of ['x', 'y']) await app.request('PATCH', '/cards/5', { boardId: 8, title });
    await app.request('DELETE', '/cards/5');
    await app.settle();

    expect([heard(seven), heard(eight)]).toEqual([[], ['updated 5', 'updated 5']]);
    const { warnings } = log.naming('on CardsController');
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/@PublishOnUpdate\(\) on CardsController\.update\(\).*boardId.*"previous"/);
    expect(warnings[1]).toMatch(/@PublishOnDestroy\(\) on CardsController\.remove\(\).*boardId.*"previous"/);
  });

  it('by a message of a relation is told the same', async () => {
    @Controller('boards')
    @Resourceful('board', { idType: 'number' })
    class BoardsController {
      @Put(':id/cards/:cardId')
      @PublishOnAdd('cards')
      add(@Param('id', ParseIntPipe) _id: number, @Param('cardId', ParseIntPipe) _cardId: number) {}
    }
    @Controller()
    @Resourceful('card', { slices: ['board'], idType: 'number', relations: { board: belongsTo('board', 'cards') } })
    class CardsController {
      @Get('boards/:board/cards')
      @SubscribeOnRead({ watch: true })
      find(@Param('board', ParseIntPipe) board: number) {
        return [{ id: board === 7 ? 5 : 9, board: { id: board, name: 'populated' } }];
      }

      @Patch('cards/:id')
      @PublishOnUpdate()
      update(@Param('id', ParseIntPipe) id: number) {
        return { id, board: { id: 8 } };
      }
    }
    const { app, seven, eight } = await boards([BoardsController, CardsController]);
    await app.request('PUT', '/boards/8/cards/5');
    // The board that stands populated in the response is the same one.
    await app.request('PATCH', '/cards/5');
    await app.settle();

    expect(seven.heard('card')).toEqual([{ verb: 'left', id: 5 }]);
    expect(eight.heard('card')).toEqual([
      { verb: 'entered', id: 5, data: { board: 8 } },
      { verb: 'updated', id: 5, data: { id: 5, board: { id: 8 } } },
    ]);
  });

  it('of several slices leaves and enters only those whose fields changed', async () => {
    const options = { slices: ['boardId', 'ownerId', ['boardId', 'ownerId']] };
    const app = await start({ controllers: cardControllers(options), providers: [Cards] });
    const cards = app.channel<Card & { ownerId: number }>('card');
    const watchers: Record<string, TestClient> = {};
    for (const slice of [
      { boardId: 7 },
      { boardId: 8 },
      { ownerId: 1 },
      { boardId: 7, ownerId: 1 },
      { boardId: 8, ownerId: 1 },
    ]) {
      const client = await app.connect();
      await cards.watch(client.id, slice);
      watchers[JSON.stringify(slice)] = client;
    }

    await cards.publishCreate({ id: 5, boardId: 7, ownerId: 1 });
    await cards.publishUpdate(5, { boardId: 8 });
    await app.settle();

    expect(Object.entries(watchers).map(([slice, client]) => [slice, heard(client)])).toEqual([
      ['{"boardId":7}', ['created 5', 'left 5']],
      ['{"boardId":8}', ['entered 5']],
      ['{"ownerId":1}', ['created 5', 'updated 5']],
      ['{"boardId":7,"ownerId":1}', ['created 5', 'left 5']],
      ['{"boardId":8,"ownerId":1}', ['entered 5']],
    ]);
  });

  it('is heard by those who watch for these verbs only', async () => {
    const { app } = await boards();
    const [entries, departures] = [await app.connect(), await app.connect()];
    const cards = app.channel<Card>('card');
    await cards.watch(entries.id, { boardId: 8 }, { verbs: ['entered'] });
    await cards.watch(departures.id, { boardId: 7 }, { verbs: ['left', 'destroyed'] });

    await app.request('PATCH', '/cards/5', { boardId: 8 });
    await app.request('PATCH', '/cards/5', { title: 'x' });
    await app.request('DELETE', '/cards/6');
    await app.settle();

    expect(heard(entries)).toEqual(['entered 5']);
    expect(heard(departures)).toEqual(['left 5', 'destroyed 6']);
  });

  it('is `left` for those who read it for chosen verbs, and nothing further', async () => {
    @Controller()
    @Resourceful('card', { slices: ['boardId'] })
    class CardsController {
      @Get('boards/:boardId/cards')
      @SubscribeOnRead({ watch: ['created', 'updated', 'destroyed'] })
      find(@Param('boardId', ParseIntPipe) boardId: number) {
        return boardId === 7 ? [{ id: 5, boardId }] : [];
      }
    }
    const { app, seven, eight } = await boards([CardsController]);
    const cards = app.channel<Card>('card');

    await cards.publishUpdate(5, { boardId: 8, title: 'secret' });
    await cards.publishUpdate(5, { title: 'more of it' });
    await app.settle();

    expect(seven.heard('card')).toEqual([{ verb: 'left', id: 5 }]);
    expect(heard(eight)).toEqual(['entered 5', 'updated 5']);
  });

  it.each([10_000, 0])(
    'is told where the handler changes the very object that was `previous`, with %i remembered',
    async (rememberedSlices) => {
      const card: Card = { id: 5, boardId: 7 };
      @Controller()
      @Resourceful('card', { slices: ['boardId'], rememberedSlices })
      class CardsController {
        @Get('boards/:boardId/cards')
        @SubscribeOnRead({ watch: true })
        find(@Param('boardId', ParseIntPipe) _boardId: number) {
          return [];
        }

        @Patch('cards/:id')
        @PublishOnUpdate({ previous: () => card })
        update(@Param('id', ParseIntPipe) _id: number) {
          return Object.assign(card, { boardId: 8 });
        }
      }
      const { app, seven, eight } = await boards([CardsController]);

      await app.request('PATCH', '/cards/5');
      await app.settle();

      expect([heard(seven), heard(eight)]).toEqual([['left 5'], ['entered 5']]);
    },
  );

  it('leaves, and ends, where it was by `previous` as well as by what was told, if they disagree', async () => {
    const { app, seven, eight } = await boards();
    const nine = await app.connect();
    const cards = app.channel<Card>('card');
    await cards.watch(nine.id, { boardId: 9 });

    await cards.publishUpdate(5, { boardId: 8 });
    await cards.publishUpdate(5, { boardId: 9 }, { previous: { boardId: 7 } });
    await cards.publishDestroy(5, { previous: { boardId: 7 } });
    await app.settle();

    expect(heard(seven)).toEqual(['left 5', 'left 5', 'destroyed 5']);
    expect(heard(eight)).toEqual(['entered 5', 'left 5']);
    expect(heard(nine)).toEqual(['entered 5', 'destroyed 5']);
  });

  it('is compared as clients see it, where the field is an `ObjectId`', async () => {
    const { app, seven, eight } = await boards();
    const cards = app.channel('card');
    const objectId = (hex: string) => ({ toJSON: () => hex });

    await cards.publishCreate({ id: 30, boardId: objectId('7') });
    await cards.publishUpdate(30, { boardId: objectId('8') });
    await app.settle();

    expect([heard(seven), heard(eight)]).toEqual([['created 30', 'left 30'], ['entered 30']]);
  });

  it('of a failed request moves nowhere', async () => {
    const { app, seven, eight } = await boards();

    await app.request('PATCH', '/cards/nonsense', { boardId: 8 });
    await app.settle();

    expect([heard(seven), heard(eight)]).toEqual([[], []]);
  });
});

describe('what is remembered of where records were', () => {
  it('is of as many as the resource says, those of the latest', async () => {
    const { app, seven } = await boards(cardControllers({ rememberedSlices: 1 }));
    const cards = app.channel<Card>('card');

    await cards.publishCreate({ id: 20, boardId: 7 });
    await cards.publishCreate({ id: 21, boardId: 7 });
    await cards.publishUpdate(20, { boardId: 8 });
    await cards.publishCreate({ id: 22, boardId: 7 });
    await cards.publishUpdate(22, { boardId: 8 });
    await app.settle();

    expect(heard(seven)).toEqual(['created 20', 'created 21', 'created 22', 'left 22']);
  });

  it('is not overtaken by somebody who read the record before it moved', async () => {
    const { app, seven, eight } = await boards();
    const cards = app.channel<Card>('card');

    await cards.publishUpdate(5, { boardId: 8 });
    // The table still says board 7, as an earlier read would have.
    await read(await app.connect(), '/boards/7/cards');
    await cards.publishUpdate(5, { title: 'x' });
    await app.settle();

    expect(heard(seven)).toEqual(['left 5']);
    expect(heard(eight)).toEqual(['entered 5', 'updated 5']);
  });

  it('is dropped once a later read says otherwise, so that nobody hears of what may be elsewhere', async () => {
    const log = new Logs();
    const app = await start({ controllers: cardControllers(), providers: [Cards], main: log.open });
    const [seven, eight] = [await app.connect(), await app.connect()];
    await read(seven, '/boards/7/cards');
    // By something that publishes nothing.
    app.get(Cards).save({ id: 5, boardId: 8 });
    await read(eight, '/boards/8/cards');

    await app.request('PATCH', '/cards/5/title', { title: 'secret of board 8' });
    await app.settle();

    expect([heard(seven), heard(eight)]).toEqual([[], []]);
    expect(log.warnings.join()).toMatch(/CardsController\.rename\(\).*boardId/);

    await read(eight, '/boards/8/cards');
    await app.request('PATCH', '/cards/5/title', { title: 'known again' });
    await app.settle();
    expect([heard(seven), heard(eight)]).toEqual([[], ['updated 5']]);
  });

  it('is forgotten of a record that is gone, so that another of its id is where it says', async () => {
    const { app, seven, eight } = await boards();
    const cards = app.channel<Card>('card');

    await cards.publishDestroy(5);
    await cards.publishUpdate(5, { title: 'of nobody' });
    await cards.publishCreate({ id: 5, boardId: 8 });
    await app.settle();

    expect(heard(seven)).toEqual(['destroyed 5']);
    expect(heard(eight)).toEqual(['created 5']);
  });
});
