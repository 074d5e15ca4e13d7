import { Injectable } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it } from 'vitest';
import { type DeliveryNote, BeforePublication, SubscribesTo } from '../../../../src/index.js';
import type { TestClient } from '../../../support/client.js';
import { recordFrames } from '../../routes/support/frames.js';
import { type Card, startWithCards } from './support/cards.js';
import { positionsOf, read, story } from './support/follow.js';

/** The positions of each note in one topic: of the one before, and its own. */
const chainOf = (client: TestClient, topic: string): Array<[number, number]> => positionsOf(client)[topic] ?? [];

async function topicOf(client: TestClient, url: string): Promise<string> {
  const { headers } = await read(client, url);
  expect(headers['realtime-topics']).toMatch(/^[\w-]+$/);
  return headers['realtime-topics'] ?? '';
}

describe('The note of a publication', () => {
  it('says, for the record, its slice and the collection, which publication came before, and its own place', async () => {
    const app = await startWithCards();
    const [one, board, all] = await Promise.all([app.connect(), app.connect(), app.connect()]);
    const topics = [
      await topicOf(one, '/cards/5'),
      await topicOf(board, '/boards/7/cards'),
      (await read(all, '/cards')).headers['realtime-topics']?.split(', ') ?? [],
    ].flat();
    const cards = app.channel<Card>('card');

    await cards.publishUpdate(5, { boardId: 7, title: 'a' });
    await cards.publishUpdate(9, { boardId: 8, title: 'b' });
    await cards.publishUpdate(6, { boardId: 7, title: 'c' });
    await cards.publishUpdate(5, { boardId: 7, title: 'd' });
    await app.settle();

    expect(chainOf(one, topics[0])).toEqual([
      [0, 1],
      [1, 4],
    ]);
    expect(chainOf(board, topics[1])).toEqual([
      [0, 1],
      [1, 3],
      [3, 4],
    ]);
    const collection = topics.find((topic) => chainOf(all, topic).length === 4) ?? '';
    expect(chainOf(all, collection)).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(Object.keys(positionsOf(one))).toHaveLength(3);
  });

  it('is the same for all who receive it, and says nothing of the slices that it is in', async () => {
    const app = await startWithCards();
    const [one, all] = await Promise.all([app.connect(), app.connect()]);
    const frames = [one, all].map(recordFrames);
    await read(one, '/cards/5');
    await read(all, '/cards');
    const cards = app.channel('card');
    await cards.publishUpdate(5, { title: 'a' });
    await app.settle();

    const [first, second] = [one, all].map(({ received }) => received.findLast(([event]) => event === 'card')?.[2]);
    expect(first).toEqual(second);
    const { topics } = first as { topics: object };
    for (const topic of Object.keys(topics)) expect(topic).toMatch(/^[\w-]{8}$/);
    const noted = frames.flat().filter((frame) => frame.includes('"updated"'));
    expect(noted).toHaveLength(2);
    for (const frame of noted) expect(frame).not.toContain('boardId');
  });

  it('names topics otherwise in another process, so that nobody can tell from a name what it is', async () => {
    const [one, other] = [await startWithCards(), await startWithCards()];
    const names = [await topicOf(await one.connect(), '/cards/5'), await topicOf(await other.connect(), '/cards/5')];
    expect(names[0]).not.toBe(names[1]);
    expect(await topicOf(await one.connect(), '/cards/5')).toBe(names[0]);
  });

  it('is the same in all namespaces that carry the resource', async () => {
    @WebSocketGateway({ namespace: '/team' })
    @SubscribesTo('card')
    class TeamGateway {}
    const app = await startWithCards({}, { providers: [TeamGateway] });
    const [here, team] = [await app.connect(), await app.connect({ namespace: '/team' })];
    for (const client of [here, team]) await read(client, '/cards/5');

    await app.channel('card').publishUpdate(5, { boardId: 7, title: 'a' });
    await app.channel('card').publishUpdate(5, { boardId: 7, title: 'b' });
    await app.settle();

    const notes = [here, team].map(({ received }) =>
      received.filter(([event]) => event === 'card').map(([, , note]) => note),
    );
    expect(notes[0]).toHaveLength(2);
    expect(notes[1]).toEqual(notes[0]);
  });

  it('has no position where nothing is kept, and neither have answers', async () => {
    const app = await startWithCards({ journal: false });
    const client = await app.connect();
    const { headers } = await read(client, '/cards/5', { 'realtime-since': 'new' });

    await app.channel('card').publishUpdate(5, { title: 'a' });
    const [, note] = await client.next('card');

    expect(note).toEqual({ id: expect.any(String) });
    expect(Object.keys(headers).filter((name) => name.startsWith('realtime-'))).toEqual(['realtime-resource']);
  });
});

