import { describe, expect, it, type TestContext } from 'vitest';
import type { Live, SocketsClient } from '../../../../src/front-ends/client/index.js';
import type { TestApplication } from '../../../support/application.js';
import { type Cluster, withCluster } from '../../../support/cluster.js';
import { eventually } from '../../../support/eventually.js';
import { client } from '../support/client.js';
import { Line } from '../support/line.js';
import { byPosition, type Card, Cards, CardsController, fill, rowsOf, textOf, withRows } from './support/board.js';
import { chance } from './support/chance.js';
import { Expected } from './support/expected.js';

const startCluster = withCluster();

/** How many histories to try, and from which on: `LIVE_SEEDS=1000 LIVE_SEED=1`. */
const SEEDS = Number(process.env.LIVE_SEEDS ?? 3);
const FIRST_SEED = Number(process.env.LIVE_SEED ?? 1);

const STEPS = 60;

/** All of them. */
const USER = 'ada';

interface Viewer {
  sockets: SocketsClient;
  line: Line;
  isCut: boolean;
  lives: [url: string, live: Live][];
  expected: Map<Live, Expected>;
}

const OWN_TITLES = [...'ABCDEFGH'];
const TITLES = [...'abcdefgh', ...OWN_TITLES];

/** What each viewer shows. */
const QUERIES: [url: string, options: object][] = [
  ['/boards/7/cards', { compare: byPosition }],
  ['/boards/8/cards', {}],
  ['/boards/7/page', {}],
  ['/boards/7/cards?done=false', { includes: ({ done }: Card) => !done, compare: byPosition }],
  ['/boards/8/cards?done=true', {}],
  ['/cards/1', {}],
  ['/cards/2', {}],
];

/** How many of them are lists, and how many of those show each new card of their board. */
const LISTS = 5;
const WHOLE_LISTS = 4;

/** The last card that anybody but its creator changes. */
const LAST_CHANGED = 8;

/** One application on two servers with one database, those who look at it, and what is to happen by chance. */
class World {
  readonly cards = new Cards();
  readonly viewers: Viewer[] = [];
  /** What was shown and never was. */
  readonly wrong: unknown[] = [];
  /** What was older than the call that it was read for. */
  readonly outdated: unknown[] = [];
  /** The live queries that are being reloaded. */
  readonly reloading = new Set<string>();
  cluster!: Cluster;
  private temporary = 0;
  private readonly acts: Promise<void>[] = [];

  /** @param slowly says how slow the database is */
  constructor(
    private readonly any: (most: number) => number,
    slowly: (most: number) => number,
  ) {
    this.cards.isVersioned = true;
    const isSlow = (): Promise<void> | undefined => {
      const milliseconds = [0, 0, 0, 5, 10, 30, 30, 400][slowly(8)];
      return milliseconds > 0 ? new Promise((resolve) => setTimeout(resolve, milliseconds)) : undefined;
    };
    this.cards.before = this.cards.beforeChange = isSlow;
    fill(this.cards);
  }

  async start(context: TestContext): Promise<void> {
    const providers = [{ provide: Cards, useValue: this.cards }];
    this.cluster = await startCluster(context, {
      controllers: [CardsController],
      providers,
      sockets: { authenticate: () => ({ id: USER }), resources: { card: { version: 'version' } } },
    });
    for (let index = 0; index < 3; index++) {
      const line = await Line.to(this.server.url);
      const sockets = client(line.url);
      const viewer: Viewer = { sockets, line, isCut: false, lives: [], expected: new Map() };
      for (const [url, options] of QUERIES) viewer.lives.push([url, this.watch(viewer, url, options)]);
      this.viewers.push(viewer);
    }
  }

