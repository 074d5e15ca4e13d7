import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Injectable, type Type } from '@nestjs/common';
import { describe, expect, it, type TestContext } from 'vitest';
import { OnPublication, type ResourceChannel, SocketsModule } from '../../../../src/index.js';
import { redis } from '../../../../src/server/cluster/engines/redis.js';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { RedisServer } from '../../../support/redis.js';
import { LateRedis } from './support/late-redis.js';
import { CLIENTS } from './support/servers.js';

interface Card {
  id: number;
  boardId?: number;
  ownerId?: number;
  title?: string;
}

interface CardMessage {
  verb: string;
  id: number;
  data?: Card;
}

/** What a client watches. */
type Slice = Pick<Card, 'boardId' | 'ownerId'>;

interface Cards {
  /** The channel of the first server, to which Redis may be late, and that of the other one. */
  cards: ResourceChannel<Card>;
  elsewhere: ResourceChannel<Card>;
  late: LateRedis;
  /** Gives the watchers of a slice, one at each server. */
  watch: (slice: Slice) => Promise<[TestClient, TestClient]>;
  /** Resolves once both servers have heard all that both have published. */
  settle: () => Promise<void>;
  /** Resolves once one server has heard what the other one has said, whatever waits for its place there. */
  hear: (by: 'the first' | 'the other') => Promise<void>;
}

/** Starts two servers, which know that card 1 is on board 7, of owner 5. */
async function startCards(context: TestContext, providers: Type[] = []): Promise<Cards> {
  const server = await RedisServer.startFor(context);
  const late = await LateRedis.to(server.url);
  const prefix = randomUUID();
  const servers = await Promise.all([late.url, server.url].map((url) => startOne(url, prefix, providers)));
  for (const { sockets } of servers) await expect.poll(() => sockets.server.of('/').adapter.serverCount()).toBe(2);
  const watch = async (slice: Slice): Promise<[TestClient, TestClient]> => {
    const [one, other] = servers;
    return [await watcherOf(one, slice), await watcherOf(other, slice)];
  };
  const [cards, elsewhere] = servers.map((one) => one.channel<Card>('card'));
  const markers = await watch({ boardId: 99 });
  let number = 100;
  const settle = async (): Promise<void> => {
    // There and back, for what a server does when it hears of something.
    for (let way = 0; way < 2; way++) {
      for (const channel of [cards, elsewhere]) {
        const id = number++;
        void channel.publishCreate({ id, boardId: 99 });
        for (const one of markers) await expect.poll(() => toldOf(one)).toContain(`created ${id}`);
      }
    }
  };
  for (const one of [cards, elsewhere]) {
    await one.publishUpdate(1, { boardId: 7, ownerId: 5 });
    await settle();
  }
  const hear = async (by: 'the first' | 'the other'): Promise<void> => {
    const all = servers.map(({ sockets }) => sockets.server);
    const [here, there] = by === 'the first' ? all : all.toReversed();
    const heard = once(here, 'marker');
    there.serverSideEmit('marker');
    await heard;
  };
  return { cards, elsewhere, late, watch, settle, hear };
}

function startOne(url: string, prefix: string, providers: Type[]): Promise<TestApplication> {
  const cluster = redis({ client: CLIENTS.ioredis(url), prefix });
  const resources = { card: { idType: 'number' as const, slices: ['boardId', 'ownerId'] } };
  return start({ imports: [SocketsModule.forRoot({ cluster, resources, journal: { timeout: 30_000 } })], providers });
}

async function watcherOf(server: TestApplication, slice: Slice): Promise<TestClient> {
  const client = await server.connect();
  await server.channel('card').watch(client.id, slice);
  return client;
}

/** What a client was told of cards, in words. */
function toldOf(client: TestClient): string[] {
  return client.heard('card').map((message) => {
    const { verb, id, data } = message as CardMessage;
    return [verb, id, data?.title].filter((part) => part !== undefined).join(' ');
  });
}

/** What the listeners of both servers have heard. */
const titles: Array<string | undefined> = [];

@Injectable()
class TitleListener {
  @OnPublication('card', 'updated')
  hear({ data }: CardMessage): void {
    titles.push(data?.title);
  }
}