describe('A publication that is not for a socket', () => {
  const change = async ({ socket }: TestClient): Promise<void> =>
    void (await socket.emitWithAck('patch', { url: '/cards/5', data: { title: 'own' } }));

  it('is told by its position alone to a requester that follows positions', async () => {
    const app = await startWithCards();
    const [own, other] = [await app.connect(), await app.connect()];
    await read(own, '/cards/5', { 'realtime-since': 'new' });
    await read(other, '/cards/5');

    await change(own);
    await app.settle();

    const [, , note] = other.received.find(([event]) => event === 'card') ?? [];
    const { id, epoch, topics } = note as DeliveryNote;
    expect(own.heard('sockets:position')).toEqual([{ resource: 'card', id, epoch, topics }]);
    expect(own.heard('card')).toEqual([]);
  });

  it('is not told at all to one that does not, nor to one that does and is in none of its rooms', async () => {
    const app = await startWithCards();
    const [plain, elsewhere] = [await app.connect(), await app.connect()];
    await read(plain, '/cards/5');
    await read(elsewhere, '/cards/9', { 'realtime-since': 'new' });
    elsewhere.forget();

    await change(plain);
    await change(elsewhere);
    await app.settle();

    expect(plain.heard('sockets:position')).toEqual([]);
    expect(story(elsewhere)).toEqual([]);
  });

  it('is told by its position to the audience for which @BeforePublication has stopped it', async () => {
    @Injectable()
    class Stopping {
      @BeforePublication('card')
      stop(message: { data: { secret?: string } }) {
        return message.data.secret === undefined ? null : undefined;
      }
    }
    const views = {
      view: ({ id, boardId }: Card) => ({ id, boardId }),
      views: { admin: (card: object) => card },
      audience: (user: unknown) => (user === 'admin' ? 'admin' : undefined),
    };
    const app = await startWithCards({ resources: { card: views } }, { providers: [Stopping] });
    const [plain, quiet, admin] = await Promise.all(
      ['plain', 'quiet', 'admin'].map((user) => app.connect({ auth: { user } })),
    );
    for (const client of [plain, admin]) await read(client, '/cards/5', { 'realtime-since': 'new' });
    await read(quiet, '/cards/5');
    for (const client of [plain, quiet, admin]) client.forget();

    await app.request('PATCH', '/cards/5', { secret: 'CANARY' });
    await app.settle();

    expect(story(admin)).toEqual(['card updated 5']);
    expect(story(plain)).toEqual(['sockets:position']);
    expect(JSON.stringify(plain.received)).not.toContain('CANARY');
    expect(story(quiet)).toEqual([]);
  });
});

describe('A socket that is subscribed to some verbs only', () => {
  it('is told of no topic that it follows, and hears nothing of other verbs, not even their positions', async () => {
    const app = await startWithCards();
    const client = await app.connect();
    const { headers } = await read(client, '/cards/5/updates', { 'realtime-since': 'new' });
    client.forget();

    await app.channel('card').publishVerb('moved', 5, {});
    await app.channel('card').publishUpdate(5, { title: 'a' });
    await app.settle();

    expect(headers['realtime-position']).toMatch(/^[\w-]+; card=0$/);
    expect(headers).not.toHaveProperty('realtime-topics');
    expect(story(client)).toEqual(['card updated 5 a']);
  });
});
