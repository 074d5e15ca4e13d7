import { Injectable, type Provider } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it, type TestContext } from 'vitest';
import {
  BeforePublication,
  type DeliveryNote,
  OnPublication,
  type ResourceChannel,
  SubscribesTo,
} from '../../../src/index.js';
import type { TestClient } from '../../support/client.js';
import { type Cluster, sharesJournal, withCluster } from '../../support/cluster.js';

interface Card {
  id: number;
  boardId?: number;
  title?: string;
  version?: number;
  ownerId?: number;
}

interface CardMessage {
  verb: string;
  id: number;
  data?: Card;
}

const startCluster = withCluster();

const BOARDS = [7, 8, 9, 10];

/** A plain client that shows one board: what it was told of, and has not left since. */
interface Reader {
  board: number;
  client: TestClient;
}

interface Boards {
  cluster: Cluster;
  /** The channels of both servers. */
  channels: ResourceChannel<Card>[];
  /** Of each board, one at each server. */
  readers: Reader[];
  /** Hears of all cards, whatever board they are on. */
  overseer: TestClient;
}

interface Variant {
  /** @default boardId */
  slices?: readonly string[];
  providers?: Provider[];
  /** Whether cards have versions. */
  version?: 'version';
  /** Whether cards are published in a further namespace, in which those who read boards are then, every other one. */
  namespace?: '/admin';
}

@WebSocketGateway({ namespace: 'admin' })
@SubscribesTo('card')
class AdminGateway {}

/** What is done when a card is moved to board 8. */
let onMoved: (() => void) | undefined;

@Injectable()
class MoveListener {
  @OnPublication('card', 'updated')
  hear({ data }: CardMessage): void {
    if (data?.boardId === 8) onMoved?.();
  }
}

/** Reads what not every message has. */
@Injectable()
class TitleReader {
  @BeforePublication('card')
  read({ verb }: CardMessage): void {
    if (verb === 'left') throw new TypeError('It has no data.');
  }
}

/** Two servers that know that card 1 is on board 7. */
async function startBoards(
  context: TestContext,
  { version, namespace, slices = ['boardId'], providers = [] }: Variant = {},
): Promise<Boards> {
  const cluster = await startCluster(context, {
    sockets: { resources: { card: { idType: 'number', slices, ...(version && { version }) } } },
    providers: namespace ? [AdminGateway] : providers,
    namespaces: namespace ? ['/', namespace] : ['/'],
  });
  const servers = [cluster.a, cluster.b];
  const readers = await Promise.all(
    servers.flatMap((server) =>
      BOARDS.map(async (board) => {
        const client = await cluster.connect(server, board === 8 ? { namespace } : {});
        await server.channel('card').watch(client.id, { boardId: board });
        return { board, client };
      }),
    ),
  );
  const overseer = await cluster.connect(cluster.a);
  await cluster.a.channel('card').watch(overseer.id);
  const channels = servers.map((server) => server.channel<Card>('card'));
  const boards = { cluster, channels, readers, overseer };
  await beginAgain(boards);
  return boards;
}

/** Puts card 1 on board 7, as both servers know then. */
async function beginAgain({ cluster, channels, readers, overseer }: Boards): Promise<void> {
  await channels[0].publishCreate({ id: 1, boardId: 7, title: 'new', version: 1, ownerId: 5 });
  await cluster.settle();
  await channels[1].publishUpdate(1, { boardId: 7, title: 'begun', version: 1, ownerId: 5 });
  await expect.poll(() => shownOn(readers)).toEqual({ 7: ['begun', 'begun'] });
  await cluster.settle();
  overseer.forget();
}

const messagesOf = (client: TestClient): CardMessage[] => client.heard('card') as CardMessage[];

/** The title that a reader shows of card 1, by all that it was told in its order; `undefined` if it shows none. */
function shownBy({ client }: Reader): string | undefined {
  let title: string | undefined;
  for (const { verb, id, data } of messagesOf(client)) {
    if (id !== 1) continue;
    if (verb === 'left' || verb === 'destroyed') title = undefined;
    else if (verb !== 'updated' || title !== undefined) title = data?.title;
  }
  return title;
}

/** The titles that readers show of card 1, at both servers, by their boards. */
function shownOn(readers: readonly Reader[]): Record<number, string[]> {
  const shown: Record<number, string[]> = {};
  for (const reader of readers) {
    const title = shownBy(reader);
    if (title !== undefined) (shown[reader.board] ??= []).push(title);
  }
  return shown;
}

