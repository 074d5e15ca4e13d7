import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { Resourceful, type ResourceChannel, SubscribeOnRead } from '../../../../../src/index.js';
import type { TestClient } from '../../../../support/client.js';
import type { Subject } from './outbox.js';

export interface Card {
  id: number;
  boardId?: number;
  title?: string;
  version?: number;
}

@Controller()
@Resourceful('card', { idType: 'number', slices: ['boardId'] })
export class BoardsController {
  @Get('cards/:id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): Card {
    return { id, boardId: 7 };
  }

  @Get('boards/:boardId/cards')
  @SubscribeOnRead({ watch: true })
  ofBoard(@Param('boardId', ParseIntPipe) boardId: number): Card[] {
    return boardId === 7 ? [{ id: 1, boardId }] : [];
  }
}

@Controller()
@Resourceful('card', { idType: 'number', slices: ['boardId'], version: 'version' })
export class VersionedBoardsController extends BoardsController {}

export const cardsOf = ({ app, other }: Subject): ResourceChannel<Card>[] =>
  [app, other].map((one) => one.channel<Card>('card'));

/** Readers of boards 7 and 8, at both servers, which therefore know that card 1 is on board 7. */
export async function readBoards({ app, other }: Subject): Promise<Array<{ seven: TestClient; eight: TestClient }>> {
  const readers = [app, other].map(async (one) => {
    const [seven, eight] = [await one.connect(), await one.connect()];
    await seven.socket.emitWithAck('get', { url: '/boards/7/cards' });
    await eight.socket.emitWithAck('get', { url: '/boards/8/cards' });
    return { seven, eight };
  });
  return Promise.all(readers);
}

/** What a client was told of cards, in words. */
export function toldOf(client: TestClient): string[] {
  return client.heard('card').map((message) => {
    const { verb, id, data } = message as { verb: string; id: unknown; data?: { title?: string } };
    return [verb, id, data?.title].filter((part) => part !== undefined).join(' ');
  });
}
