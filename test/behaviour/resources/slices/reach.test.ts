import { describe, expect, it } from 'vitest';
import { start, type TestApplication } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { cardControllers, Cards, heard, read } from './support/cards.js';

interface Boards {
  app: TestApplication;
  seven: TestClient;
  eight: TestClient;
  /** Watches all cards. */
  all: TestClient;
}

async function boards(): Promise<Boards> {
  const app = await start({ controllers: cardControllers(), providers: [Cards] });
  const [seven, eight, all] = [await app.connect(), await app.connect(), await app.connect()];
  await read(seven, '/boards/7/cards');
  await read(eight, '/boards/8/cards');
  await read(all, '/cards');
  return { app, seven, eight, all };
}

describe('who watches a slice', () => {
  it('hears only of the records in it, new, changed and gone; who watches everything hears of all', async () => {
    const { app, seven, eight, all } = await boards();

    await app.request('POST', '/boards/7/cards', { id: 10, title: 'a' });
    await app.request('PATCH', '/cards/10', { title: 'b' });
    await app.request('DELETE', '/cards/10');
    await app.request('PATCH', '/cards/9', { title: 'c' });
    await app.settle();

    expect(seven.heard('card')).toEqual([
      { verb: 'created', id: 10, data: { id: 10, boardId: 7, title: 'a' } },
      { verb: 'updated', id: 10, data: { id: 10, boardId: 7, title: 'b' } },
      { verb: 'destroyed', id: 10 },
    ]);
    expect(heard(eight)).toEqual(['updated 9']);
    expect(heard(all)).toEqual(['created 10', 'updated 10', 'destroyed 10', 'updated 9']);
  });

  it('hears of a change whose response does not show in which slice the record is', async () => {
    const { app, seven, eight } = await boards();

    await app.request('PATCH', '/cards/5/title', { title: 'x' });
    await app.request('PATCH', '/cards/9/title', { title: 'y' });
    await app.settle();

    expect(seven.heard('card')).toEqual([{ verb: 'updated', id: 5, data: { id: 5, title: 'x' } }]);
    expect(heard(eight)).toEqual(['updated 9']);
  });

  it('hears what is published from code of a record that is known to be in it, whatever the verb', async () => {
    const { app, seven, eight } = await boards();
    const cards = app.channel<{ id: number; boardId: number; labels: object[] }>('card');

    await cards.publishCreate({ id: 11, boardId: 8, labels: [] });
    await cards.publishUpdate(11, { labels: [] });
    await cards.message(11, 'hello');
    await cards.publishAdd(5, 'labels', 3);
    await cards.publish([5, 11], { plain: true });
    await cards.publishDestroy(11);
    await app.settle();

    expect(heard(eight)).toEqual(['created 11', 'updated 11', 'messaged 11', 'undefined undefined', 'destroyed 11']);
    expect(seven.heard('card')).toEqual([{ verb: 'addedTo', id: 5, attribute: 'labels', addedId: 3 }, { plain: true }]);
  });

  it('who is in several of the rooms hears once', async () => {
    const { app, seven } = await boards();
    await read(seven, '/cards');
    await read(seven, '/cards/5');

    await app.request('PATCH', '/cards/5', { title: 'x' });
    await app.settle();

    expect(heard(seven)).toEqual(['updated 5']);
  });

  it('hears of no more once it is left, and goes on hearing of another', async () => {
    const { app, seven } = await boards();
    await read(seven, '/boards/8/cards');
    await read(seven, '/boards/7/cards/watch', 'delete');

    await app.request('PATCH', '/cards/5', { title: 'x' });
    await app.request('PATCH', '/cards/9', { title: 'y' });
    await app.settle();

    expect(heard(seven)).toEqual(['updated 9']);
  });

  it('a record that is in no slice is told to none, though it was read and changed', async () => {
    const { app, seven, eight, all } = await boards();
    app.get(Cards).save({ id: 12, boardId: null });
    await read(all, '/cards');

    await app.request('PATCH', '/cards/12', { title: 'x' });
    await app.request('DELETE', '/cards/12');
    await app.settle();

    expect([heard(seven), heard(eight)]).toEqual([[], []]);
    expect(heard(all)).toEqual(['updated 12', 'destroyed 12']);
  });
});