/** A change of card 1, and its message. */
interface Change {
  make: (cards: ResourceChannel<Card>, title: string) => Promise<void>;
  verb: 'updated' | 'destroyed';
  /** Where it takes the card: nowhere if that is `undefined`, and where it is if it is absent. */
  board?: number | undefined;
}

const moveTo = (board: number): Change => ({
  make: (cards, title) => cards.publishUpdate(1, { boardId: board, title }),
  verb: 'updated',
  board,
});

const rename: Change = { make: (cards, title) => cards.publishUpdate(1, { title }), verb: 'updated' };

const destroy: Change = { make: (cards) => cards.publishDestroy(1), verb: 'destroyed', board: undefined };

/** What both servers do at the same time. */
const CROSSINGS: ReadonlyArray<[what: string, Change, Change]> = [
  ['both move it', moveTo(8), moveTo(9)],
  ['one moves it, and the other says nothing of boards', moveTo(8), rename],
  ['one moves it, and the other has read it before', moveTo(8), moveTo(7)],
  ['one moves it, and the other destroys it', moveTo(8), destroy],
];

/** Where the journal has the message of a change; 0 if the overseer has not heard it. */
function positionOf({ verb }: Change, title: string, overseer: TestClient): number {
  const isMeant = (message: CardMessage): boolean =>
    message.verb === verb && (verb === 'destroyed' || message.data?.title === title);
  const [, , note] = overseer.received.find(([, message]) => isMeant(message as CardMessage)) ?? [];
  const positions = Object.values((note as DeliveryNote | undefined)?.topics ?? {}).map(([, position]) => position);
  return Math.max(0, ...positions);
}

/** Where card 1 is shown after two changes, in the order of the journal. */
function shownAfter(changes: ReadonlyArray<[Change, title: string]>): Record<number, string[]> {
  let board: number | undefined = 7;
  if (changes.some(([change]) => change === destroy)) return {};
  for (const [change] of changes) board = 'board' in change ? change.board : board;
  const [, title] = changes[1];
  return board === undefined ? {} : { [board]: [title, title] };
}

/** Makes two changes at the same time, by either server in turn, and waits until everybody has heard of both. */
async function cross(boards: Boards, round: number, [change, other]: readonly [Change, Change]) {
  const { channels, overseer, cluster } = boards;
  const [cards, elsewhere] = round % 2 === 0 ? channels : channels.toReversed();
  const made: Array<[Change, string]> = [
    [change, `a ${round}`],
    [other, `b ${round}`],
  ];
  await Promise.all([change.make(cards, made[0][1]), other.make(elsewhere, made[1][1])]);
  for (const one of made) await expect.poll(() => positionOf(...one, overseer)).toBeGreaterThan(0);
  await cluster.settle();
  return made.toSorted((one, two) => positionOf(...one, overseer) - positionOf(...two, overseer));
}

/**
 * What is shown in the end where each server has a journal of its own, of which none says which change was the last:
 * the same at both servers.
 */
async function agreedOn(readers: readonly Reader[], boards: 0 | 1): Promise<Record<number, string[]>> {
  // By the readers of one board at each server, with one title.
  const agreed = (): number[] => Object.values(shownOn(readers)).map((titles) => titles.length / new Set(titles).size);
  await expect.poll(agreed).toEqual(boards > 0 ? [2] : []);
  return shownOn(readers);
}

/** Sees that both servers know where the record is, and destroys it. */
async function expectOn(board: number | string, { channels, readers }: Boards, version?: number): Promise<void> {
  for (const [index, one] of channels.entries()) {
    const title = `afterwards ${index}`;
    await one.publishUpdate(1, { title, ...(version && { version: version + index }) });
    await expect.poll(() => shownOn(readers)).toEqual({ [board]: [title, title] });
  }
  await channels[0].publishDestroy(1);
  await expect.poll(() => shownOn(readers)).toEqual({});
}

const VARIANTS: ReadonlyArray<[string, Variant]> = [
  ['in one namespace', {}],
  ['in several namespaces', { namespace: '/admin' }],
];

describe.for(VARIANTS)('A record that two servers change at the same time, %s', ([, variant]) => {
  it.for(CROSSINGS)('is shown in one place, where the journal has it last: %s', async (crossing, context) => {
    const [, ...changes] = crossing;
    const boards = await startBoards(context, variant);
    const { cluster, readers } = boards;

    for (let round = 0; round < 6; round++) {
      const made = await cross(boards, round, changes);
      const shown = sharesJournal ? shownAfter(made) : await agreedOn(readers, changes.includes(destroy) ? 0 : 1);
      await expect.poll(() => shownOn(readers)).toEqual(shown);
      await cluster.settle();
      expect(shownOn(readers)).toEqual(shown);
      for (const board of Object.keys(shown)) await expectOn(board, boards);
      await cluster.settle();
      await beginAgain(boards);
    }
  });
});

