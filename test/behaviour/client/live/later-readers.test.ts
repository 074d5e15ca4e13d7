import { describe, expect, it } from 'vitest';
import type { Gap } from '../../../../src/front-ends/client/index.js';
import { SocketsModule } from '../../../../src/index.js';
import type { TestApplication } from '../../../support/application.js';
import { eventually } from '../../../support/eventually.js';
import { Gate } from '../../../support/gate.js';
import { client, failure, reaches } from '../support/client.js';
import { Line } from '../support/line.js';
import { byPosition, type Card, type Cards, record, startBoard } from './support/board.js';

const LIST = '/boards/7/cards';

const byTitle = (one: Card, other: Card): number => one.title.localeCompare(other.title);

/** More changes than a server or a client remembers. */
const MANY = Array.from({ length: 1_001 }, (_, number) => `${number}`);

async function rename(app: TestApplication, cards: Cards, id: number, titles: readonly string[]): Promise<void> {
  const channel = app.channel<Card>('card');
  for (const title of titles) await channel.publishUpdate(id, { ...cards.put({ id, title }) });
}

describe('Who begins to read later, by other rules', () => {
  it('is answered, also where more has happened than is remembered', async () => {
    const { app, cards } = await startBoard();
    const sockets = client(app.url);
    const first = sockets.live<Card[]>(LIST, { compare: byPosition });
    await first.ready();
    await rename(app, cards, 2, MANY);
    await eventually(() => expect(first.data?.[1].title).toBe(MANY.at(-1)));

    const late = sockets.live<Card[]>(LIST, { compare: byTitle });

    expect((await late.ready()).map(({ title }) => title)).toEqual([MANY.at(-1), 'a', 'c']);
    expect(first.status).toBe('live');
    expect(cards.count('list 7')).toBe(2);
  });

  it('is read for, where the last read was refused after it had been answered', async () => {
    const { app, cards } = await startBoard();
    const line = await Line.to(app.url);
    const sockets = client(line.url);
    const first = sockets.live<Card[]>(LIST);
    first.subscribe(() => undefined);
    await first.ready();
    cards.closed.add(7);
    line.cut();
    await reaches(sockets, 'reconnecting');
    line.mend();
    await eventually(() => expect(first).toMatchObject({ status: 'error', error: { statusCode: 403 } }));

    expect(await failure(first.ready())).toMatchObject({ statusCode: 403 });
    expect(await failure(sockets.live<Card[]>(LIST, { compare: byPosition }).ready())).toMatchObject({
      statusCode: 403,
    });
    cards.closed.clear();
    const late = sockets.live<Card[]>(LIST, { compare: byTitle });

    expect(await late.ready()).toHaveLength(3);
    expect(await first.ready()).toHaveLength(3);
  });

  it('is shown nothing that was revoked since, though no other query showed that any more', async () => {
    const imports = [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.user })];
    const { app, cards } = await startBoard({ imports });
    const sockets = client(app.url, { auth: { user: 5 } });
    const first = sockets.live<Card[]>('/open', { includes: ({ title }) => title !== 'secret' });
    first.subscribe(() => undefined);
    await first.ready();
    await rename(app, cards, 2, ['secret']);
    await eventually(() => expect(first.data).toHaveLength(3));
    const told = new Promise<void>((resolve) => sockets.onRevoked(() => resolve()));
    cards.put({ id: 2, done: true });
    await app.sockets.revoke({ user: 5, resource: 'card', ids: 2 });
    await told;

    const late = sockets.live<Card[]>('/open');
    const shown = record(late);
    expect(await late.ready()).toHaveLength(3);
    expect(JSON.stringify(shown)).not.toContain('secret');
    expect(first.data).toEqual(late.data);
  });
});

describe('A live query that is first read while more is published than the server keeps', () => {
  it('is read again', async () => {
    const { app, cards } = await startBoard();
    const gate = new Gate();
    cards.before = () => gate.opened;
    const live = client(app.url).live<Card[]>(LIST);
    await eventually(() => expect(cards.count('list 7')).toBe(1));
    await rename(app, cards, 3, ['early']);
    await rename(app, cards, 2, MANY);
    cards.before = undefined;
    gate.open();

    expect((await live.ready()).map(({ title }) => title)).toEqual(['a', MANY.at(-1), 'early']);
    expect(cards.count('list 7')).toBe(2);
  });
});

describe('A change that another read brings before the answer that lacks it', () => {
  it('is heard once, before later ones, and shown by both', async () => {
    const { app, cards, write } = await startBoard();
    const sockets = client(app.url);
    const heard: string[] = [];
    const losses: Gap[] = [];
    sockets.on<Card>('card', (message) => void ('data' in message && heard.push((message.data as Card).title)));
    sockets.onGap((gap) => void (gap.recovered || losses.push(gap)));
    const list = sockets.live<Card[]>(LIST, { compare: byPosition });
    list.subscribe(() => undefined);
    await list.ready();
    const gate = new Gate();
    cards.before = () => gate.opened;
    const one = sockets.live<Card>('/cards/1');
    one.subscribe(() => undefined);
    await eventually(() => expect(cards.count('one 1')).toBe(1));
    await write('PATCH', '/cards/1', { title: 'second' });
    await eventually(() => expect(heard).toEqual(['second']));
    gate.open();

    expect((await one.ready()).title).toBe('second');
    await write('PATCH', '/cards/1', { title: 'third' });
    await eventually(() => expect([one.data?.title, list.data?.[0].title]).toEqual(['third', 'third']));
    expect(heard).toEqual(['second', 'third']);
    expect(losses).toEqual([]);
    expect(cards.calls).toEqual(['list 7', 'one 1']);
  });
});
