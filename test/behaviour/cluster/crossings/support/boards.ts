import type { Provider } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { expect, type TestContext } from 'vitest';
import { type DeliveryNote, type ResourceChannel, SubscribesTo } from '../../../../../src/index.js';
import type { TestClient } from '../../../../support/client.js';
import type { Cluster, withCluster } from '../../../../support/cluster.js';

export interface Card {
  id: number;
  boardId?: number;
  title?: string;
  version?: number;
  ownerId?: number;
}

export interface CardMessage {
  verb: string;
  id: number;
  data?: Card;
}

const BOARDS = [7, 8, 9, 10];

/** A plain client that shows one board: what it was told of, and has not left since. */
export interface Reader {
  board: number;
  client: TestClient;
}

export interface Boards {
  cluster: Cluster;
  /** The channels of both servers. */
  channels: ResourceChannel<Card>[];
  /** Of each board, one at each server. */
  readers: Reader[];
  /** Hears of all cards, whatever board they are on. */
  overseer: TestClient;
}

export interface Variant {
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

type StartBoards = (context: TestContext, variant?: Variant) => Promise<Boards>;

/** Gives what starts two servers that know that card 1 is on board 7. */
export function withBoards(startCluster: ReturnType<typeof withCluster>): StartBoards {
  return (context, variant = {}) => startBoards(startCluster, context, variant);
}

async function startBoards(
  startCluster: ReturnType<typeof withCluster>,
  context: TestContext,
  { version, namespace, slices = ['boardId'], providers = [] }: Variant,
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
export async function beginAgain({ cluster, channels, readers, overseer }: Boards): Promise<void> {
  await channels[0].publishCreate({ id: 1, boardId: 7, title: 'new', version: 1, ownerId: 5 });
  await cluster.settle();
  await channels[1].publishUpdate(1, { boardId: 7, title: 'begun', version: 1, ownerId: 5 });
  await expect.poll(() => shownOn(readers)).toEqual({ 7: ['begun', 'begun'] });
  await cluster.settle();
  overseer.forget();
}

export const messagesOf = (client: TestClient): CardMessage[] => client.heard('card') as CardMessage[];

/** The title that a reader shows of card 1, by all that it was told in its order; `undefined` if it shows none. */
export function shownBy({ client }: Reader): string | undefined {
  let title: string | undefined;
  for (const { verb, id, data } of messagesOf(client)) {
    if (id !== 1) continue;
    if (verb === 'left' || verb === 'destroyed') title = undefined;
    else if (verb !== 'updated' || title !== undefined) title = data?.title;
  }
  return title;
}

/** The titles that readers show of card 1, at both servers, by their boards. */
export function shownOn(readers: readonly Reader[]): Record<number, string[]> {
  const shown: Record<number, string[]> = {};
  for (const reader of readers) {
    const title = shownBy(reader);
    if (title !== undefined) (shown[reader.board] ??= []).push(title);
  }
  return shown;
}

/** A change of card 1, and its message. */
export interface Change {
  make: (cards: ResourceChannel<Card>, title: string) => Promise<void>;
  verb: 'updated' | 'destroyed';
  /** Where it takes the card: nowhere if that is `undefined`, and where it is if it is absent. */
  board?: number | undefined;
}

export const moveTo = (board: number): Change => ({
  make: (cards, title) => cards.publishUpdate(1, { boardId: board, title }),
  verb: 'updated',
  board,
});

export const rename: Change = { make: (cards, title) => cards.publishUpdate(1, { title }), verb: 'updated' };

export const destroy: Change = { make: (cards) => cards.publishDestroy(1), verb: 'destroyed', board: undefined };

/** Where the journal has the message of a change; 0 if the overseer has not heard it. */
function positionOf({ verb }: Change, title: string, overseer: TestClient): number {
  const isMeant = (message: CardMessage): boolean =>
    message.verb === verb && (verb === 'destroyed' || message.data?.title === title);
  const [, , note] = overseer.received.find(([, message]) => isMeant(message as CardMessage)) ?? [];
  const positions = Object.values((note as DeliveryNote | undefined)?.topics ?? {}).map(([, position]) => position);
  return Math.max(0, ...positions);
}

/** Where card 1 is shown after two changes, in the order of the journal. */
export function shownAfter(changes: ReadonlyArray<[Change, title: string]>): Record<number, string[]> {
  let board: number | undefined = 7;
  if (changes.some(([change]) => change === destroy)) return {};
  for (const [change] of changes) board = 'board' in change ? change.board : board;
  const [, title] = changes[1];
  return board === undefined ? {} : { [board]: [title, title] };
}

/** The channels, of which another one is the first in each round. */
export function inTurn({ channels }: Boards, round: number): ResourceChannel<Card>[] {
  return round % 2 === 0 ? channels : channels.toReversed();
}

/** Makes two changes at the same time, by either server in turn, and waits until everybody has heard of both. */
export async function cross(boards: Boards, round: number, [change, other]: readonly [Change, Change]) {
  const { overseer, cluster } = boards;
  const [cards, elsewhere] = inTurn(boards, round);
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
export async function agreedOn(readers: readonly Reader[], boards: 0 | 1): Promise<Record<number, string[]>> {
  // By the readers of one board at each server, with one title.
  const agreed = (): number[] => Object.values(shownOn(readers)).map((titles) => titles.length / new Set(titles).size);
  await expect.poll(agreed).toEqual(boards > 0 ? [2] : []);
  return shownOn(readers);
}

/** Sees that both servers know where the record is, and destroys it. */
export async function expectOn(board: number | string, { channels, readers }: Boards, version?: number): Promise<void> {
  for (const [index, one] of channels.entries()) {
    const title = `afterwards ${index}`;
    await one.publishUpdate(1, { title, ...(version && { version: version + index }) });
    await expect.poll(() => shownOn(readers)).toEqual({ [board]: [title, title] });
  }
  await channels[0].publishDestroy(1);
  await expect.poll(() => shownOn(readers)).toEqual({});
}
