import { describe, expect, it } from 'vitest';
import type { Gap } from '../../../../src/front-ends/client/index.js';
import { stopClock } from '../../../support/clock.js';
import { eventually } from '../../../support/eventually.js';
import { client, reaches } from '../support/client.js';
import { follow, type Follower } from './support/followed.js';
import { type ArrivedRead, ScriptedServer } from './support/scripted-server.js';

/** Cuts the connection, and resolves with the read that is repeated on the next one. */
async function reconnect({ server, sockets }: Follower): Promise<ArrivedRead> {
  server.cut();
  await reaches(sockets, 'reconnecting');
  return server.nextRead();
}

/** Answers a repeated read up to a position. */
function answerAt(read: ArrivedRead, position: number, { topics = 'A, B', id = '1' } = {}): void {
  const headers = { 'realtime-position': `e1; card=${position}`, 'realtime-topics': topics, 'realtime-recovery': id };
  read.answer(headers, `at ${position}`);
}

const recovered = (position: number, id = '1'): object => {
  return { id, recovered: true, resources: ['card'], position: `e1; card=${position}` };
};

describe('After a reconnect', () => {
  it('what was missed comes first, then the answer to the repeated read, then what is later', async () => {
    const follower = await follow('A, B', { isRepeated: true });
    const { server, heard, gaps, repetitions } = follower;
    server.publish({ A: [10, 11] });
    const read = await reconnect(follower);
    expect(read.since).toBe('e1; card=10 A=11');

    answerAt(read, 14);
    server.publish({ B: [13, 15] });
    server.publish({ A: [11, 12] });
    server.publish({ B: [10, 13] });
    server.publish({ A: [12, 14] });
    server.publish({ B: [13, 15] });
    server.emit('sockets:recovered', recovered(15));

    await eventually(() => expect(heard).toEqual([11, 12, 13, 14, ['at 14'], 15]));
    expect(repetitions).toMatchObject([{ recovered: true }]);
    expect(gaps).toEqual([{ resource: 'card', recovered: true }]);
  });

  it('nothing is told of a gap where nothing was missed', async () => {
    const follower = await follow('A', { isRepeated: true });
    const { server, heard, gaps } = follower;

    answerAt(await reconnect(follower), 10);
    server.emit('sockets:recovered', recovered(10));
    server.publish({ A: [10, 11] });

    await eventually(() => expect(heard).toEqual([['at 10'], 11]));
    expect(gaps).toEqual([]);
  });

  it('is told once that something is lost, and no read is repeated again', async () => {
    const follower = await follow('A', { isRepeated: true });
    const { server, sockets, heard, gaps, repetitions } = follower;
    const clock = stopClock();

    server.cut();
    await clock.passUntil(reaches(sockets, 'reconnecting'));
    await clock.passUntil(reaches(sockets, 'connected'));
    answerAt(await server.nextRead(), 14);
    server.emit('sockets:recovered', { ...recovered(14), recovered: false });
    server.publish({ A: [14, 15] });
    await server.settle(sockets);
    await clock.pass(2_000);

    expect(heard).toEqual([['at 14'], 15]);
    expect(repetitions).toMatchObject([{ recovered: false }]);
    expect(gaps).toEqual([{ resource: 'card', recovered: false }]);
    expect(server.unseenReads).toBe(0);
  });

  it('messages wait 5 s at most for what was missed', async () => {
    const follower = await follow('A', { isRepeated: true });
    const { server, sockets, heard, gaps, repetitions } = follower;
    const clock = stopClock();
    server.cut();
    await clock.passUntil(reaches(sockets, 'reconnecting'));
    await clock.passUntil(reaches(sockets, 'connected'));

    answerAt(await server.nextRead(), 14);
    server.publish({ A: [14, 15] });
    await server.settle(sockets);
    await clock.pass(4_900);
    expect(heard).toEqual([]);
    await clock.pass(200);

    expect(heard).toEqual([['at 14'], 15]);
    expect(repetitions).toMatchObject([{ recovered: false }]);
    expect(gaps).toEqual([{ resource: 'card', recovered: false }]);
  });

  it('another epoch is a read that begins anew, which is told once', async () => {
    const follower = await follow('A', { isRepeated: true });
    const { server, sockets, heard, gaps, repetitions } = follower;
    const clock = stopClock();
    const read = await clock.passUntil(reconnect(follower));

    server.epoch = 'e2';
    const headers = { 'realtime-position': 'e2; card=3', 'realtime-topics': 'A', 'realtime-recovery': '1' };
    read.answer(headers, 'anew');
    server.emit('sockets:recovered', { id: '1', recovered: false, resources: ['card'], position: 'e2; card=3' });
    server.publish({ A: [3, 4] });
    await server.settle(sockets);
    await clock.pass(2_000);
    await server.settle(sockets);

    expect(heard).toEqual([['anew'], 4]);
    expect(repetitions).toMatchObject([{ recovered: false }]);
    expect(gaps).toEqual([{ resource: 'card', recovered: false }]);
    expect(server.unseenReads).toBe(0);
    expect((await clock.passUntil(reconnect(follower))).since).toBe('e2; card=3 A=4');
  });

  it('it is told once that messages may be lost since answers that said no position', async () => {
    const server = await ScriptedServer.start();
    const sockets = client(server.url);
    const gaps: Gap[] = [];
    sockets.onGap((gap) => void gaps.push(gap));
    const heard: unknown[] = [];
    const urls = ['/cards', '/others'];
    for (const url of urls) {
      const reading = sockets.get(url, undefined, { repeat: ({ response }) => heard.push(response?.body) });
      (await server.nextRead()).answer({ 'realtime-resource': 'card', 'realtime-topics': 'A' }, 'first');
      await reading;
    }
    server.cut();
    await reaches(sockets, 'reconnecting');

    for (const id of urls) {
      const read = await server.nextRead();
      expect(read.since).toBe('new');
      const position = { 'realtime-position': 'e1; card=12', 'realtime-topics': 'A', 'realtime-recovery': id };
      read.answer({ 'realtime-resource': 'card', ...position }, 'again');
    }
    for (const id of urls) server.emit('sockets:recovered', recovered(12, id));

    await eventually(() => expect(heard).toEqual(['again', 'again']));
    expect(gaps).toEqual([{ resource: 'card', recovered: false }]);
  });

  it('a read that was lost with its connection is late for nobody', async () => {
    const follower = await follow('A', { isRepeated: true });
    const { server, sockets, heard, gaps } = follower;
    const clock = stopClock();
    await clock.passUntil(reconnect(follower));

    answerAt(await clock.passUntil(reconnect(follower)), 10);
    server.emit('sockets:recovered', recovered(10));
    await server.settle(sockets);
    await clock.pass(6_000);

    expect(heard).toEqual([['at 10']]);
    expect(gaps).toEqual([]);
  });

  it('nothing of an earlier connection counts', async () => {
    const follower = await follow('A', { isRepeated: true });
    const { server, sockets, heard, repetitions } = follower;
    const first = await reconnect(follower);
    answerAt(first, 12, { id: 'old' });
    server.publish({ A: [10, 11] });
    const second = await reconnect(follower);

    answerAt(second, 13, { id: 'new' });
    await server.settle(sockets);
    server.emit('sockets:recovered', recovered(12, 'old'));
    await server.settle(sockets);
    server.publish({ A: [10, 11] });
    server.publish({ A: [11, 13] });
    server.emit('sockets:recovered', recovered(13, 'new'));

    await eventually(() => expect(heard).toEqual([11, 13, ['at 13']]));
    expect(repetitions).toMatchObject([{ recovered: true }]);
  });

  it('a refusal keeps the position', async () => {
    const follower = await follow('A', { isRepeated: true });
    const { heard } = follower;
    (await reconnect(follower)).refuse(401);
    await eventually(() => expect(heard).toEqual([['UNAUTHORIZED']]));

    const read = await reconnect(follower);

    expect(read.since).toBe('e1; card=10');
  });

  it('messages wait until all reads of their resource are there', async () => {
    const follower = await follow('A', { isRepeated: true });
    const { server, sockets, heard } = follower;
    const reading = sockets.get<string>('/cards/5', undefined, {
      repeat: ({ response }) => heard.push([response?.body]),
    });
    (await server.nextRead()).answer({ 'realtime-position': 'e1; card=10', 'realtime-topics': 'C' });
    await reading;
    const first = await reconnect(follower);
    const second = await server.nextRead();

    answerAt(first, 12, { topics: 'A', id: '1' });
    server.emit('sockets:recovered', recovered(12));
    server.publish({ A: [10, 13], C: [11, 13] });
    await server.settle(sockets);
    expect(heard).toEqual([]);
    answerAt(second, 12, { topics: 'C', id: '2' });
    server.publish({ C: [10, 11] });
    server.publish({ A: [10, 13], C: [11, 13] });
    server.emit('sockets:recovered', recovered(13, '2'));

    await eventually(() => expect(heard).toEqual([11, ['at 12'], ['at 12'], 13]));
  });

  it('what a plain read follows anew is not asked for', async () => {
    const follower = await follow('A');
    const { server, sockets, heard, gaps } = follower;
    server.cut();
    await reaches(sockets, 'reconnecting');
    const reading = sockets.get('/cards');

    const read = await server.nextRead();
    expect(read.since).toBe('new');
    read.answer({ 'realtime-position': 'e1; card=14', 'realtime-topics': 'A' });
    await reading;
    server.publish({ A: [14, 15] });
    await server.settle(sockets);

    expect(heard).toEqual([15]);
    expect(gaps).toEqual([]);
  });
});

