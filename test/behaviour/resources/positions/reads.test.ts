import type { INestApplication } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { ResourcefulPubSub } from '../../../../src/index.js';
import type { TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { publishOnEnd } from '../../routes/support/publish-on-end.js';
import { type Card, Cards, startWithCards } from './support/cards.js';
import { positionsOf, type Read, read, readOverHttp, story } from './support/follow.js';

const manners: Array<[string, (app: TestApplication, client: TestClient, url: string) => Promise<Read>]> = [
  ['over the socket', (_app, client, url) => read(client, url)],
  ['over HTTP, naming the socket', readOverHttp],
];

describe.each(manners)('What is published between a read and its subscription, %s,', (_manner, readBy) => {
  /** Does something while a handler has its answer, and not given it yet. */
  async function during(app: TestApplication, client: TestClient, url: string, work: () => unknown): Promise<Read> {
    const held = app.get(Cards).hold();
    const answer = readBy(app, client, url);
    await held.read;
    await work();
    held.goOn();
    return answer;
  }

  it('follows the answer: each message once, in order, of the record that was read', async () => {
    const app = await startWithCards();
    const client = await app.connect();
    const cards = app.channel<Card>('card');

    const { body, headers } = await during(app, client, '/cards/5', async () => {
      await cards.publishUpdate(5, { title: 'a' });
      await cards.publishUpdate(9, { title: 'other' });
      await cards.publishUpdate(5, { title: 'b' });
    });
    await client.next<{ data: Card }>('card', ({ data }) => data.title === 'b');
    await cards.publishUpdate(5, { title: 'c' });
    await app.settle();

    expect(body).toMatchObject({ title: 'five' });
    expect(headers['realtime-position']).toMatch(/^[\w-]+; card=0$/);
    expect(story(client).filter((line) => line !== 'answer')).toEqual([
      'card updated 5 a',
      'card updated 5 b',
      'card updated 5 c',
    ]);
    expect(positionsOf(client)[headers['realtime-topics'] ?? '']).toEqual([
      [0, 1],
      [1, 3],
      [3, 4],
    ]);
  });

  it('follows the answer of a list: what is created, what enters and what leaves', async () => {
    const app = await startWithCards();
    const client = await app.connect();
    const cards = app.channel<Card>('card');

    await during(app, client, '/boards/7/cards', async () => {
      await cards.publishCreate({ id: 10, boardId: 7, title: 'new' });
      await cards.publishUpdate(9, { boardId: 7, title: 'nine' }, { previous: { boardId: 8 } });
      await cards.publishUpdate(5, { boardId: 8, title: 'five' }, { previous: { boardId: 7 } });
      await cards.publishDestroy(6, { previous: { boardId: 7 } });
      await cards.publishCreate({ id: 11, boardId: 8, title: 'elsewhere' });
    });
    await client.next<{ verb: string }>('card', ({ verb }) => verb === 'destroyed');
    await app.settle();

    expect(story(client).filter((line) => line !== 'answer')).toEqual([
      'card created 10 new',
      'card entered 9 nine',
      'card left 5',
      'card destroyed 6',
    ]);
  });

  it('reaches a watcher who reads one record more only once', async () => {
    const app = await startWithCards();
    const client = await app.connect();
    const cards = app.channel<Card>('card');
    await readBy(app, client, '/cards');
    await during(app, client, '/cards/5', () => cards.publishUpdate(5, { title: 'a' }));
    await cards.publishUpdate(5, { title: 'b' });
    await client.next<{ data: Card }>('card', ({ data }) => data.title === 'b');
    await app.settle();

    expect(story(client).filter((line) => line !== 'answer')).toEqual(['card updated 5 a', 'card updated 5 b']);
  });

  it('reaches a reader of an older state, though a later read that knows it has subscribed to all', async () => {
    const app = await startWithCards();
    const client = await app.connect();
    const cards = app.channel<Card>('card');

    await during(app, client, '/cards/5', async () => {
      app.get(Cards).rows.set(5, { id: 5, boardId: 7, title: 'a' });
      await cards.publishUpdate(5, { title: 'a' });
      const later = app.get(Cards).hold();
      const answer = read(client, '/cards');
      await later.read;
      later.goOn();
      await answer;
    });
    await client.next('card');
    await app.settle();

    expect(story(client).filter((line) => line !== 'answer')).toEqual(['card updated 5 a']);
  });

  it('follows for both of two decorators on one route, and for records that are populated', async () => {
    const app = await startWithCards();
    const [both, owner] = [await app.connect(), await app.connect()];
    const publish = async (): Promise<void> => {
      await app.channel('note').publishCreate({ id: 4, title: 'note' });
      await app.channel('card').publishUpdate(5, { title: 'a' });
      await app.channel('user').publishUpdate(1, { name: 'grace' });
    };

    const { headers } = await during(app, both, '/cards/of/5/and-notes', publish);
    const { headers: ofOwner } = await during(app, owner, '/cards/of/5/with-owner', publish);
    await both.next('note');
    await owner.next('user');
    await app.settle();

    expect(headers['realtime-position']).toMatch(/^[\w-]+; card=0; note=0$/);
    expect(ofOwner['realtime-position']).toMatch(/^[\w-]+; card=1; user=1$/);
    const heardBy = (client: TestClient): string[] => story(client).filter((line) => line !== 'answer');
    // Of those that belong to several resources, each resource has an order of its own.
    expect(heardBy(both).toSorted()).toEqual([
      'card updated 5 a',
      'card updated 5 a',
      'note created 4 note',
      'note created 4 note',
    ]);
    expect(heardBy(owner)).toEqual(['card updated 5 a', 'user updated 1 grace']);
  });

  it('follows the answer of a change that subscribes, with the publication of the change itself', async () => {
    const app = await startWithCards();
    const client = await app.connect();
    const held = app.get(Cards).hold();
    const answer =
      readBy === readOverHttp
        ? app.request('POST', '/cards/5/subscribe', {}, { 'x-socket-id': client.id })
        : client.socket.emitWithAck('post', { url: '/cards/5/subscribe' });
    await held.read;
    await app.channel('card').publishUpdate(5, { title: 'meanwhile' });
    held.goOn();
    await answer;
    await client.next<{ data: Card }>('card', ({ data }) => data.title === 'subscribed');
    await app.settle();

    expect(story(client)).toEqual(['card updated 5 meanwhile', 'card updated 5 subscribed']);
  });
});

describe('The answer to a read that subscribes', () => {
  it('comes before what is published while it is sent', async () => {
    const app = await startWithCards({}, { main: (nest: INestApplication) => publishCardOnEnd(nest) });
    const client = await app.connect();
    await read(client, '/cards/5');
    await app.settle();

    expect(story(client)).toEqual(['answer', 'card updated 5 while it is answered']);
  });

  it('is not waited for where nothing is kept: the reader enters before it, and loses nothing', async () => {
    const app = await startWithCards({ journal: false }, { main: publishCardOnEnd });
    const client = await app.connect();
    await read(client, '/cards/5');
    await app.settle();

    expect(story(client).toSorted()).toEqual(['answer', 'card updated 5 while it is answered']);
  });

  it('is followed by `sockets:stale` if more has happened meanwhile than is kept', async () => {
    const app = await startWithCards({ journal: { maxEntries: 2 } });
    const client = await app.connect();
    const held = app.get(Cards).hold();
    const answer = read(client, '/cards/5');
    await held.read;
    for (const title of ['a', 'b', 'c']) await app.channel('card').publishUpdate(5, { title });
    held.goOn();
    await answer;
    await app.settle();

    expect(story(client)).toEqual(['answer', 'sockets:stale']);
    expect(client.heard('sockets:stale')).toEqual([{ resource: 'card' }]);
  });
});

/** Publishes a change of card 5 at the moment when an answer begins to leave. */
function publishCardOnEnd(nest: INestApplication): void {
  publishOnEnd(nest, () => nest.get(ResourcefulPubSub).of('card').publishUpdate(5, { title: 'while it is answered' }));
}
