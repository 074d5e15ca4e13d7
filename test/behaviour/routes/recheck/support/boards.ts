import {
  Body,
  Controller,
  Get,
  HttpException,
  Injectable,
  Param,
  ParseIntPipe,
  Patch,
  Req,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { EventEmitter, once } from 'node:events';
import { PublishOnUpdate, Resourceful, SubscribeOnRead } from '../../../../../src/index.js';

export interface Card {
  id: number;
  boardId: number;
}

interface ReadRequest {
  isRecheck?: boolean;
  headers: Record<string, string | undefined>;
  url: string;
}

/** What the application answers, as a test changes it, and what it was asked. */
@Injectable()
export class Desk {
  cards: Card[] = [
    { id: 1, boardId: 7 },
    { id: 2, boardId: 7 },
    { id: 3, boardId: 8 },
  ];
  /** The status that reads fail with, if they do. */
  failure: number | undefined;
  /** Rechecks wait until they are let go. */
  isHeld = false;
  running = 0;
  mostAtOnce = 0;
  readonly asked: ReadRequest[] = [];
  private readonly events = new EventEmitter().setMaxListeners(0);

  get rechecks(): ReadRequest[] {
    return this.asked.filter(({ isRecheck }) => isRecheck);
  }

  async begin(request: ReadRequest): Promise<void> {
    this.asked.push(request);
    this.events.emit('asked');
    if (this.isHeld && request.isRecheck) {
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.running);
      await once(this.events, 'release');
      this.running--;
    }
    if (this.failure !== undefined) throw new HttpException('It fails.', this.failure);
  }

  release(): void {
    this.isHeld = false;
    this.events.emit('release');
  }

  /** Resolves when there have been so many rechecks. */
  async rechecked(count: number): Promise<void> {
    while (this.rechecks.length < count) await once(this.events, 'asked');
  }

  /** Resolves when as many more have begun, so that one which was running before is over. */
  recheckedAgain(): Promise<void> {
    return this.rechecked(this.rechecks.length + 2);
  }
}

/** Lets in whom the token says, as far as boards are concerned: those in it. */
@Injectable()
export class BoardGuard implements CanActivate {
  readonly lost = new Set<number>();

  canActivate(context: ExecutionContext): boolean {
    const { params } = context.switchToHttp().getRequest<{ params: { boardId?: string } }>();
    return !this.lost.has(Number(params.boardId));
  }
}

@Controller()
@UseGuards(BoardGuard)
@Resourceful('card', { slices: ['boardId'] })
class CardsController {
  constructor(private readonly desk: Desk) {}

  @Get('boards/:boardId/cards')
  @SubscribeOnRead({ watch: true, recheck: 50 })
  async findOfBoard(@Param('boardId', ParseIntPipe) boardId: number, @Req() request: ReadRequest): Promise<Card[]> {
    await this.desk.begin(request);
    return this.desk.cards.filter((card) => card.boardId === boardId);
  }

  @Get('cards')
  @SubscribeOnRead({ recheck: 50 })
  async find(@Req() request: ReadRequest): Promise<Card[]> {
    await this.desk.begin(request);
    return this.desk.cards;
  }

  @Get('boards/:boardId/cards/:id')
  @SubscribeOnRead({ recheck: 50 })
  async findOne(@Param('id', ParseIntPipe) id: number, @Req() request: ReadRequest): Promise<Card> {
    await this.desk.begin(request);
    const found = this.desk.cards.find((card) => card.id === id);
    if (!found) throw new HttpException('There is no such card.', 404);
    return found;
  }

  @Get('rarely/:id')
  @SubscribeOnRead({ recheck: true })
  async findRarely(@Param('id', ParseIntPipe) id: number, @Req() request: ReadRequest): Promise<object> {
    await this.desk.begin(request);
    return { id };
  }

  @Get('now-and-then/:id')
  @SubscribeOnRead({ recheck: '1h' })
  async findNowAndThen(@Param('id', ParseIntPipe) id: number, @Req() request: ReadRequest): Promise<object> {
    await this.desk.begin(request);
    return { id };
  }

  @Patch('cards/:id')
  @PublishOnUpdate({ mirror: true })
  update(@Param('id', ParseIntPipe) id: number, @Body() changes: object): object {
    return { id, ...changes };
  }
}

export const boards = { controllers: [CardsController], providers: [Desk, BoardGuard] };
