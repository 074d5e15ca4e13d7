import { Controller, Get, Injectable, NotFoundException, Param, ParseIntPipe } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../src/index.js';
import type { RepeatedResponse, SocketsClient } from '../../../src/front-ends/client/index.js';
import { start, type ApplicationOptions, type TestApplication } from '../../support/application.js';
import { Gate } from '../../support/gate.js';
import { client, failure, reaches } from './support/client.js';
import { Line } from './support/line.js';

interface Card {
  id: number;
}

@Injectable()
class Cards {
  readonly list: Card[] = [{ id: 5 }, { id: 6 }];
  /** How often each path was read. */
  readonly reads: string[] = [];
  /** Reads of these paths wait. */
  readonly gates = new Map<string, Gate>();

  async read<T>(path: string, answer: T): Promise<T> {
    this.reads.push(path);
    await this.gates.get(path)?.opened;
    return answer;
  }
}

@Controller('cards')
@Resourceful('card', { idType: 'number' })
class CardsController {
  constructor(private readonly cards: Cards) {}

  /** Subscribes to the cards that there are, and watches nothing. */
  @Get()
  @SubscribeOnRead()
  find(): Promise<Card[]> {
    return this.cards.read('/cards', this.cards.list);
  }

  @Get('watched')
  @SubscribeOnRead({ watch: 'all' })
  watch(): Promise<Card[]> {
    return this.cards.read('/cards/watched', this.cards.list);
  }

  /** Shows ids by which the cards cannot be known. */
  @Get('enveloped')
  @SubscribeOnRead({ select: 'cards' })
  envelope(): Promise<object> {
    return this.cards.read('/cards/enveloped', { id: 99, cards: this.cards.list });
  }

  @Get('nothing')
  none(): Promise<string> {
    return this.cards.read('/cards/nothing', 'nothing');
  }

  @Get(':id')
  @SubscribeOnRead()
  async findOne(@Param('id', ParseIntPipe) id: number): Promise<Card> {
    const card = await this.cards.read(`/cards/${id}`, { id });
    if (id > 100) throw new NotFoundException();
    return card;
  }
}

/** A part of a page, as a hook of a front end mounts it. */
class Part {
  private readonly abort = new AbortController();
  readonly response: Promise<RepeatedResponse>;

  constructor(
    private readonly sockets: SocketsClient,
    url: string,
    private readonly ids?: number[],
  ) {
    this.response = sockets.get(url, undefined, { signal: this.abort.signal, repeat: () => undefined });
    this.response.catch(() => undefined);
  }

  async unmount(): Promise<void> {
    this.abort.abort();
    await this.sockets.unsubscribe('card', this.ids);
  }
}

async function startCards(options: ApplicationOptions = {}): Promise<Stage> {
  const app = await start({ controllers: [CardsController], providers: [Cards], ...options });
  return new Stage(app, client(app.url));
}

/** One client, and what it hears. */
class Stage {
  readonly heard: unknown[] = [];
  readonly cards: Cards;

  constructor(
    readonly app: TestApplication,
    readonly sockets: SocketsClient,
  ) {
    sockets.on('card', ({ id }) => this.heard.push(id));
    this.cards = app.get(Cards);
  }

  async mount(url: string, ids?: number[]): Promise<Part> {
    const part = new Part(this.sockets, url, ids);
    await part.response;
    return part;
  }

  /** Returns which of the cards, when they change, this client hears of. */
  async hears(...ids: number[]): Promise<unknown[]> {
    // Whatever is under way has been answered, and whatever follows from it has been sent.
    await this.sockets.get('/cards/nothing');
    await this.sockets.get('/cards/nothing');
    this.heard.length = 0;
    for (const id of ids) await this.app.channel('card').publishUpdate(id, { title: 'changed' });
    await this.sockets.get('/cards/nothing');
    return [...this.heard];
  }
}

/** Reads, and aborts that before it is answered. */
async function abortUnderWay({ cards, sockets }: Stage, url: string, options: object): Promise<void> {
  const gate = new Gate();
  cards.gates.set(url, gate);
  cards.reads.length = 0;
  const { signal, abort } = abortable();
  const ended = sockets.get(url, undefined, { ...options, signal }).catch((error: unknown) => error);
  await expect.poll(() => cards.reads).toContain(url);
  abort();
  await ended;
  gate.open();
}