describe('A record that two servers change at the same time', () => {
  it('is shown where its newest version says, and nowhere else', async (context) => {
    const boards = await startBoards(context, { version: 'version' });
    const [first, second] = [8, 9].map((board, index): Change => {
      const make = (cards: ResourceChannel<Card>, title: string): Promise<void> =>
        cards.publishUpdate(1, { boardId: board, title, version: 2 + index });
      return { make, verb: 'updated', board };
    });

    for (let round = 0; round < 6; round++) {
      const { channels, readers, cluster } = boards;
      const [cards, elsewhere] = round % 2 === 0 ? channels : channels.toReversed();
      const change = (): Promise<void> => first.make(cards, `a ${round}`);
      const changeLater = (): Promise<void> => second.make(elsewhere, `b ${round}`);
      const calls = round > 2 ? [changeLater, change] : [change, changeLater];
      await Promise.all(calls.map((call) => call()));
      await expect.poll(() => shownOn(readers)).toEqual({ 9: [`b ${round}`, `b ${round}`] });
      await cluster.settle();
      expect(shownOn(readers)).toEqual({ 9: [`b ${round}`, `b ${round}`] });
      await expectOn(9, boards, 4);
      await cluster.settle();
      await beginAgain(boards);
    }
  });

  it('is shown in one place, though both give their changes the same version', async (context) => {
    const boards = await startBoards(context, { version: 'version' });
    const moveTo2 = (boardId: number): Change => ({
      ...moveTo(boardId),
      make: (cards, title) => cards.publishUpdate(1, { boardId, title, version: 2 }),
    });

    for (let round = 0; round < 4; round++) {
      await cross(boards, round, [moveTo2(8), moveTo2(9)]);
      const [board] = Object.keys(await agreedOn(boards.readers, 1));
      await expectOn(board, boards, 3);
      await boards.cluster.settle();
      await beginAgain(boards);
    }
  });

  it('is shown in one place, though one of them changes it twice', async (context) => {
    const boards = await startBoards(context);
    const { channels, readers, cluster } = boards;

    for (let round = 0; round < 6; round++) {
      const first = channels[0].publishUpdate(1, { boardId: 8, title: 'moved' });
      // It has read the card before.
      const stale = channels[1].publishUpdate(1, { boardId: 7, title: 'stale' });
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([first, stale, channels[0].publishUpdate(1, { boardId: 10, title: 'moved again' })]);
      await cluster.settle();
      const [board] = Object.keys(await agreedOn(readers, 1));
      await expectOn(board, boards);
      await cluster.settle();
      await beginAgain(boards);
    }
  });

  it('is shown where one has moved it, though the other one changes it twice', async (context) => {
    const boards = await startBoards(context);
    const { channels, readers, cluster } = boards;

    for (let round = 0; round < 6; round++) {
      const renamed = channels[0].publishUpdate(1, { title: 'renamed' });
      const moved = channels[1].publishUpdate(1, { boardId: 9, title: 'moved' });
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([renamed, moved, channels[0].publishUpdate(1, { title: 'renamed again' })]);
      await cluster.settle();
      await expect.poll(() => Object.keys(shownOn(readers))).toEqual(['9']);
      await cluster.settle();
      await expectOn(9, boards);
      await cluster.settle();
      await beginAgain(boards);
    }
  });

  it('is shown by who watches both slices to which it was moved', async (context) => {
    const boards = await startBoards(context);
    const { channels, readers, cluster } = boards;
    const watchers = await Promise.all(
      [cluster.a, cluster.b].map(async (server) => {
        const client = await cluster.connect(server);
        for (const boardId of [8, 9]) await server.channel('card').watch(client.id, { boardId });
        return { board: 0, client };
      }),
    );

    for (let round = 0; round < 4; round++) {
      const made = await cross(boards, round, [moveTo(8), moveTo(9)]);
      await agreedOn(readers, 1);
      await cluster.settle();
      for (const watcher of watchers) expect(made.map(([, title]) => title)).toContain(shownBy(watcher));
      await channels[0].publishDestroy(1);
      for (const watcher of watchers) await expect.poll(() => shownBy(watcher)).toBeUndefined();
      await cluster.settle();
      await beginAgain(boards);
    }
  });

  it('is shown in its slices of other fields, where only one has moved it in each', async (context) => {
    const boards = await startBoards(context, { slices: ['boardId', 'ownerId'] });
    const giveTo6: Change = { make: (cards, title) => cards.publishUpdate(1, { ownerId: 6, title }), verb: 'updated' };

    for (let round = 0; round < 4; round++) {
      await cross(boards, round, [moveTo(8), giveTo6]);
      expect(Object.keys(await agreedOn(boards.readers, 1))).toEqual(['8']);
      await boards.cluster.settle();
      expect(Object.keys(shownOn(boards.readers))).toEqual(['8']);
      await boards.channels[0].publishDestroy(1);
      await boards.cluster.settle();
      await beginAgain(boards);
    }
  });

  it('is not told to have left what only data about it went to', async (context) => {
    const boards = await startBoards(context);
    const { channels, readers, cluster } = boards;

    for (let round = 0; round < 4; round++) {
      for (const { client } of readers) client.forget();
      await Promise.all([channels[0].publishDestroy(1), channels[1].publish([1, 2], { id: 2, round })]);
      await expect.poll(() => readers.filter(({ client }) => messagesOf(client).length > 0)).toHaveLength(2);
      await cluster.settle();
      const told = readers.flatMap(({ client }) => messagesOf(client).map(({ verb, id }) => `${verb} ${id}`));
      expect([...new Set(told)].filter((words) => words.startsWith('left'))).toEqual([]);
      await beginAgain(boards);
    }
  });

  it('does no harm to a server whose listener refuses what follows from that', async (context) => {
    const boards = await startBoards(context, { providers: [TitleReader] });
    const { channels, readers, cluster } = boards;

    await Promise.allSettled([channels[0].publishUpdate(1, { title: 'renamed' }), channels[1].publishDestroy(1)]);
    await cluster.settle();

    await beginAgain({ ...boards, readers: readers.filter(({ board }) => board === 7) });
  });

  it('is known to both by what is said of it where it is by then', async (context) => {
    const boards = await startBoards(context);
    const { channels, readers, cluster } = boards;
    const heardOn = (board: number): unknown[][] =>
      readers.filter((one) => one.board === board).map(({ client }) => messagesOf(client).filter(isSaid));
    const isSaid = ({ verb }: CardMessage): boolean => verb === 'messaged';

    for (let round = 0; round < 6; round++) {
      const [cards, elsewhere] = round % 2 === 0 ? channels : channels.toReversed();
      for (const { client } of readers) client.forget();
      await Promise.all([cards.publishUpdate(1, { boardId: 8 }), elsewhere.message(1, { round })]);
      await cluster.settle();
      const said = [{ verb: 'messaged', id: 1, data: { round } }];
      const places = (): unknown[] => [heardOn(7), heardOn(8)].filter((heard) => heard.flat().length > 0);
      // It is before the move, or after it.
      await expect.poll(places).toContainEqual([said, said]);
      await cards.publishUpdate(1, { boardId: 7 });
      await cluster.settle();
    }
  });
});

