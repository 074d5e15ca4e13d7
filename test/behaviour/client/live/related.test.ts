import { Controller, Get } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Resourceful, SubscribeOnRead } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { eventually } from '../../../support/eventually.js';
import { client } from '../support/client.js';

interface Board {
  id: number;
  title: string;
  cardIds: number[];
}

const first: Board = { id: 1, title: 'first', cardIds: [10] };
const second: Board = { id: 2, title: 'second', cardIds: [] };

/** An application whose readers of boards watch for new ones only. */
async function startBoards(): Promise<{ app: TestApplication; boards: Board[]; reads: () => number }> {
  const boards = [first];
  let reads = 0;

  @Controller('boards')
  @Resourceful('board', { idType: 'number' })
  class BoardsController {
    @Get()
    @SubscribeOnRead({ watch: ['created'], slice: false })
    find(): Board[] {
      reads++;
      return boards;
    }
  }

  const app = await start({ controllers: [BoardsController] });
  return { app, boards, reads: () => reads };
}

describe('A live list', () => {
  it('shows the ids of what is related where it is told their field, without reading again', async () => {
    const { app, reads } = await startBoards();
    const live = client(app.url).live<Board[]>('/boards', { relations: { cards: 'cardIds' } });
    await live.ready();

    await app.channel('board').publishAdd(1, 'cards', 11);
    await eventually(() => expect(live.data?.[0].cardIds).toEqual([10, 11]));
    await app.channel('board').publishAdd(1, 'cards', 11);
    await app.channel('board').publishRemove(1, 'cards', 10);
    await eventually(() => expect(live.data?.[0].cardIds).toEqual([11]));

    expect(reads()).toBe(1);
  });

  it('is read again for those, if they stand under the name of the relation and it is not told so', async () => {
    const { app, boards, reads } = await startBoards();
    boards[0] = { ...first, cards: [10] } as Board;
    const live = client(app.url).live<Board[]>('/boards');
    await live.ready();

    boards[0] = { ...first, cards: [10, 11] } as Board;
    await app.channel('board').publishAdd(1, 'cards', 11);

    await eventually(() => expect(live.data?.[0]).toMatchObject({ cards: [10, 11] }));
    expect(reads()).toBe(2);
  });

  it('that watches for some verbs only shows what is new, and what becomes of it', async () => {
    const { app, boards } = await startBoards();
    const live = client(app.url).live<Board[]>('/boards', { relations: { cards: 'cardIds' } });
    await live.ready();

    boards.push(second);
    await app.channel<Board>('board').publishCreate(second);
    await eventually(() => expect(live.data).toEqual([first, second]));

    await app.channel('board').publishAdd(2, 'cards', 20);
    await eventually(() => expect(live.data?.[1].cardIds).toEqual([20]));
  });

  it('that is closed is not opened again', async () => {
    const { app, reads } = await startBoards();
    const live = client(app.url).live<Board[]>('/boards');
    await live.ready();
    live.close();

    await expect(live.reload()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(live.ready()).rejects.toMatchObject({ code: 'CLOSED' });
    expect(reads()).toBe(1);
  });
});
