import { Body, Controller, Delete, Get, HttpCode, Param, ParseIntPipe, Patch, Post, Put, Query } from '@nestjs/common';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  InvalidPublisherError,
  JoinRoom,
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  type PublisherOptions,
  PublishOnUpdate,
  Resourceful,
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { expectRefusal } from '../../../support/refusal.js';

const to = 'board:{boardId}';

@Controller('boards/:boardId/cards')
@Resourceful('card')
class CardsController {
  @Get()
  @JoinRoom(to)
  join() {
    return [];
  }

  @Post()
  @PublishOnCreate({ to: [to, 'lobby'] })
  create(@Body() card: object) {
    return card;
  }

  @Post('several')
  @PublishOnCreate({ to })
  createSeveral(@Body() cards: object[]) {
    return cards;
  }

  @Patch(':id')
  @PublishOnUpdate({ to })
  update(@Param('id', ParseIntPipe) id: number, @Body() changes: object) {
    return { id, ...changes };
  }

  @Patch(':id/moved')
  @PublishOnUpdate({ to: 'board:{to}' })
  move(@Param('id', ParseIntPipe) id: number, @Query('to', ParseIntPipe) _to: number) {
    return { id };
  }

  @Patch(':id/elsewhere')
  @PublishOnUpdate({ to: 'list:{listId}' })
  elsewhere(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }

  @Delete(':id')
  @HttpCode(204)
  @PublishOnDestroy({ to, previous: () => ({ id: 5, boardId: 8 }) })
  remove(@Param('id', ParseIntPipe) _id: number) {}

  @Put(':id/labels/:labelId')
  @PublishOnAdd('labels', { to })
  label(@Param('id', ParseIntPipe) id: number) {
    return { id };
  }
}

describe('A template in the option "to" reaches the room', () => {
  let app: TestApplication;
  let logs: Logs;
  let seven: TestClient;
  let eight: TestClient;

  beforeEach(async () => {
    logs = new Logs();
    app = await start({ controllers: [CardsController], main: logs.open });
    [seven, eight] = [await app.connect(), await app.connect()];
    // As a route with @JoinRoom names it.
    await seven.socket.emitWithAck('get', { url: '/boards/7/cards' });
    await eight.socket.emitWithAck('get', { url: '/boards/8/cards' });
  });

  const heard = async (): Promise<number[][]> => {
    await app.settle();
    return [seven, eight].map((client) => client.heard('card').map((message) => (message as { id: number }).id));
  };

  it('of the record in the response, whatever the path says, beside rooms without placeholders', async () => {
    await app.sockets.join(eight.id, 'lobby');

    await app.request('POST', '/boards/7/cards', { id: 1, boardId: 7 });
    await app.request('POST', '/boards/7/cards', { id: 2, boardId: 8 });

    expect(await heard()).toEqual([[1], [1, 2]]);
  });

  it('of each record of several', async () => {
    await app.request('POST', '/boards/7/cards/several', [
      { id: 1, boardId: 7 },
      { id: 2, boardId: 8 },
    ]);

    expect(await heard()).toEqual([[1], [2]]);
  });

  it('of the path parameter, where the record does not say', async () => {
    await app.request('PATCH', '/boards/7/cards/1', { title: 'Dig' });
    await app.request('PUT', '/boards/8/cards/2/labels/3');

    expect(await heard()).toEqual([[1], [2]]);
  });

  it('of a query parameter that the handler takes, after its pipes', async () => {
    await app.request('PATCH', '/boards/7/cards/1/moved?to=08');

    expect(await heard()).toEqual([[], [1]]);
  });

  it('in which a record that is gone was, whatever the path says', async () => {
    await app.request('DELETE', '/boards/7/cards/5');

    expect(await heard()).toEqual([[], [5]]);
  });

  it('and no other, whatever a value contains', async () => {
    await app.sockets.join(eight.id, ['board:7/secret', 'board:{boardId}']);

    await app.request('POST', '/boards/7/cards', { id: 1, boardId: '7/secret' });

    expect(await heard()).toEqual([[], []]);
  });

  it('or none without a value, which the log says once; subscribers hear of it all the same', async () => {
    await app.channel('card').subscribe(seven.id, 1);

    await app.request('PATCH', '/boards/7/cards/1/elsewhere');
    await app.request('PATCH', '/boards/7/cards/1/elsewhere');

    expect(await heard()).toEqual([[1, 1], []]);
    expect(logs.naming('CardsController.elsewhere()').warnings).toEqual([
      expect.stringMatching(
        /an additional room was left out.*\{listId\} of "list:\{listId\}".*to: \(record, context\)/,
      ),
    ]);
  });
});

describe('At boot, the option "to" is refused', () => {
  const wrong: Array<[option: unknown, words: string[]]> = [
    ['{boardId}', ['placeholders only', "'board:{boardId}'"]],
    ['board:{board.id}', ['its braces do not enclose names']],
    [['lobby', 'board:{'], ['its braces']],
    ['resource:{kind}', ['"resource:"']],
    [5, ['the name of a room', "'board:{boardId}'", 'or a function']],
    ['', ['the name of a room']],
    [[{}], ['the name of a room']],
  ];
  it.each(wrong)('%j', async (option, words) => {
    @Controller('cards')
    @Resourceful('card')
    class WrongController {
      @Post()
      @PublishOnCreate({ to: option } as PublisherOptions)
      create() {
        return { id: 1 };
      }
    }

    await expectRefusal(
      start({ controllers: [WrongController] }),
      InvalidPublisherError,
      'INVALID_PUBLISHER',
      'WrongController.create()',
      'the option "to"',
      ...words,
    );
  });
});
