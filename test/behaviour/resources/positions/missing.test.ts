import { describe, expect, it } from 'vitest';
import { SubscribesTo } from '../../../../src/index.js';
import { WebSocketGateway } from '@nestjs/websockets';
import { stopClock } from '../../../support/clock.js';
import { type Card, startWithCards } from './support/cards.js';
import { askForMissing, read, sinceOf, story } from './support/follow.js';

const NAMES = Array.from({ length: 1_001 }, (_, index) => `t${index}`);

/** What a client may say by mistake, or because it means no good. */
const MALFORMED: Array<[string, unknown]> = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'k3j9Zq2a; card=1'],
  ['a number', 7],
  ['a list', [{ since: 'k3j9Zq2a; card=1' }]],
  ['an empty object', {}],
  ['no position', { topics: [] }],
  ['a position that is a number', { since: 5 }],
  ['a position that is a list', { since: ['k3j9Zq2a; card=1'] }],
  ['a position that is an object', { since: { epoch: 'k3j9Zq2a' } }],
  ['an empty position', { since: '' }],
  ['no epoch', { since: '; card=1' }],
  ['an epoch of other characters', { since: 'k3j9 q2a; card=1' }],
  ['a resource without a position', { since: 'k3j9Zq2a; card' }],
  ['a negative position', { since: 'k3j9Zq2a; card=-1' }],
  ['a position that is no number', { since: 'k3j9Zq2a; card=one' }],
  ['a position that is not whole', { since: 'k3j9Zq2a; card=1.5' }],
  ['a position beyond all numbers', { since: 'k3j9Zq2a; card=99999999999999999999' }],
  ['a resource twice', { since: 'k3j9Zq2a; card=1; card=2' }],
  ['a name that cannot be decoded', { since: 'k3j9Zq2a; %E0%A4%A=1' }],
  ['a topic of other characters', { since: 'k3j9Zq2a; card=1 a/b=2' }],
  ['more than is read', { since: `k3j9Zq2a; card=1${' a=1'.repeat(2_100)}` }],
  ['topics that are no list', { since: 'k3j9Zq2a; card=1', topics: 'Qm3x_a8P' }],
  ['topics that are no texts', { since: 'k3j9Zq2a; card=1', topics: [7] }],
  ['too many topics', { since: 'k3j9Zq2a; card=1', topics: NAMES }],
];

