import { describe, expect, it, type TestContext } from 'vitest';
import type { TestClient } from '../../../support/client.js';
import { eventually } from '../../../support/eventually.js';
import { client } from '../../client/support/client.js';
import { type Cluster, sharesJournal, withCluster } from '../../../support/cluster.js';
import { type Card, Cards, controllers } from './support/cards.js';
import { read, sinceOf, story } from './support/follow.js';

const startCluster = withCluster();

const LIST = '/boards/7/cards';

interface Doubting {
  cluster: Cluster;
  /** Who has read the list on the first server, and stays. */
  witness: TestClient;
  /** Has the second server change a card without knowing where that is: whoever watches its list is to read again. */
  doubt(): Promise<void>;
}

async function startDoubting(context: TestContext): Promise<Doubting> {
  const cluster = await startCluster(context, { controllers, providers: [Cards] });
  const { a, b } = cluster;
  const [witness, far] = [await cluster.connect(a), await cluster.connect(b)];
  await read(witness, LIST);
  await b.channel('card').watch(far.id, { boardId: 7 });
  const doubt = async (): Promise<void> => {
    await b.channel<Card>('card').publishUpdate(5, { title: 'elsewhere' });
    await Promise.all([witness.next('sockets:stale'), far.next('sockets:stale')]);
    await cluster.settle();
  };
  return { cluster, witness, doubt };
}

describe('Where it is not known whether a record is in a slice still', () => {
  it('who was away is told that something is missing, and not once more after that', async (context) => {
    const { cluster, doubt } = await startDoubting(context);
    const { a, b } = cluster;
    const before = await cluster.connect(a);
    const since = sinceOf(await read(before, LIST));
    const others = sinceOf(await read(before, '/boards/8/cards'));
    before.socket.disconnect();
    await doubt();

    const back = await cluster.connect(a);
    const again = await read(back, LIST, { 'realtime-since': since });
    await read(back, '/boards/8/cards', { 'realtime-since': others });
    await read(back, LIST, { 'realtime-since': sinceOf(again) });
    await cluster.settle();
    expect(back.heard('sockets:recovered')).toMatchObject([
      { recovered: false, resources: ['card'] },
      { recovered: true },
      { recovered: true },
    ]);

    const elsewhere = await cluster.connect(b);
    await read(elsewhere, LIST, { 'realtime-since': since });
    await read(elsewhere, '/boards/8/cards', { 'realtime-since': others });
    await cluster.settle();
    expect(elsewhere.heard('sockets:recovered')).toMatchObject([{ recovered: false }, { recovered: sharesJournal }]);
  });

  it.for([
    ['is told to read again', {}, 'sockets:stale'],
    ['that follows positions is told that something is missing', { 'realtime-since': 'new' }, 'sockets:recovered'],
  ] as const)('who was reading meanwhile %s', async ([, headers, told], context) => {
    const { cluster, doubt } = await startDoubting(context);
    const { a } = cluster;
    const reader = await cluster.connect(a);
    const held = a.nest.get(Cards).hold();
    const answer = read(reader, LIST, headers);
    await held.read;
    await doubt();
    held.goOn();
    await answer;
    await cluster.settle();

    expect(story(reader).filter((event) => !event.startsWith('settled'))).toEqual(['answer', told]);
    expect(reader.heard('sockets:recovered')).toMatchObject(told === 'sockets:stale' ? [] : [{ recovered: false }]);
    reader.forget();
    await read(reader, LIST, { 'realtime-since': 'new' });
    await cluster.settle();
    expect(reader.heard('sockets:recovered')).toMatchObject([{ recovered: true }]);
  });

  it('a live query of what was rendered before reads again', async (context) => {
    const { cluster, doubt } = await startDoubting(context);
    const { a } = cluster;
    const { body, headers } = await a.request('GET', LIST, undefined, { 'realtime-since': 'new' });
    a.nest.get(Cards).rows.get(5)!.title = 'elsewhere';
    await doubt();

    const initial = { body: body as Card[], position: headers.get('realtime-position') };
    const live = client(a.url).live<Card[]>(LIST, { initial });
    live.subscribe(() => undefined);
    await eventually(() => expect(live).toMatchObject({ status: 'live', data: [{ title: 'elsewhere' }, {}] }));
  });

  it('who is reading while another server tells where a record was hears, after the answer, that it has left', async (context) => {
    const { cluster, witness } = await startDoubting(context);
    const { a, b } = cluster;
    const reader = await cluster.connect(a);
    const held = a.nest.get(Cards).hold();
    const answer = read(reader, LIST);
    await held.read;
    await b.channel<Card>('card').publishUpdate(5, { boardId: 8 });
    await witness.next('card');
    held.goOn();
    await answer;
    await cluster.settle();

    expect(story(reader).filter((event) => !event.startsWith('settled'))).toEqual(['answer', 'card left 5']);
  });

  it('who was away is told so, too, where too many slices are in doubt to remember each', async (context) => {
    const { cluster, witness, doubt } = await startDoubting(context);
    const { a, b } = cluster;
    const since = sinceOf(await read(witness, LIST));
    const follower = await cluster.connect(a);
    const one = sinceOf(await read(follower, '/cards/9'));
    follower.socket.disconnect();
    const others = Array.from({ length: 1_000 }, (_, index) => index + 1_000);
    for (const id of others) await a.channel<Card>('card').publishCreate({ id, boardId: id, title: 'new' });
    const last = await cluster.connect(a);
    await a.channel('card').watch(last.id, { boardId: others.at(-1)! });
    await doubt();
    for (const id of others) void b.channel<Card>('card').publishUpdate(id, { title: 'elsewhere' });
    await last.next('sockets:stale');

    const back = await cluster.connect(a);
    const again = await read(back, LIST, { 'realtime-since': since });
    await read(back, LIST, { 'realtime-since': sinceOf(again) });
    await cluster.settle();
    expect(back.heard('sockets:recovered')).toMatchObject([{ recovered: false }, { recovered: true }]);

    const single = await cluster.connect(a);
    await read(single, '/cards/9', { 'realtime-since': one });
    await cluster.settle();
    expect(single.heard('sockets:recovered')).toMatchObject([{ recovered: true }]);
  });
});
