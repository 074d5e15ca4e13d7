import {
  Body,
  ConflictException,
  Controller,
  Delete,
  ForbiddenException,
  Get,
  Injectable,
  NotFoundException,
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
} from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';

export interface Card {
  id: number;
  title: string;
  version?: number;
}

/** The database, with three cards. */
@Injectable()
export class Cards {
  readonly all = new Map<number, Card>();
  reads = 0;
  isClosed = false;
  /** What a change waits for before it is answered. */
  before: (() => Promise<unknown>) | undefined;
  /** What a publication waits for. */
  beforePublishing: (() => Promise<unknown>) | undefined;

  constructor() {
    for (const title of ['a', 'b', 'c']) this.put(this.all.size + 1, { title });
  }

  /** Does what servers do with what they are sent: trims it, and counts its versions. */
  put(id: number, { title }: Partial<Card>): Card {
    if (title === 'refused') throw new ConflictException();
    const before = this.all.get(id);
    const card = { id, title: (title ?? before?.title ?? '').trim(), version: (before?.version ?? 0) + 1 };
    this.all.set(id, card);
    return card;
  }
}

/** @param mirror whether clients are sent their own changes */
function controllerOf(mirror: boolean): Type {
  const when = async (): Promise<boolean> => {
    await store?.beforePublishing?.();
    return true;
  };
  let store: Cards | undefined;

  @Controller('boards/:boardId/cards')
  @Resourceful('card', { idType: 'number', slices: ['boardId'] })
  class CardsController {
    constructor(private readonly cards: Cards) {
      store = cards;
    }

    @Get()
    @SubscribeOnRead({ watch: true })
    find(): Card[] {
      this.cards.reads++;
      if (this.cards.isClosed) throw new ForbiddenException();
      return [...this.cards.all.values()];
    }

    @Post()
    @PublishOnCreate({ mirror, when })
    async create(@Body() given: Partial<Card>): Promise<Card> {
      await this.cards.before?.();
      return this.cards.put(Math.max(0, ...this.cards.all.keys()) + 1, given);
    }

    @Patch(':id')
    @PublishOnUpdate({ mirror, when })
    async change(@Param('id', ParseIntPipe) id: number, @Body() given: Partial<Card>): Promise<Card> {
      await this.cards.before?.();
      if (!this.cards.all.has(id)) throw new NotFoundException();
      return this.cards.put(id, given);
    }

    @Delete(':id')
    @PublishOnDestroy({ mirror, when })
    remove(@Param('id', ParseIntPipe) id: number): Card {
      const card = this.cards.all.get(id);
      if (!card) throw new NotFoundException();
      this.cards.all.delete(id);
      return card;
    }
  }
  return CardsController;
}

export async function startCards({ mirror = false } = {}): Promise<{ app: TestApplication; cards: Cards }> {
  const app = await start({ controllers: [controllerOf(mirror)], providers: [Cards] });
  return { app, cards: app.get(Cards) };
}
