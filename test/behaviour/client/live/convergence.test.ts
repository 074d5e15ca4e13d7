import { describe, expect, it, type TestContext } from 'vitest';
import type { Live, SocketsClient } from '../../../../src/client/index.js';
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

interface Viewer {
  sockets: SocketsClient;
  line: Line;
  isCut: boolean;
  lives: [url: string, live: Live][];
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
      const viewer: Viewer = { sockets, line, isCut: false, lives: [] };
      for (const [url, options] of QUERIES) viewer.lives.push([url, this.watch(sockets, url, options)]);
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

  /** Everything is done, and whatever was cut is mended. */
  async end(): Promise<void> {
    await Promise.all(this.acts);
    for (const viewer of this.viewers) if (viewer.isCut) this.toggle(viewer);
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

  private watch(sockets: SocketsClient, url: string, options: object): Live {
    const live = sockets.live(url, options);
    live.subscribe(({ data }) => {
      if (data === undefined) return;
      const rows = [(data as { items?: Card[] }).items ?? data].flat() as Card[];
      const neverWas = rows.filter((row) => !this.cards.history.has(textOf(row)));
      if (neverWas.length > 0 || new Set(rows.map(({ id }) => id)).size < rows.length) this.wrong.push([url, rows]);
    });
    return live;
  }

  private async act(): Promise<void> {
    const { any } = this;
    const viewer = this.viewers[any(this.viewers.length)];
    const card = 1 + any(8);
    switch (any(10)) {
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
      default:
        return this.write(viewer, 'patch', `/cards/${card}`, { title: this.title() });
    }
  }

  /** Changes something, by the viewer or somebody without a socket, who may be refused. */
  private async write(viewer: Viewer, method: 'post' | 'patch' | 'delete', path: string, body?: object): Promise<void> {
    if (this.any(2) === 0 || viewer.isCut) await this.server.request(method.toUpperCase(), path, body);
    else await viewer.sockets[method](path, body).catch(() => undefined);
  }

  private toggle(viewer: Viewer): void {
    viewer.isCut = !viewer.isCut;
    if (viewer.isCut) viewer.line.cut();
    else viewer.line.mend(this.server.url);
  }

  /** A screen is left, and another one is opened. */
  private lookAgain({ lives, sockets }: Viewer): void {
    const index = this.any(lives.length);
    lives[index][1].close();
    const [url, options] = QUERIES[index];
    lives[index] = [url, this.watch(sockets, url, options)];
  }

  /** Board 8 is closed for everybody, for good. */
  private async revoke(): Promise<void> {
    this.cards.closed.add(8);
    await this.cluster.a.sockets.revoke({ user: USER, resource: 'card', slice: { boardId: 8 } });
  }

  private title(): string {
    return 'abcdefgh'[this.any(8)];
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
    });
  }
});