function abortable(): { signal: AbortSignal; abort(): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

describe('Two parts of a page that have read the same record', () => {
  it.each([
    ['the first', 0],
    ['the second', 1],
  ])('hear of it until both have given it up: first %s', async (_, first) => {
    const stage = await startCards();
    const parts = [await stage.mount('/cards/5', [5]), await stage.mount('/cards/5', [5])];

    await parts[first].unmount();
    expect(await stage.hears(5)).toEqual([5]);

    await parts[1 - first].unmount();
    expect(await stage.hears(5)).toEqual([]);
  });

  it('give it up one by one if they have no signals, too', async () => {
    const stage = await startCards();
    const read = (): Promise<unknown> => stage.sockets.get('/cards/5', undefined, { repeat: () => undefined });
    await read();
    await read();

    await stage.sockets.unsubscribe('card', 5);
    expect(await stage.hears(5)).toEqual([5]);

    await stage.sockets.unsubscribe('card', 5);
    expect(await stage.hears(5)).toEqual([]);
  });

  it('keep it when one of them gives it up twice', async () => {
    const stage = await startCards();
    await stage.mount('/cards/5', [5]);
    const other = await stage.mount('/cards/5', [5]);

    const { unsubscribe } = await other.response;
    await Promise.all([unsubscribe(), unsubscribe()]);

    expect(await stage.hears(5)).toEqual([5]);
  });

  it('keep it when one of them, whose read failed, gives up what it never had', async () => {
    const stage = await startCards();
    await stage.mount('/cards/5', [5]);
    const failed = new Part(stage.sockets, '/cards/404', [5]);
    await failure(failed.response);

    await failed.unmount();

    expect(await stage.hears(5)).toEqual([5]);
  });

  it('give up other records alone', async () => {
    const stage = await startCards();
    await stage.mount('/cards/5', [5]);
    const other = await stage.mount('/cards/6', [6]);

    await other.unmount();

    expect(await stage.hears(5, 6)).toEqual([5]);
  });
});

describe('A part that is mounted, unmounted and mounted again at once', () => {
  it.each(['before the client is connected', 'while it is connected'])('hears, %s', async (when) => {
    const stage = await startCards();
    if (when !== 'before the client is connected') await stage.sockets.get('/cards/nothing');

    void new Part(stage.sockets, '/cards/5', [5]).unmount();
    const again = await stage.mount('/cards/5', [5]);
    expect(await stage.hears(5)).toEqual([5]);

    await again.unmount();
    expect(await stage.hears(5)).toEqual([]);
  });

  it('hears if the first read is answered last', async () => {
    const stage = await startCards();
    const gate = new Gate();
    stage.cards.gates.set('/cards/5', gate);
    await stage.sockets.get('/cards/nothing');
    void new Part(stage.sockets, '/cards/5', [5]).unmount();
    await expect.poll(() => stage.cards.reads).toContain('/cards/5');
    stage.cards.gates.clear();

    const again = await stage.mount('/cards/5', [5]);
    gate.open();
    expect(await stage.hears(5)).toEqual([5]);

    await again.unmount();
    expect(await stage.hears(5)).toEqual([]);
  });

  it('leaves a list alone that has the record, too', async () => {
    const stage = await startCards();
    await stage.mount('/cards', [5, 6]);

    void new Part(stage.sockets, '/cards/5', [5]).unmount();
    await (await stage.mount('/cards/5', [5])).unmount();

    expect(await stage.hears(5, 6)).toEqual([5, 6]);
  });
});

describe('A list and a dialog', () => {
  it.each(['/cards', '/cards/watched', '/cards/enveloped'])('are independent: %s', async (url) => {
    const stage = await startCards();
    const list = await stage.mount(url, url === '/cards/watched' ? undefined : [5, 6]);
    const dialog = await stage.mount('/cards/5', [5]);

    await dialog.unmount();
    expect(await stage.hears(5, 6)).toEqual([5, 6]);

    const again = await stage.mount('/cards/5', [5]);
    await list.unmount();
    expect(await stage.hears(5)).toEqual([5]);

    await again.unmount();
    expect(await stage.hears(5, 6)).toEqual([]);
  });

  it('are independent if the list was read without repeating it', async () => {
    const stage = await startCards();
    await stage.sockets.get('/cards');
    const dialog = await stage.mount('/cards/5', [5]);

    await dialog.unmount();
    expect(await stage.hears(5, 6)).toEqual([5, 6]);

    await stage.sockets.unsubscribe('card', [5]);
    expect(await stage.hears(5, 6)).toEqual([6]);
  });

  it('are independent if the dialog was read without repeating it', async () => {
    const stage = await startCards();
    await stage.mount('/cards', [5, 6]);
    await stage.sockets.get('/cards/5');

    await stage.sockets.unsubscribe('card', 5);

    expect(await stage.hears(5, 6)).toEqual([5, 6]);
  });

  it('are independent while the list is being read', async () => {
    const stage = await startCards();
    const dialog = await stage.mount('/cards/5', [5]);
    const gate = new Gate();
    stage.cards.gates.set('/cards', gate);
    const list = stage.mount('/cards', [5, 6]);
    await expect.poll(() => stage.cards.reads).toContain('/cards');

    await dialog.unmount();
    gate.open();
    await list;

    expect(await stage.hears(5, 6)).toEqual([5, 6]);
  });
});

describe('A read that is aborted under way', () => {
  it.each([
    ['a record', '/cards/5', [5]],
    ['a list', '/cards', [5, 6]],
    ['a list that watches', '/cards/watched', undefined],
  ])('leaves no subscription behind: %s', async (_, url, ids) => {
    const stage = await startCards();
    const gate = new Gate();
    stage.cards.gates.set(url, gate);
    const part = new Part(stage.sockets, url, ids);
    await expect.poll(() => stage.cards.reads).toContain(url);

    await part.unmount();
    gate.open();

    expect(await stage.hears(5, 6)).toEqual([]);
  });

  it.each([
    ['a record', '/cards/5', {}],
    ['a record, to be repeated', '/cards/5', { repeat: () => undefined }],
    ['a list that watches', '/cards/watched', {}],
    ['a list that watches, to be repeated', '/cards/watched', { repeat: () => undefined }],
  ])('leaves none behind, also if nobody gives it up: %s', async (_, url, options) => {
    const stage = await startCards();

    await abortUnderWay(stage, url, options);

    expect(await stage.hears(5, 6, 7)).toEqual([]);
  });

  it('leaves a list alone that watches, too, which can still be given up', async () => {
    const stage = await startCards();
    const list = await stage.mount('/cards/watched');

    await abortUnderWay(stage, '/cards/watched', {});
    expect(await stage.hears(5, 7)).toEqual([5, 7]);

    await list.unmount();
    expect(await stage.hears(5, 7)).toEqual([]);
  });
});

describe('A reader that reads the same twice', () => {
  it.each(['its signal', 'its function'])('is one reader, known by %s', async (owner) => {
    const { app, cards } = await startCards();
    const line = await Line.to(app.url);
    const stage = new Stage(app, client(line.url));
    const { signal } = new AbortController();
    let repeated = 0;
    const repeat = (): void => void repeated++;
    const options = owner === 'its signal' ? () => ({ signal, repeat: () => repeat() }) : () => ({ repeat });
    for (let n = 0; n < 3; n++) await stage.sockets.get('/cards/5', undefined, options());
    cards.reads.length = 0;

    line.cut();
    await reaches(stage.sockets, 'reconnecting');
    line.mend();
    await reaches(stage.sockets, 'connected');
    await stage.sockets.get('/cards/nothing');

    expect(cards.reads.filter((path) => path !== '/cards/nothing')).toEqual(['/cards/5']);
    expect(repeated).toBe(1);
    await stage.sockets.unsubscribe('card', 5);
    expect(await stage.hears(5)).toEqual([]);
  });

  it.each([
    ['another url', '/cards/6', undefined, {}],
    ['another query', '/cards/5', { a: 1 }, {}],
    ['other headers', '/cards/5', undefined, { headers: { 'accept-language': 'de' } }],
    ['another signal', '/cards/5', undefined, { signal: new AbortController().signal }],
    ['another function', '/cards/5', undefined, { repeat: () => undefined }],
  ])('is two readers of %s', async (_, url, query, options: object) => {
    const { app, cards } = await startCards();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const repeat = (): void => undefined;
    await sockets.get('/cards/5', undefined, { repeat });
    await sockets.get(url, query, { repeat, ...options });
    cards.reads.length = 0;

    line.cut();
    await reaches(sockets, 'reconnecting');
    line.mend();
    await reaches(sockets, 'connected');
    await sockets.get('/cards/nothing');

    expect(cards.reads.filter((path) => path !== '/cards/nothing')).toEqual(['/cards/5', url]);
  });

  it('goes on repeating the first if the second fails', async () => {
    const { app, cards } = await startCards();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const repeat = (): void => undefined;
    await sockets.get('/cards/5', undefined, { repeat });
    await expect(sockets.get('/cards/5', undefined, { repeat, timeout: 0.001 })).rejects.toThrow('GET /cards/5');
    // Requests arrive in order: also the one that nobody waits for any more.
    await sockets.get('/cards/nothing');
    cards.reads.length = 0;

    line.cut();
    await reaches(sockets, 'reconnecting');
    line.mend();
    await reaches(sockets, 'connected');
    await sockets.get('/cards/nothing');

    expect(cards.reads.filter((path) => path === '/cards/5')).toEqual(['/cards/5']);
  });
});

describe('The handle of a read', () => {
  it('gives up what the read has, and stops repeating it', async () => {
    const { app, cards } = await startCards();
    const line = await Line.to(app.url);
    const stage = new Stage(app, client(line.url));
    const { unsubscribe } = await stage.sockets.get('/cards/5', undefined, { repeat: () => undefined });

    await unsubscribe();
    expect(await stage.hears(5)).toEqual([]);
    cards.reads.length = 0;
    line.cut();
    await reaches(stage.sockets, 'reconnecting');
    line.mend();
    await reaches(stage.sockets, 'connected');

    expect(await stage.hears(5)).toEqual([]);
    expect(cards.reads).not.toContain('/cards/5');
  });

  it.each(['/cards', '/cards/watched', '/cards/enveloped'])('leaves to others what they have read: %s', async (url) => {
    const stage = await startCards();
    const list = await stage.sockets.get(url, undefined, { repeat: () => undefined });
    const dialog = await stage.sockets.get('/cards/5', undefined, { repeat: () => undefined });

    await dialog.unsubscribe();
    expect(await stage.hears(5, 6)).toEqual([5, 6]);

    const again = await stage.sockets.get('/cards/5', undefined, { repeat: () => undefined });
    await list.unsubscribe();
    expect(await stage.hears(5)).toEqual([5]);

    await again.unsubscribe();
    expect(await stage.hears(5)).toEqual([]);
  });

  it('does not take what code has subscribed the client to', async () => {
    const stage = await startCards();
    const dialog = await stage.sockets.get('/cards/5', undefined, { repeat: () => undefined });
    await stage.app.channel('card').subscribe(stage.sockets.id!, 6);

    await dialog.unsubscribe();

    expect(await stage.hears(5, 6)).toEqual([6]);
  });

  it('comes with each repetition, too', async () => {
    const { app } = await startCards();
    const line = await Line.to(app.url);
    const stage = new Stage(app, client(line.url));
    const repeated = new Promise<{ unsubscribe(): Promise<void> }>((resolve) => {
      void stage.sockets.get('/cards/5', undefined, { repeat: resolve });
    });
    await stage.sockets.get('/cards/nothing');
    line.cut();
    await reaches(stage.sockets, 'reconnecting');
    line.mend();

    const { unsubscribe } = await repeated;
    expect(await stage.hears(5)).toEqual([5]);
    await unsubscribe();
    expect(await stage.hears(5)).toEqual([]);
  });
});

describe('After a reconnect', () => {
  it('readers are counted as before', async () => {
    const { app } = await startCards();
    const line = await Line.to(app.url);
    const stage = new Stage(app, client(line.url));
    await stage.mount('/cards', [5, 6]);
    const dialog = await stage.mount('/cards/5', [5]);
    line.cut();
    await reaches(stage.sockets, 'reconnecting');
    line.mend();
    await reaches(stage.sockets, 'connected');

    await dialog.unmount();
    expect(await stage.hears(5, 6)).toEqual([5, 6]);
  });

  it('one that was unmounted while there was no connection is gone', async () => {
    const { app } = await startCards();
    const line = await Line.to(app.url);
    const stage = new Stage(app, client(line.url));
    const list = await stage.mount('/cards', [5, 6]);
    const dialog = await stage.mount('/cards/5', [5]);
    line.cut();
    await reaches(stage.sockets, 'reconnecting');
    const unmounted = dialog.unmount();
    line.mend();
    await unmounted;

    expect(await stage.hears(5, 6)).toEqual([5, 6]);
    await list.unmount();
    expect(await stage.hears(5, 6)).toEqual([]);
  });
});

describe('Where the server sends no headers', () => {
  it('unsubscribing ends what it names, as the client knows nothing of readers', async () => {
    const imports = [SocketsModule.forRoot({ requests: { sendResponseHeaders: false } })];
    const stage = await startCards({ imports });
    await stage.mount('/cards/5', [5]);

    await stage.sockets.unsubscribe('card', 5);

    expect(await stage.hears(5)).toEqual([]);
  });
});
