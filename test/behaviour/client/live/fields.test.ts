import { describe, expect, it } from 'vitest';
import { eventually } from '../../../support/eventually.js';
import { client } from '../support/client.js';
import { type Card, startBoard } from './support/board.js';

const LIST = '/boards/7/cards';

/** A card with a field that its route leaves out where it is empty. */
interface DueCard extends Card {
  due?: string;
}

describe('What a message says of a record', () => {
  it('is shown in a field that no answer had before, once one has', async () => {
    const { app, cards } = await startBoard();
    const live = client(app.url).live<DueCard[]>(LIST);
    await live.ready();
    const channel = app.channel<DueCard>('card');

    await channel.publishUpdate(1, { due: 'not shown' });
    await eventually(() => expect(cards.count('list 7')).toBe(2));
    await live.ready();
    cards.put({ id: 2, due: 'soon' } as Partial<Card>);
    await live.reload();
    expect(live.data?.[1].due).toBe('soon');
    await channel.publishUpdate(2, { due: 'now' });

    await eventually(() => expect(live.data?.[1].due).toBe('now'));
    expect(cards.count('list 7')).toBe(3);
  });

  it('is read again where it is less than the record', async () => {
    const { app, cards } = await startBoard();
    const live = client(app.url).live<Card[]>(LIST);
    await live.ready();

    const big = cards.put({ id: 1, title: 'long '.repeat(20_000) });
    await app.channel<Card>('card').publishUpdate(1, { title: big.title });

    await eventually(() => expect(live.data?.[0].title).toBe(big.title));
    expect(cards.count('list 7')).toBe(2);
  });
});

describe('A read that fails for a while', () => {
  it('is tried again until it is answered, and keeps what was shown', async () => {
    const { app, cards } = await startBoard();
    const live = client(app.url).live<Card[]>(LIST);
    await live.ready();
    cards.before = () => Promise.reject(new Error('the database is away'));
    await expect(live.reload()).rejects.toMatchObject({ statusCode: 500 });
    expect(live).toMatchObject({ status: 'stale', error: { statusCode: 500 }, data: [{ title: 'a' }, {}, {}] });
    cards.put({ id: 1, title: 'A' });
    cards.before = undefined;

    await eventually(() => expect(live).toMatchObject({ status: 'live', data: [{ title: 'A' }, {}, {}] }));
    expect(live.error).toBeUndefined();
  });

  it('is tried again from the first time on', async () => {
    const { app, cards } = await startBoard();
    cards.before = () => {
      cards.before = undefined;
      return Promise.reject(new Error('the database is away'));
    };
    const live = client(app.url).live<Card[]>(LIST);

    await expect(live.ready()).rejects.toMatchObject({ statusCode: 500 });
    expect(live).toMatchObject({ status: 'error', data: undefined });
    live.subscribe(() => undefined);
    await eventually(() => expect(live).toMatchObject({ status: 'live', data: [{}, {}, {}] }));
  });
});
