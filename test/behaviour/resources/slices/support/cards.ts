import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Injectable,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  type Type,
} from '@nestjs/common';
import {
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
  Unsubscribe,
  type PublisherOptions,
  type ResourceOptions,
} from '../../../../../src/index.js';
import type { TestClient } from '../../../../support/client.js';

export interface Card {
  id: number;
  boardId: number | null;
  title?: string;
}

/** The table of cards: 5 and 6 on board 7, 9 on board 8. */
@Injectable()
export class Cards {
  readonly rows = new Map<number, Card>([
    [5, { id: 5, boardId: 7 }],
    [6, { id: 6, boardId: 7 }],
    [9, { id: 9, boardId: 8 }],
  ]);

  of(boardId: number): Card[] {
    return [...this.rows.values()].filter((card) => card.boardId === boardId);
  }

  save(card: Card): Card {
    this.rows.set(card.id, card);
    return card;
  }

  get(id: number): Card {
    return this.rows.get(id) ?? { id, boardId: null };
  }
}

/** Controllers of cards, which are in boards. */
export function cardControllers(options: ResourceOptions = {}, change: PublisherOptions = {}): Type[] {
  @Controller('boards/:boardId/cards')
  @Resourceful('card', { slices: ['boardId'], idType: 'number', ...options })
  class BoardCardsController {
    constructor(private readonly cards: Cards) {}

    @Get()
    @SubscribeOnRead({ watch: true })
    find(@Param('boardId', ParseIntPipe) boardId: number) {
      return this.cards.of(boardId);
    }

    @Post()
    @PublishOnCreate()
    create(@Param('boardId', ParseIntPipe) boardId: number, @Body() body: { id: number }) {
      return this.cards.save({ ...body, boardId });
    }

    @Delete('watch')
    @HttpCode(204)
    @Unsubscribe({ watch: true, id: () => 0 })
    leave(@Param('boardId', ParseIntPipe) _boardId: number) {}
  }

  @Controller('cards')
  @Resourceful('card')
  class CardsController {
    constructor(private readonly cards: Cards) {}

    @Get()
    @SubscribeOnRead({ watch: true, slice: false })
    all() {
      return [...this.cards.rows.values()];
    }

    @Get(':id')
    @SubscribeOnRead()
    findOne(@Param('id', ParseIntPipe) id: number) {
      return this.cards.get(id);
    }

    @Patch(':id')
    @PublishOnUpdate(change)
    update(@Param('id', ParseIntPipe) id: number, @Body() body: Partial<Card>) {
      return this.cards.save({ ...this.cards.get(id), ...body });
    }

    @Patch(':id/title')
    @PublishOnUpdate(change)
    rename(@Param('id', ParseIntPipe) id: number, @Body() { title }: { title: string }) {
      this.cards.save({ ...this.cards.get(id), title });
      return { id, title };
    }

    @Delete(':id')
    @PublishOnDestroy(change)
    remove(@Param('id', ParseIntPipe) id: number) {
      this.cards.rows.delete(id);
    }
  }
  return [BoardCardsController, CardsController];
}

/** Reads a route over the client's own socket. */
export async function read({ socket }: TestClient, url: string, method = 'get'): Promise<unknown> {
  const response: unknown = await socket.timeout(60_000).emitWithAck(method, { url });
  const { statusCode, body } = response as { statusCode: number; body?: unknown };
  if (statusCode >= 300) throw new Error(`${url} was answered with ${statusCode}.`);
  return body;
}

/** What was heard of cards: the verb and the id of each message. */
export function heard(client: TestClient, resource = 'card'): string[] {
  return client.heard(resource).map((message) => {
    const { verb, id } = message as { verb: string; id: number };
    return `${verb} ${id}`;
  });
}