describe('A record that one server moves, and changes at once', () => {
  it('is where it was moved for the other one, though its own server has not known where it was', async (context) => {
    const { channels, readers, cluster } = await startBoards(context);
    const [cards, elsewhere] = channels;
    await cards.publishDestroy(1);
    await cluster.settle();
    await elsewhere.publishCreate({ id: 1, boardId: 7, title: 'of another server' });
    await cluster.settle();

    void cards.publishUpdate(1, { boardId: 8, title: 'moved' });
    void cards.publishUpdate(1, { title: 'changed' });
    const heardOn = (board: number, title: string): number =>
      readers.filter((one) => one.board === board && messagesOf(one.client).some(({ data }) => data?.title === title))
        .length;
    await expect.poll(() => heardOn(8, 'changed')).toBe(2);
    await expect.poll(() => shownOn(readers)).not.toHaveProperty('7');
    await cluster.settle();
    await elsewhere.publishUpdate(1, { title: 'by the other' });

    await expect.poll(() => heardOn(8, 'by the other')).toBe(2);
    await cluster.settle();
    expect(heardOn(7, 'by the other')).toBe(0);
  });

  it('is where it was moved for the other one, though a listener changes it', async (context) => {
    const { channels, readers, cluster } = await startBoards(context, { providers: [MoveListener] });
    const [cards, elsewhere] = channels;
    onMoved = () => {
      onMoved = undefined;
      void cards.publishUpdate(1, { title: 'by a listener' });
    };

    await cards.publishUpdate(1, { boardId: 8, title: 'moved' });
    await expect.poll(() => shownOn(readers)).toEqual({ 8: ['moved', 'moved'] });
    await cluster.settle();
    await elsewhere.publishUpdate(1, { title: 'by the other' });

    await expect.poll(() => shownOn(readers)).toEqual({ 8: ['by the other', 'by the other'] });
  });
});
