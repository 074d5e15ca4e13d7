import { describe, expect, it, type TestContext } from 'vitest';
import type { Live, SocketsClient } from '../../../../src/front-ends/client/index.js';
import type { TestApplication } from '../../../support/application.js';
import { type Cluster, withCluster } from '../../../support/cluster.js';
import { eventually } from '../../../support/eventually.js';
import { client } from '../support/client.js';
import { Line } from '../support/line.js';
import { byPosition, type Card, Cards, CardsController, fill, textOf } from './support/board.js';

const startCluster = withCluster();

/** How many histories to try, and from which on: `LIVE_SEEDS=1000 LIVE_SEED=1`. */
const SEEDS = Number(process.env.LIVE_SEEDS ?? 3);
const FIRST_SEED = Number(process.env.LIVE_SEED ?? 1);

const STEPS = 60;

/** Numbers by chance that are the same for each seed. */
function chance(seed: number): (most: number) => number {
  let state = seed * 2_654_435_769;
  return (most) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * most);
  };
}

/** All of them. */
const USER = 'ada';

/** A change that is shown at once, and what was shown of its card since. */
interface Expectation {
  title: string;
  /** The one that the server has given the card by it; `undefined` if nobody knows, or if it was refused. */
  version: number | undefined;
  shown: Card[];
}

interface Viewer {
  sockets: SocketsClient;
  line: Line;
  isCut: boolean;
  lives: [url: string, live: Live][];
  /** By the live query, and the id of the card. */
  expected: Map<Live, Map<number, Expectation[]>>;
}

const OWN_TITLES = [...'ABCDEFGH'];
const TITLES = [...'abcdefgh', ...OWN_TITLES];

function rowsOf(data: unknown): Card[] {
  return [(data as { items?: Card[] }).items ?? data].flat() as Card[];
}

/** Returns the same with other rows. */
function withRows(data: unknown, change: (row: Card) => Card): unknown {
  if (Array.isArray(data)) return (data as Card[]).map(change);
  const { items, ...rest } = data as { items?: Card[] };
  return items ? { ...rest, items: items.map(change) } : change(data as Card);
}

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

/** One application on two servers with one database, those who look at it, and what is to happen by chance. */
class World {
  readonly cards = new Cards();
  readonly viewers: Viewer[] = [];
  /** What was shown and never was. */
  readonly wrong: unknown[] = [];
  cluster!: Cluster;
  private readonly acts: Promise<void>[] = [];

  constructor(private readonly any: (most: number) => number) {
    this.cards.isVersioned = true;
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

  /** What was to be shown from the call on and was not: neither expected nor done, nor changed once more. */
  vanished(): unknown[] {
    const all = this.viewers.flatMap(({ expected }) => [...expected.values()].flatMap((cards) => [...cards.values()]));
    return all.flatMap((ofOneCard) =>
      ofOneCard.flatMap(({ version = 0, shown }, index) => {
        const titles = new Set(ofOneCard.slice(index).map(({ title }) => title));
        return shown.filter((card) => !titles.has(card.title) && (card.version ?? 0) < version);
      }),
    );
  }

  private watch(viewer: Viewer, url: string, options: object): Live {
    const live = viewer.sockets.live(url, options);
    const expected = new Map<number, Expectation[]>();
    viewer.expected.set(live, expected);
    live.subscribe(({ data }) => {
      if (data === undefined) return;
      const rows = rowsOf(data);
      for (const row of rows) for (const { shown } of expected.get(row.id) ?? []) shown.push(row);
      // What its own client expects is a state of its card with another title.
      const was = (row: Card): boolean =>
        [row.title, ...TITLES].some((title) => this.cards.history.has(textOf({ ...row, title })));
      const isExpected = ({ id, title }: Card): boolean =>
        [...viewer.expected.values()].some((one) => one.get(id)?.some((its) => its.title === title));
      const neverWas = rows.filter((row) => !(this.cards.history.has(textOf(row)) || (isExpected(row) && was(row))));
      if (neverWas.length > 0 || new Set(rows.map(({ id }) => id)).size < rows.length) this.wrong.push([url, rows]);
    });
    return live;
  }

  private async act(): Promise<void> {
    const { any } = this;
    const viewer = this.viewers[any(this.viewers.length)];
    const card = 1 + any(8);
    switch (any(12)) {
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
        return this.expect(viewer, card);
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
  private async expect({ lives, expected, isCut }: Viewer, id: number): Promise<void> {
    const [, live] = lives[this.any(lives.length)];
    const title = OWN_TITLES[this.any(OWN_TITLES.length)];
    const expectation: Expectation = { title, version: undefined, shown: [] };
    const its = expected.get(live) as Map<number, Expectation[]>;
    its.set(id, [...(its.get(id) ?? []), expectation]);
    const retitled = (row: Card): Card => (row.id === id ? { ...row, title } : row);
    const optimistic = (data: unknown): unknown => withRows(data, retitled);
    const path = this.any(2) === 0 ? `/cards/${id}` : `/mirrored/cards/${id}`;
    const done = live.mutate<Card>('patch', path, { title }, { optimistic }).then(
      ({ body }) => void (expectation.version = body.version),
      () => undefined,
    );
    this.acts.push(done);
    // Without a connection, it waits for one.
    if (!isCut) await done;
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
      const world = new World(chance(seed));
      await world.start(context);
      for (let step = 0; step < STEPS; step++) await world.step();
      await world.end();

      await eventually(() => world.expectRoutesAnswers());
      expect(world.wrong).toEqual([]);
      expect(world.vanished()).toEqual([]);
    });
  }
});