describe('A server of an older release', () => {
  it('is taken as before', async () => {
    const follower = await follow('', { isRepeated: true });
    const { server, sockets } = follower;
    const heard: unknown[] = [];
    const other = client(server.url);
    other.on('card', (message) => heard.push(message.id));
    const reading = other.get('/cards', undefined, { repeat: ({ recovered: isRecovered }) => heard.push(isRecovered) });
    (await server.nextRead()).answer({}, 'first');
    await reading;

    server.emit('card', { verb: 'messaged', id: 7 }, { id: 'x' });
    await server.settle(other);
    sockets.close();
    server.cut();
    (await server.nextRead()).answer({}, 'again');

    await eventually(() => expect(heard).toEqual([7, false]));
  });
});

/** Publishes a change whose message contains less than a read shows, so that the client reads again. */
function publishLess(server: ScriptedServer): void {
  const note = { id: 'x', epoch: 'e1', topics: { A: [10, 11] }, more: true };
  server.emit('card', { verb: 'messaged', id: 1, data: 11 }, note);
}

describe('A repeated read on the same connection', () => {
  it('is not shown if something later was, but repeated', async () => {
    const follower = await follow('A', { isRepeated: true });
    const { server, sockets, heard } = follower;
    const clock = stopClock();

    publishLess(server);
    await server.settle(sockets);
    await clock.pass(250);
    const read = await server.nextRead();
    server.publish({ A: [11, 12] });
    await server.settle(sockets);
    await clock.pass(5_000);
    expect(heard).toEqual([11, 12]);
    answerAt(read, 11);
    await server.settle(sockets);
    await clock.pass(250);
    answerAt(await server.nextRead(), 12, { id: '2' });
    server.emit('sockets:recovered', recovered(12, '2'));

    await eventually(() => expect(heard).toEqual([11, 12, ['at 12']]));
  });

  it('keeps each message for 200 ms at most, and for as long as it takes when answers were overtaken twice', async () => {
    const follower = await follow('A', { isRepeated: true });
    const { server, sockets, heard } = follower;
    const clock = stopClock();
    publishLess(server);
    await server.settle(sockets);
    for (const [number, shown] of [
      [11, [11, 12]],
      [12, [11, 12, 13]],
    ] as const) {
      await clock.pass(250);
      const read = await server.nextRead();
      server.publish({ A: number === 11 ? [11, 12] : [12, 13] });
      await server.settle(sockets);
      await clock.pass(179);
      expect(heard).toEqual(shown.slice(0, -1));
      await clock.pass(1);
      expect(heard).toEqual(shown);
      answerAt(read, number, { id: String(number) });
      server.emit('sockets:recovered', recovered(number, String(number)));
      await server.settle(sockets);
      expect(heard).toEqual(shown);
    }

    await clock.pass(250);
    const again = await server.nextRead();
    server.publish({ A: [13, 14] });
    await server.settle(sockets);
    await clock.pass(4_000);
    expect(heard).toEqual([11, 12, 13]);
    answerAt(again, 13, { id: 'last' });
    server.emit('sockets:recovered', recovered(13, 'last'));

    await eventually(() => expect(heard).toEqual([11, 12, 13, ['at 13'], 14]));
  });

  it('holds what arrives meanwhile, so that it does not replace what is newer', async () => {
    const follower = await follow('A', { isRepeated: true });
    const { server, sockets, heard } = follower;

    publishLess(server);
    const read = await server.nextRead();
    server.publish({ A: [11, 12] });
    server.publish({ A: [12, 13] });
    await server.settle(sockets);
    expect(heard).toEqual([11]);
    answerAt(read, 12);
    server.emit('sockets:recovered', recovered(13));

    await eventually(() => expect(heard).toEqual([11, 12, ['at 12'], 13]));
  });
});