  /** Does something, and perhaps waits for it. */
  async step(): Promise<void> {
    const done = this.act();
    this.acts.push(done);
    if (this.any(3) > 0) await done;
    else if (this.any(2) > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Whatever was cut is mended, and everything is done. */
  async end(): Promise<void> {
    this.cards.before = this.cards.beforeChange = undefined;
    for (const viewer of this.viewers) if (viewer.isCut) this.toggle(viewer);
    await Promise.all(this.acts);
  }

  async expectRoutesAnswers(): Promise<void> {
    for (const [url] of QUERIES) {
      const { status, body } = await this.cluster.a.request('GET', url);
      const expected = status === 200 ? { status: 'live', data: body } : { status: 'error', data: undefined };
      for (const { lives } of this.viewers) {
        const shown = lives.filter(([one]) => one === url).map(([, live]) => live.getSnapshot());
        expect(
          shown.map(({ status: is, data }) => ({ status: is, data })),
          url,
        ).toEqual(shown.map(() => expected));
      }
    }
  }

  /** What was to be shown from the call on and was not. */
  vanished(): unknown[] {
    const mayGo = new Set(Array.from({ length: LAST_CHANGED }, (_, index) => 1 + index));
    return this.viewers.flatMap(({ expected }) => [...expected.values()].flatMap((one) => one.mistakes(mayGo)));
  }

  private watch(viewer: Viewer, url: string, options: object): Live {
    const live = viewer.sockets.live(url, options);
    const expected = new Expected();
    viewer.expected.set(live, expected);
    live.subscribe(({ data }) => {
      if (data === undefined) return;
      const rows = rowsOf(data);
      expected.see(rows);
      // What its own client expects is a state of its card with another title.
      const was = (row: Card): boolean =>
        [row.title, ...TITLES].some((title) => this.cards.history.has(textOf({ ...row, title })));
      const isExpected = (row: Card): boolean => [...viewer.expected.values()].some((one) => one.mayShow(row));
      const mayBe = (row: Card): boolean => isExpected(row) && (row.id < 0 || was(row));
      const neverWas = rows.filter((row) => !this.cards.history.has(textOf(row)) && !mayBe(row));
      if (neverWas.length > 0 || new Set(rows.map(({ id }) => id)).size < rows.length) this.wrong.push([url, rows]);
    });
    return live;
  }

  private async act(): Promise<void> {
    const { any } = this;
    const viewer = this.viewers[any(this.viewers.length)];
    const card = 1 + any(LAST_CHANGED);
    switch (any(16)) {
      case 0:
        return this.toggle(viewer);
      case 1:
        return this.write(viewer, 'post', '/cards', { boardId: 7 + any(2), position: any(9), title: this.title() });
      case 2:
        return this.write(viewer, 'delete', `/cards/${card}`);
      case 3:
        return this.write(viewer, 'patch', `/cards/${card}`, { boardId: 7 + any(2) });
      case 4:
        return this.write(viewer, 'patch', `/cards/${card}`, { position: any(9) });
      case 5:
        return this.write(viewer, 'patch', `/cards/${card}`, { done: any(2) === 0 });
      case 6:
        return this.lookAgain(viewer);
      case 7:
        return any(6) === 0 ? this.revoke() : undefined;
      case 8:
      case 9:
        return this.retitle(viewer, card);
      case 10:
        return this.create(viewer);
      case 11:
        return this.remove(viewer, card);
      case 12:
      case 13:
        return void this.reload(viewer);
      default:
        return this.write(viewer, 'patch', `/cards/${card}`, { title: this.title() });
    }
  }

  /** Changes something, by the viewer or somebody without a socket, who may be refused. */
  private async write(viewer: Viewer, method: 'post' | 'patch' | 'delete', path: string, body?: object): Promise<void> {
    if (this.any(2) === 0 || viewer.isCut) await this.server.request(method.toUpperCase(), path, body);
    else await viewer.sockets[method](path, body).catch(() => undefined);
  }

  /** Changes the title of a card by a live query that shows it at once. */
  private async retitle({ lives, expected, isCut }: Viewer, id: number): Promise<void> {
    const [, live] = lives[this.any(lives.length)];
    const title = OWN_TITLES[this.any(OWN_TITLES.length)];
    const expectation = expected.get(live)?.retitle(id, title);
    const optimistic = (data: unknown): unknown =>
      withRows(data, (rows) => rows.map((row) => (row.id === id ? { ...row, title } : row)));
    const done = live.mutate<Card>('patch', `${this.mirror}/cards/${id}`, { title }, { optimistic });
    await this.settled(isCut, done, ({ version }) => Object.assign(expectation ?? {}, { version }));
  }

  private async create({ lives, expected, isCut }: Viewer): Promise<void> {
    const [url, live] = lives[this.any(WHOLE_LISTS)];
    const card = { boardId: Number(url.split('/')[2]), title: this.title(), position: this.any(9) };
    const expectation = expected.get(live)?.create(--this.temporary);
    const shown: Card = { ...card, id: this.temporary, done: false, labels: [] };
    const optimistic = (data: unknown): unknown => withRows(data, (rows) => [...rows, shown]);
    const done = live.mutate<Card>('post', `${this.mirror}/cards`, card, { optimistic });
    await this.settled(isCut, done, ({ id }) => Object.assign(expectation ?? {}, { id }));
  }

  private async remove({ lives, expected, isCut }: Viewer, id: number): Promise<void> {
    const [, live] = lives[this.any(LISTS)];
    const expectation = expected.get(live)?.remove(id);
    const optimistic = (data: unknown): unknown => withRows(data, (rows) => rows.filter((row) => row.id !== id));
    const done = live.mutate<Card>('delete', `${this.mirror}/cards/${id}`, undefined, { optimistic });
    await this.settled(isCut, done, () => Object.assign(expectation ?? {}, { isDone: true }));
  }

  /** Waits for a change, which may be refused. */
  private async settled(isCut: boolean, change: Promise<{ body: Card }>, isDone: (card: Card) => void): Promise<void> {
    const done = change.then(
      ({ body }) => isDone(body),
      () => undefined,
    );
    this.acts.push(done);
    // Without a connection, it waits for one.
    if (!isCut) await done;
  }

  private async reload({ lives }: Viewer): Promise<void> {
    const [url, live] = lives[this.any(lives.length)];
    const name = `${url} ${this.acts.length}`;
    const [before, last] = [new Map(this.cards.all), this.cards.last];
    this.reloading.add(name);
    const data = await live.reload().catch(() => []);
    this.reloading.delete(name);
    const isOld = ({ id, version = 0 }: Card): boolean => {
      const was = before.get(id);
      return was ? version < (was.version ?? 0) : id > 0 && id <= last;
    };
    this.outdated.push(...rowsOf(data).filter(isOld));
  }

  private toggle(viewer: Viewer): void {
    viewer.isCut = !viewer.isCut;
    if (viewer.isCut) viewer.line.cut();
    else viewer.line.mend(this.server.url);
  }

  /** A screen is left, and another one is opened. */
  private lookAgain(viewer: Viewer): void {
    const { lives } = viewer;
    const index = this.any(lives.length);
    lives[index][1].close();
    const [url, options] = QUERIES[index];
    lives[index] = [url, this.watch(viewer, url, options)];
  }

  /** Board 8 is closed for everybody, for good. */
  private async revoke(): Promise<void> {
    this.cards.closed.add(8);
    await this.cluster.a.sockets.revoke({ user: USER, resource: 'card', slice: { boardId: 8 } });
  }

  private get mirror(): string {
    return this.any(2) === 0 ? '' : '/mirrored';
  }

  private title(): string {
    return TITLES[this.any(TITLES.length)];
  }

  private get server(): TestApplication {
    return this.any(2) === 0 ? this.cluster.a : this.cluster.b;
  }
}

describe('Live queries of several clients over two servers', () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    it(`show what never was to nobody, and in the end what their routes answer, by chance ${seed}`, async (context) => {
      const world = new World(chance(seed), chance(-seed));
      await world.start(context);
      for (let step = 0; step < STEPS; step++) await world.step();
      await world.end();

      await eventually(() => world.expectRoutesAnswers());
      await eventually(() => expect([...world.reloading]).toEqual([]));
      expect(world.outdated).toEqual([]);
      expect(world.wrong).toEqual([]);
      expect(world.vanished()).toEqual([]);
    });
  }
});
