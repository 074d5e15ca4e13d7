import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  Injectable,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  UseGuards,
} from '@nestjs/common';
import {
  belongsTo,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  type SocketsModuleOptions,
  SubscribeOnRead,
} from '../../../../../src/index.js';
import { start, type TestApplication } from '../../../../support/application.js';
import { Gate } from '../../../../support/gate.js';

export interface Card {
  id: number;
  boardId: number | null;
  title: string;
  owner?: { id: number; name: string };
}

/** The table of cards: 5 and 6 on board 7, 9 on board 8. */
@Injectable()
export class Cards {
  readonly rows = new Map<number, Card>(
    [
      { id: 5, boardId: 7, title: 'five', owner: { id: 1, name: 'ada' } },
      { id: 6, boardId: 7, title: 'six' },
      { id: 9, boardId: 8, title: 'nine' },
    ].map((card) => [card.id, card]),
  );
  private held: { read: Gate; goOn: Gate } | undefined;

  /** Keeps each handler that has read its answer from giving it, until the function that it returns is called. */
  hold(): { read: Promise<void>; goOn: () => void } {
    const held = { read: new Gate(), goOn: new Gate() };
    this.held = held;
    return {
      read: held.read.opened,
      goOn: () => {
        this.held = undefined;
        held.goOn.open();
      },
    };
  }

  async answer<T>(found: T): Promise<T> {
    const copy = structuredClone(found);
    const { held } = this;
    held?.read.open();
    await held?.goOn.opened;
    return copy;
  }

  where(fits: (card: Card) => boolean): Promise<Card[]> {
    return this.answer([...this.rows.values()].filter(fits));
  }
}

/** Knows a caller by the header `x-user`, and refuses Mallory. */
@Injectable()
class Doorkeeper implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (headers['x-user'] === 'mallory') throw new ForbiddenException();
    return true;
  }
}

@Controller('boards/:boardId/cards')
@Resourceful('card', {
  slices: ['boardId'],
  idType: 'number',
  verbs: ['moved'],
  relations: { owner: belongsTo('user', 'cards') },
})
class BoardCardsController {
  constructor(private readonly cards: Cards) {}

  @Get()
  @SubscribeOnRead({ watch: true })
  find(@Param('boardId', ParseIntPipe) boardId: number) {
    return this.cards.where((card) => card.boardId === boardId);
  }

  @Get('only/:verb')
  @SubscribeOnRead({ watch: ['created'], verbs: 'created' })
  created(@Param('boardId', ParseIntPipe) boardId: number) {
    return this.cards.where((card) => card.boardId === boardId);
  }
}

@Controller('cards')
@Resourceful('card')
@UseGuards(Doorkeeper)
class CardsController {
  constructor(private readonly cards: Cards) {}

  @Get()
  @SubscribeOnRead({ watch: 'all' })
  all() {
    return this.cards.where(() => true);
  }

  @Get('lobby')
  @SubscribeOnRead({ watch: ['created'], slice: false })
  lobby() {
    return this.cards.where(({ id }) => id === 5);
  }

  @Get('several/:ids')
  @SubscribeOnRead()
  several(@Param('ids') ids: string) {
    const wanted = ids.split(',').map(Number);
    return this.cards.where(({ id }) => wanted.includes(id));
  }

  @Get('of/:id/with-owner')
  @SubscribeOnRead({ relations: true })
  withOwner(@Param('id', ParseIntPipe) id: number) {
    return this.cards.answer(this.cards.rows.get(id));
  }

  @Get('of/:id/and-notes')
  @SubscribeOnRead({ select: 'card' })
  @SubscribeOnRead('note', { select: 'notes', watch: true })
  async andNotes(@Param('id', ParseIntPipe) id: number) {
    return { card: await this.cards.answer(this.cards.rows.get(id)), notes: [{ id: 3 }] };
  }

  @Get('of/:id/when')
  @SubscribeOnRead({ when: () => false })
  unmeant(@Param('id', ParseIntPipe) id: number) {
    return this.cards.answer(this.cards.rows.get(id));
  }

  @Get(':id')
  @SubscribeOnRead()
  one(@Param('id', ParseIntPipe) id: number) {
    return this.cards.answer(this.cards.rows.get(id));
  }

  @Get(':id/updates')
  @SubscribeOnRead({ verbs: ['updated'] })
  updates(@Param('id', ParseIntPipe) id: number) {
    return this.cards.answer(this.cards.rows.get(id));
  }

  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number, @Body() changes: object) {
    return { id, boardId: 7, ...changes };
  }

  /** Subscribes whoever has changed it, who is to hear of it, too. */
  @Post(':id/subscribe')
  @PublishOnUpdate({ subscribe: true, mirror: true })
  async subscribe(@Param('id', ParseIntPipe) id: number) {
    return this.cards.answer({ id, boardId: 7, title: 'subscribed' });
  }
}

@Controller('users')
@Resourceful('user')
class UsersController {}

@Controller('notes')
@Resourceful('note')
class NotesController {}

/** A resource with a policy, and its routes. */
@Controller('secrets')
@Resourceful('secret', {
  authorize: { canSubscribe: (_user: unknown, { id }: { id?: unknown }) => id !== 1 },
})
class SecretsController {
  constructor(private readonly cards: Cards) {}

  @Get(':id')
  @SubscribeOnRead()
  one(@Param('id', ParseIntPipe) id: number) {
    return this.cards.answer({ id });
  }
}

export const controllers = [BoardCardsController, CardsController, UsersController, NotesController, SecretsController];

export const startWithCards = (
  options: SocketsModuleOptions = {},
  more: Parameters<typeof start>[0] = {},
): Promise<TestApplication> =>
  start({
    imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.user ?? true, ...options })],
    controllers,
    ...more,
    providers: [Cards, ...(more.providers ?? [])],
  });