describe('A record that a server changes before it has heard that another one has moved it', () => {
  it('is shown where it was moved, though it was changed twice', async (context) => {
    const { cards, elsewhere, late, watch, settle } = await startCards(context);
    const [seven, eight] = [await watch({ boardId: 7 }), await watch({ boardId: 8 })];

    late.hold();
    await elsewhere.publishUpdate(1, { boardId: 8, title: 'moved' });
    await expect.poll(() => toldOf(eight[1])).toEqual(['entered 1 moved']);
    void cards.publishUpdate(1, { title: 'first' });
    void cards.publishUpdate(1, { title: 'second' });
    await expect.poll(() => toldOf(seven[1])).toContain('updated 1 second');
    late.release();
    await settle();

    for (const client of eight) expect(toldOf(client).at(-1)).toBe('updated 1 second');
    for (const client of eight) expect(toldOf(client)).not.toContain('left 1');
    for (const client of seven) expect(toldOf(client)).toContain('left 1');
    for (const [index, one] of [cards, elsewhere].entries()) {
      await one.publishUpdate(1, { title: `by ${index}` });
      for (const client of eight) await expect.poll(() => toldOf(client).at(-1)).toBe(`updated 1 by ${index}`);
    }
  });

  it('is told to listeners once, though it was sent to further slices later', async (context) => {
    const { cards, elsewhere, late, watch, settle } = await startCards(context, [TitleListener]);
    const eight = await watch({ boardId: 8 });
    titles.length = 0;

    late.hold();
    await elsewhere.publishUpdate(1, { boardId: 8, title: 'moved' });
    await expect.poll(() => toldOf(eight[1])).toEqual(['entered 1 moved']);
    await cards.publishUpdate(1, { title: 'renamed' });
    late.release();
    await settle();

    for (const client of eight) expect(toldOf(client)).toContain('updated 1 renamed');
    expect(titles).toEqual(['moved', 'renamed']);
  });

  it('is told to be destroyed where it was, and where it was moved', async (context) => {
    const { cards, elsewhere, late, watch, settle } = await startCards(context);
    const [seven, eight] = [await watch({ boardId: 7 }), await watch({ boardId: 8 })];

    late.hold();
    await elsewhere.publishUpdate(1, { boardId: 8, title: 'moved' });
    await expect.poll(() => toldOf(eight[1])).toEqual(['entered 1 moved']);
    void cards.publishDestroy(1);
    await expect.poll(() => toldOf(seven[1])).toContain('destroyed 1');
    late.release();
    await settle();

    for (const client of seven) expect(toldOf(client).toSorted()).toEqual(['destroyed 1', 'left 1']);
    for (const client of eight) expect(toldOf(client).at(-1)).toBe('destroyed 1');
  });

  it('is where both have moved it, for the other one, which has changed it since', async (context) => {
    const { cards, elsewhere, late, watch, settle } = await startCards(context);
    const [five, six] = [await watch({ ownerId: 5 }), await watch({ ownerId: 6 })];
    const eight = await watch({ boardId: 8 });

    late.hold();
    await elsewhere.publishUpdate(1, { ownerId: 6 });
    await expect.poll(() => toldOf(six[1])).toEqual(['entered 1']);
    void cards.publishUpdate(1, { boardId: 8 });
    await expect.poll(() => toldOf(eight[1])).toEqual(['entered 1']);
    await elsewhere.publishUpdate(1, { title: 'since' });
    await expect.poll(() => toldOf(eight[1])).toContain('updated 1 since');
    late.release();
    await settle();
    await elsewhere.publishUpdate(1, { title: 'of the other' });

    for (const client of six) await expect.poll(() => toldOf(client)).toContain('updated 1 of the other');
    await settle();
    for (const client of five) expect(toldOf(client)).not.toContain('updated 1 of the other');
  });

  it('is where the other one has moved it by several changes, each of which says a part of that', async (context) => {
    const { cards, elsewhere, late, watch, settle } = await startCards(context);
    const [eight, six] = [await watch({ boardId: 8 }), await watch({ ownerId: 6 })];

    late.hold();
    await elsewhere.publishUpdate(1, { boardId: 8 });
    await elsewhere.publishUpdate(1, { ownerId: 6 });
    await expect.poll(() => toldOf(six[1])).toEqual(['entered 1']);
    void cards.publishUpdate(1, { title: 'renamed' });
    late.release();
    await settle();

    for (const [index, one] of [cards, elsewhere].entries()) {
      await one.publishUpdate(1, { title: `by ${index}` });
      for (const client of [...eight, ...six])
        await expect.poll(() => toldOf(client).at(-1)).toBe(`updated 1 by ${index}`);
    }
  });

  it('is where it was moved, though the other one has changed its owner before and since', async (context) => {
    const { cards, elsewhere, late, watch, settle } = await startCards(context);
    const [six, four] = [await watch({ ownerId: 6 }), await watch({ ownerId: 4 })];
    const [seven, nine] = [await watch({ boardId: 7 }), await watch({ boardId: 9 })];

    late.hold();
    await elsewhere.publishUpdate(1, { ownerId: 6 });
    await expect.poll(() => toldOf(six[1])).toEqual(['entered 1']);
    void cards.publishUpdate(1, { boardId: 9 });
    await expect.poll(() => toldOf(nine[1])).toEqual(['entered 1']);
    await elsewhere.publishUpdate(1, { ownerId: 4 });
    await expect.poll(() => toldOf(four[1])).toEqual(['entered 1']);
    late.release();
    await settle();

    for (const client of seven) expect(toldOf(client)).toContain('left 1');
    for (const client of nine) expect(toldOf(client)).not.toContain('left 1');
    for (const [index, one] of [cards, elsewhere].entries()) {
      await one.publishUpdate(1, { title: `by ${index}` });
      for (const client of [...nine, ...four])
        await expect.poll(() => toldOf(client).at(-1)).toBe(`updated 1 by ${index}`);
    }
  });

  it('is where the other one has moved it since, though the first one says later what it has done', async (context) => {
    const { cards, elsewhere, late, watch, settle, hear } = await startCards(context);
    const six = await watch({ ownerId: 6 });
    const [eight, nine] = [await watch({ boardId: 8 }), await watch({ boardId: 9 })];

    late.hold();
    await elsewhere.publishUpdate(1, { ownerId: 6 });
    await expect.poll(() => toldOf(six[1])).toEqual(['entered 1']);
    void cards.publishUpdate(1, { boardId: 8 });
    await expect.poll(() => toldOf(eight[1])).toEqual(['entered 1']);
    // What it has asked Redis: by the time that this is answered, it has heard all that came before its change.
    await expect.poll(() => late.holds('pong')).toBe(true);
    const passBefore = late.takeHeld();
    await elsewhere.publishUpdate(1, { boardId: 9 });
    await expect.poll(() => toldOf(nine[1])).toEqual(['entered 1']);
    passBefore();
    await expect.poll(() => toldOf(six[0])).toHaveLength(2);
    await hear('the other');
    late.release();
    await settle();
    await elsewhere.publishUpdate(1, { title: 'of the other' });

    for (const client of nine) await expect.poll(() => toldOf(client)).toContain('updated 1 of the other');
    await settle();
    for (const client of eight) expect(toldOf(client)).not.toContain('updated 1 of the other');
  });
});

describe('A record that another server moves before a server knows where its own change stands', () => {
  it('is where it was moved, though it is changed once more', async (context) => {
    const { cards, elsewhere, late, watch, settle, hear } = await startCards(context);
    const [seven, eight] = [await watch({ boardId: 7 }), await watch({ boardId: 8 })];

    late.hold('answers');
    void cards.publishUpdate(1, { title: 'first' });
    await expect.poll(() => toldOf(seven[1])).toContain('updated 1 first');
    await elsewhere.publishUpdate(1, { boardId: 8, title: 'moved' });
    await expect.poll(() => toldOf(eight[1])).toEqual(['entered 1 moved']);
    await hear('the first');
    void cards.publishUpdate(1, { title: 'second' });
    late.release();
    await settle();
    await cards.publishUpdate(1, { title: 'afterwards' });

    for (const client of eight) await expect.poll(() => toldOf(client).at(-1)).toBe('updated 1 afterwards');
  });
});