describe('A client that asks what it lacks', () => {
  it('is sent that again before the answer, in order, of the rooms that it is in and of no others', async () => {
    const app = await startWithCards();
    const [client, other] = [await app.connect(), await app.connect()];
    const before = await read(client, '/cards/5');
    await read(other, '/cards/9');
    const cards = app.channel<Card>('card');
    await cards.publishUpdate(5, { title: 'a' });
    await cards.publishUpdate(9, { title: 'secret' });
    await cards.publishUpdate(5, { title: 'b' });
    await app.settle();
    client.forget();

    const { statusCode, body } = await askForMissing(client, { since: sinceOf(before) });

    expect(story(client)).toEqual(['card updated 5 a', 'card updated 5 b', 'answer']);
    const position = sinceOf(before).replace('card=0', 'card=3');
    expect({ statusCode, body }).toEqual({
      statusCode: 200,
      body: { recovered: true, resources: ['card'], position, foreign: [] },
    });
    client.forget();
    await askForMissing(client, { since: position });
    expect(story(client)).toEqual(['answer']);
  });

  it('is told which of the topics it does not follow, so that it may find gaps in them that are none', async () => {
    const app = await startWithCards();
    const [client, other, verbs] = [await app.connect(), await app.connect(), await app.connect()];
    const { headers } = await read(client, '/cards/5');
    const { headers: ofOther } = await read(other, '/cards/9');
    const since = headers['realtime-position'] ?? '';
    const [own, foreign] = [headers['realtime-topics'] ?? '', ofOther['realtime-topics'] ?? ''];
    await read(verbs, '/cards/5/updates');

    const topics = [own, foreign, 'invented'];
    expect((await askForMissing(client, { since, topics })).body).toMatchObject({ foreign: [foreign, 'invented'] });
    expect((await askForMissing(verbs, { since, topics })).body).toMatchObject({ foreign: topics });
  });

  it('is sent the verbs that it is subscribed to, and nothing of the others', async () => {
    const app = await startWithCards();
    const client = await app.connect();
    const before = await read(client, '/cards/5/updates');
    await app.channel('card').publishVerb('moved', 5, {});
    await app.channel('card').publishUpdate(5, { title: 'a' });
    await app.settle();
    client.forget();

    await askForMissing(client, { since: sinceOf(before) });

    expect(story(client)).toEqual(['card updated 5 a', 'answer']);
  });

  it('is not sent again what it has, though it is subscribed to single verbs, too', async () => {
    const app = await startWithCards();
    const client = await app.connect();
    const { headers } = await read(client, '/cards/lobby');
    const cards = app.channel<Card>('card');
    for (const title of ['a', 'b']) await cards.publishUpdate(5, { title });
    await app.settle();
    const since = `${headers['realtime-position']} ${headers['realtime-topics']}=2`;

    await cards.publishUpdate(5, { title: 'c' });
    await app.settle();
    client.forget();
    await askForMissing(client, { since });
    await read(client, '/cards/lobby', { 'realtime-since': since });
    await client.next('sockets:recovered');

    const again = ['card updated 5 c', 'answer'];
    expect(story(client)).toEqual([...again, ...again.toReversed(), 'sockets:recovered']);
  });

  it('is sent what it has missed by a single verb, though another read reaches further by now', async () => {
    const app = await startWithCards();
    const client = await app.connect();
    const { headers } = await read(client, '/cards/lobby');
    await app.channel<Card>('card').publishCreate({ id: 9, boardId: 8, title: 'new' });
    const { headers: ofCard } = await read(client, '/cards/9');
    await app.settle();
    client.forget();

    await askForMissing(client, { since: `${headers['realtime-position']} ${ofCard['realtime-topics']}=1` });

    expect(story(client)).toEqual(['card created 9 new', 'answer']);
  });

  it('is told by `recovered: false` that it is not known, and where it can go on', async () => {
    const app = await startWithCards({ journal: { maxEntries: 1 } });
    const client = await app.connect();
    const before = await read(client, '/cards/5');
    const { body: ofOtherEpoch } = await askForMissing(client, { since: 'anotherEpoch; card=7' });
    for (const title of ['a', 'b']) await app.channel('card').publishUpdate(5, { title });
    await app.settle();
    client.forget();
    const { body } = await askForMissing(client, { since: sinceOf(before) });

    expect(ofOtherEpoch).toMatchObject({ recovered: false, resources: ['card'], position: sinceOf(before) });
    const position = sinceOf(before).replace('card=0', 'card=2');
    expect(body).toMatchObject({ recovered: false, resources: ['card'], position });
    expect(story(client)).toEqual(['answer']);
  });

  it('learns nothing of resources that it is in no room of: neither messages nor how much there is of them', async () => {
    const app = await startWithCards();
    const [client, reader] = [await app.connect(), await app.connect()];
    const { headers } = await read(reader, '/cards/5');
    const epoch = headers['realtime-position']?.split(';')[0];
    await app.channel('card').publishUpdate(5, { title: 'secret' });
    const topics = headers['realtime-topics']?.split(', ') ?? [];

    for (const since of [`${epoch}; card=0; nothing=0`, 'anotherEpoch; card=0']) {
      const { body } = await askForMissing(client, { since, topics });
      expect(body).toEqual({ recovered: true, resources: [], position: epoch, foreign: topics });
    }
    await app.settle();
    expect(story(client).filter((line) => line !== 'answer')).toEqual([]);
  });

  it('learns nothing of what it was subscribed to once, and is no more', async () => {
    const app = await startWithCards();
    const client = await app.connect({ auth: { user: 'ada' } });
    const before = await read(client, '/cards/5');
    await app.sockets.revoke({ user: 'ada', resource: 'card' });
    await app.channel('card').publishUpdate(5, { title: 'secret' });
    await app.settle();
    client.forget();

    const { body } = await askForMissing(client, { since: sinceOf(before) });

    expect(body).toMatchObject({ recovered: true, resources: [] });
    expect(JSON.stringify(client.received)).not.toContain('secret');
  });

  it('is sent what its own namespace carries', async () => {
    @WebSocketGateway({ namespace: '/team' })
    @SubscribesTo('card', { only: true })
    class TeamGateway {}
    const app = await startWithCards({}, { providers: [TeamGateway] });
    const [here, team] = [await app.connect(), await app.connect({ namespace: '/team' })];
    const [ofTeam] = [await read(team, '/cards/5'), await read(here, '/cards/5')];
    await app.channel('card').publishUpdate(5, { title: 'a' });
    await app.settle();
    for (const client of [here, team]) client.forget();

    for (const client of [here, team]) await askForMissing(client, { since: sinceOf(ofTeam) });

    expect(story(team)).toEqual(['card updated 5 a', 'answer']);
    expect(story(here)).toEqual(['answer']);
  });

  it.each(MALFORMED)('is refused with 400 if it says %s, and can go on', async (_what, question) => {
    const app = await startWithCards();
    const client = await app.connect();
    const { statusCode, body } = await askForMissing(client, question);

    expect(statusCode).toBe(400);
    expect(body).toMatchObject({ statusCode: 400, message: expect.stringContaining('since') as string });
    expect((await askForMissing(client, { since: 'new' })).statusCode).toBe(200);
  });

  it('is refused with 429 if it asks too often, until it may ask again', async () => {
    const clock = stopClock();
    const app = await startWithCards();
    const client = await app.connect();
    const ask = () => askForMissing(client, { since: 'new' });
    const answers = [];
    for (let count = 0; count < 21; count++) answers.push(await ask());

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([...Array<number>(20).fill(200), 429]);
    const { body, headers } = answers[20];
    expect(body).toMatchObject({ statusCode: 429 });
    expect(headers).toEqual({ 'retry-after': '1' });
    await clock.pass(1_000);
    expect((await ask()).statusCode).toBe(200);
  });
});
