import {
  Body,
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type NestInterceptor,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  UseInterceptors,
} from '@nestjs/common';
import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  PublishOnCreate,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SocketUser,
  SubscribeOnRead,
  type AuthenticateFunction,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { ask, receivedOf } from './support/people.js';

interface User {
  id: string;
  role: string;
  /** The boards whose notes are shown to members. */
  boards: number[];
}

interface Card {
  id: number;
  boardId: number;
  note?: string;
}

/** The cards of two boards: 5 on board 7, and none on board 8. */
@Injectable()
class Cards {
  readonly all = new Map<number, Card>([[5, { id: 5, boardId: 7, note: 'CANARY-note' }]]);

  save(card: Card): Card {
    const saved = { note: 'CANARY-note', ...this.all.get(card.id), ...card };
    this.all.set(card.id, saved);
    return saved;
  }

  shownTo(user: User, boardId: number): Card[] {
    const cards = [...this.all.values()].filter((card) => card.boardId === boardId);
    const showsNotes = user.role === 'admin' || user.boards.includes(boardId);
    return showsNotes ? cards : cards.map(({ note: _note, ...card }) => card);
  }
}

@Injectable()
class WithoutNote implements NestInterceptor<Card> {
  intercept(_context: ExecutionContext, next: CallHandler<Card>) {
    return next.handle().pipe(map(({ note: _note, ...card }) => card));
  }
}

@Controller()
@Resourceful('card', { slices: ['boardId'], idType: 'number' })
class CardsController {
  constructor(private readonly cards: Cards) {}

  @Get('boards/:boardId/cards')
  @SubscribeOnRead({ watch: true })
  find(@Param('boardId', ParseIntPipe) boardId: number, @SocketUser() user: User) {
    return this.cards.shownTo(user, boardId);
  }

  @Get('cards/:id')
  @SubscribeOnRead()
  @UseInterceptors(WithoutNote)
  one(@Param('id', ParseIntPipe) id: number) {
    return this.cards.all.get(id);
  }

  @Post('cards')
  @PublishOnCreate()
  create(@Body() card: Card) {
    return this.cards.save(card);
  }

  @Patch('cards/:id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number, @Body() card: Card) {
    return this.cards.save({ ...card, id });
  }
}

const byTicket: AuthenticateFunction = ({ auth }) => auth.user as User;

async function startWithCards() {
  const app = await start({
    imports: [SocketsModule.forRoot({ authenticate: byTicket })],
    controllers: [CardsController],
    providers: [Cards],
  });
  const connect = (id: string, role: string, boards: number[] = []) =>
    app.connect({ auth: { user: { id, role, boards } } });
  return { app, connect };
}

describe('Whoever has read an empty list', () => {
  it('is not sent what the same read has shown of another slice', async () => {
    const { app, connect } = await startWithCards();
    const [ada, admin] = [await connect('ada', 'user', [7]), await connect('root', 'admin')];
    expect(await ask(ada, 'get', '/boards/7/cards')).toHaveLength(1);
    expect(await ask(ada, 'get', '/boards/8/cards')).toEqual([]);

    await ask(admin, 'post', '/cards', { id: 6, boardId: 8 });
    await app.settle();

    expect(receivedOf(ada, 'card')).toEqual([{ verb: 'created', id: 6, data: { id: 6 }, more: true }]);
  });

  it('is not sent what the same read had shown before the same user authenticated again with less', async () => {
    const { app, connect } = await startWithCards();
    const [ada, admin] = [await connect('ada', 'admin'), await connect('root', 'admin')];
    await ask(ada, 'get', '/boards/7/cards');
    app.get(Cards).all.clear();

    const user = { id: 'ada', role: 'user', boards: [] };
    expect(await ada.socket.emitWithAck('reauthenticate', { user })).toMatchObject({ statusCode: 204 });
    expect(await ask(ada, 'get', '/boards/7/cards')).toEqual([]);
    await ask(admin, 'post', '/cards', { id: 6, boardId: 7 });
    await app.settle();

    expect(receivedOf(ada, 'card')).toEqual([{ verb: 'created', id: 6, data: { id: 6 }, more: true }]);
  });

  it('is sent what the same read of the same slice has shown to it before', async () => {
    const { app, connect } = await startWithCards();
    const [tab, later, admin] = [
      await connect('ada', 'user', [7]),
      await connect('ada', 'user', [7]),
      await connect('root', 'admin'),
    ];
    await ask(tab, 'get', '/boards/7/cards');
    app.get(Cards).all.clear();
    await ask(later, 'get', '/boards/7/cards');

    await ask(admin, 'post', '/cards', { id: 6, boardId: 7 });
    await app.settle();

    const data = { id: 6, boardId: 7, note: 'CANARY-note' };
    expect(receivedOf(later, 'card')).toEqual([{ verb: 'created', id: 6, data }]);
  });
});

describe('What a read of a record has kept back', () => {
  it('is not sent because the record enters a list that shows it', async () => {
    const { app, connect } = await startWithCards();
    const [ada, admin] = [await connect('ada', 'user', [7, 8]), await connect('root', 'admin')];
    app.get(Cards).save({ id: 6, boardId: 8 });
    await ask(ada, 'get', '/cards/5');
    await ask(ada, 'get', '/boards/8/cards');

    await ask(admin, 'patch', '/cards/5', { boardId: 8 });
    await app.settle();

    const data = { id: 5, boardId: 8 };
    expect(receivedOf(ada, 'card')).toEqual([
      { verb: 'updated', id: 5, data, more: true },
      { verb: 'entered', id: 5, data, more: true },
    ]);
  });
});
