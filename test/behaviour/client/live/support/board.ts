import {
  Body,
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
  Query,
} from '@nestjs/common';
import {
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
} from '../../../../../src/index.js';
import { start, type ApplicationOptions, type TestApplication } from '../../../../support/application.js';

export interface Card {
  id: number;
  boardId: number;
  title: string;
  done: boolean;
  position: number;
  labels: number[];
  /** Only where two servers may change a card at once. */
  version?: number;
}

/** A title that no card may have. */
export const REFUSED = 'refused';

/** The database of one test: all servers have the same. */
@Injectable()
export class Cards {
  readonly all = new Map<number, Card>();
  /** How often each route was called, by its path. */
  readonly calls: string[] = [];
  readonly closed = new Set<number>();
  /** What a read waits for after it has read. */
  before: (() => Promise<unknown> | undefined) | undefined;
  /** What a change waits for. */
  beforeChange: ((given: Partial<Card>) => Promise<unknown> | undefined) | undefined;
  /** Every state of every record, as JSON. */
  readonly history = new Set<string>();
  isVersioned = false;
  /** The last id. */
  last = 0;

  put(given: Partial<Card>): Card {
    const id = given.id ?? ++this.last;
    this.last = Math.max(this.last, id);
    const before = this.all.get(id);
    const first = { boardId: 7, title: 'a', done: false, position: id, labels: [] };
    const card: Card = { ...first, ...before, ...given, id };
    if (this.isVersioned) card.version = (before?.version ?? 0) + 1;
    this.all.set(id, card);
    this.history.add(textOf(card));
    return card;
  }

  list(belongs: (card: Card) => boolean): Card[] {
    return [...this.all.values()].filter(belongs).sort(byPosition);
  }

  one(id: number): Card {
    const card = this.all.get(id);
    if (!card) throw new NotFoundException();
    return card;
  }

  take(id: number): Card {
    const card = this.one(id);
    this.all.delete(id);
    return card;
  }

  count(call: string): number {
    return this.calls.filter((one) => one === call).length;
  }
}

/** The same for equal cards, in whatever order their fields are. */
export function textOf(card: Card): string {
  return JSON.stringify(Object.entries(card).sort(([one], [other]) => (one < other ? -1 : 1)));
}

export const byPosition = (one: Card, other: Card): number => one.position - other.position || one.id - other.id;

/** The cards that a body shows, in whatever shape. */
export function rowsOf(data: unknown): Card[] {
  return [(data as { items?: Card[] }).items ?? data].flat() as Card[];
}

/** Returns the same with other rows. */
export function withRows(data: unknown, change: (rows: Card[]) => Card[]): unknown {
  if (Array.isArray(data)) return change(data as Card[]);
  const { items, ...rest } = data as { items?: Card[] };
  return items ? { ...rest, items: change(items) } : change([data as Card])[0];
}

@Controller()
@Resourceful('card', { idType: 'number', slices: ['boardId'], select: 'items' })
export class CardsController {
  constructor(private readonly cards: Cards) {}

  @Get('boards/:boardId/cards')
  @SubscribeOnRead({ watch: true })
  async list(@Param('boardId', ParseIntPipe) boardId: number, @Query('done') done?: string): Promise<Card[]> {
    return this.read(`list ${boardId}`, boardId, (card) => done === undefined || String(card.done) === done);
  }

  @Get('boards/:boardId/page')
  @SubscribeOnRead({ watch: true })
  async page(@Param('boardId', ParseIntPipe) boardId: number): Promise<{ items: Card[]; total: number }> {
    const items = await this.read(`page ${boardId}`, boardId, () => true);
    return { items, total: items.length };
  }

  /** Subscribes to the cards in it, and to no others. */
  @Get('open')
  @SubscribeOnRead()
  async open(): Promise<Card[]> {
    this.cards.calls.push('open');
    return this.cards.list(({ done }) => !done);
  }

  @Get('cards/:id')
  @SubscribeOnRead()
  async one(@Param('id', ParseIntPipe) id: number): Promise<Card> {
    this.cards.calls.push(`one ${id}`);
    const card = this.cards.one(id);
    await this.cards.before?.();
    return card;
  }

  @Post('cards')
  @PublishOnCreate()
  create(@Body() given: Partial<Card>): Card | Promise<Card> {
    return this.whenReady(given, () => this.cards.put(given));
  }

  @Patch('cards/:id')
  @PublishOnUpdate()
  change(@Param('id', ParseIntPipe) id: number, @Body() given: Partial<Card>): Card | Promise<Card> {
    return this.write(id, given);
  }

  /** The same for who is told of its own change. */
  @Patch('mirrored/cards/:id')
  @PublishOnUpdate({ mirror: true })
  changeMirrored(@Param('id', ParseIntPipe) id: number, @Body() given: Partial<Card>): Card | Promise<Card> {
    return this.write(id, given);
  }

  @Post('mirrored/cards')
  @PublishOnCreate({ mirror: true })
  createMirrored(@Body() given: Partial<Card>): Card | Promise<Card> {
    return this.create(given);
  }

  @Delete('cards/:id')
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) id: number): Card | Promise<Card> {
    return this.whenReady({ id }, () => this.cards.take(id));
  }

  @Delete('mirrored/cards/:id')
  @PublishOnDestroy({ mirror: true })
  removeMirrored(@Param('id', ParseIntPipe) id: number): Card | Promise<Card> {
    return this.remove(id);
  }

  private write(id: number, given: Partial<Card>): Card | Promise<Card> {
    return this.whenReady(given, () => {
      if (given.title === REFUSED) throw new ForbiddenException();
      this.cards.one(id);
      return this.cards.put({ ...given, id });
    });
  }

  private whenReady(given: Partial<Card>, change: () => Card): Card | Promise<Card> {
    const ready = this.cards.beforeChange?.(given);
    return ready ? ready.then(change) : change();
  }

  private async read(call: string, boardId: number, belongs: (card: Card) => boolean): Promise<Card[]> {
    this.cards.calls.push(call);
    if (this.cards.closed.has(boardId)) throw new ForbiddenException();
    const found = this.cards.list((card) => card.boardId === boardId && belongs(card));
    await this.cards.before?.();
    return found;
  }
}

/** An application with three cards on board 7 and one on board 8. */
export async function startBoard(
  options: ApplicationOptions = {},
): Promise<{ app: TestApplication; cards: Cards; write: Write }> {
  const app = await start({ controllers: [CardsController], providers: [Cards], ...options });
  const cards = app.get(Cards);
  fill(cards);
  return { app, cards, write: writer(app) };
}

export function fill(cards: Cards): void {
  for (const title of ['a', 'b', 'c']) cards.put({ title });
  cards.put({ title: 'd', boardId: 8 });
}

export type Write = (method: string, path: string, body?: unknown) => Promise<void>;

/** Changes cards over HTTP, as somebody who has no socket. */
function writer(app: TestApplication): Write {
  return async (method, path, body) => {
    const { status } = await app.request(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status}`);
  };
}

/** Everything that a live query shows, from now on. */
export function record<T>(live: { subscribe(listener: (state: T) => void): () => void; getSnapshot(): T }): T[] {
  const states = [live.getSnapshot()];
  live.subscribe((state) => void states.push(state));
  return states;
}
